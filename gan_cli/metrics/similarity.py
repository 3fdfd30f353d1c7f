"""How like the training images samples are, pixel by pixel: SSIM and PSNR of nearest pairs."""

from __future__ import annotations

from gan_cli.base.lazy import np
from gan_cli.metrics import ImageSet, ReferenceSet, Values, metric
from gan_cli.metrics.shared.neighbours import nearest_training_images
from gan_cli.metrics.shared.ssim import psnr, ssim

PAIRS = 500
LARGEST_RATIO = 100.0
"""dB; that of copies would be infinite."""


@metric(
    "similarity",
    gives={"nearest_ssim": "as real", "nearest_psnr": "as real"},
    needs=("training",),
)
def compute(reference: ReferenceSet, generated: ImageSet) -> Values:
    """SSIM and PSNR of samples and the training images nearest to them."""
    images, neighbours = nearest_training_images(reference, generated, PAIRS)
    return {
        "nearest_ssim": float(ssim(images, neighbours).mean()),
        "nearest_psnr": float(np.minimum(psnr(images, neighbours), LARGEST_RATIO).mean()),
    }
