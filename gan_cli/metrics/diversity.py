"""How unlike each other samples are: MS-SSIM of pairs of one set (Odena et al., 2017)."""

from __future__ import annotations

from gan_cli.base.lazy import np
from gan_cli.metrics import ImageSet, ReferenceSet, Values, metric
from gan_cli.metrics.shared.ssim import ms_ssim

PAIRS = 2000


@metric("diversity", gives={"pairs_ms_ssim": "as real"})
def compute(reference: ReferenceSet, generated: ImageSet) -> Values:
    """Mean MS-SSIM of random pairs of samples."""
    return {"pairs_ms_ssim": mean_pairwise_ms_ssim(generated.images, PAIRS, reference.seed)}


def mean_pairwise_ms_ssim(images: np.ndarray, pairs: int, seed: int) -> float:
    """Mean MS-SSIM of random pairs of different images of one set, in [0, 1]: lower is more diverse
    (Odena et al., 2017).

    To be read beside that of the real images; noise is "diverse" too.

    Raises:
        ValueError: fewer than two images, or no pairs.
    """
    if len(images) < 2 or pairs < 1:
        raise ValueError(f"{pairs} pairs of {len(images)} images: at least one of two is needed")
    random = np.random.default_rng(seed)
    first = random.integers(len(images), size=pairs)
    second = (first + random.integers(1, len(images), size=pairs)) % len(images)
    return float(ms_ssim(images[first], images[second]).mean())
