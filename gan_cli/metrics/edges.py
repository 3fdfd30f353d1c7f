"""Edges of two sets of images, compared as wholes: a joint histogram of steepness and direction."""

from __future__ import annotations

from gan_cli.base.lazy import np
from gan_cli.metrics import ImageSet, ReferenceSet, Values, metric
from gan_cli.metrics.shared import checks
from gan_cli.metrics.shared.histograms import shares, total_variation

DIRECTIONS = 8
STEEPNESS = np.array([1, 2, 4, 8, 16, 32, 64, 128])
"""Grey levels per pixel at which the classes of edges begin; below the first a pixel is flat."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""RGB -> grey (Rec. 601)."""


@metric("edges", gives={"edges": "lower"})
def compute(reference: ReferenceSet, generated: ImageSet) -> Values:
    """Total variation between the edges of both sets, in [0, 1]."""
    real, ours = map(edge_shares, (reference.real.images, generated.images))
    return {"edges": total_variation(real, ours)}


def edge_shares(images: np.ndarray) -> np.ndarray:
    """Joint histogram of the steepness (8 octaves, in grey levels per pixel) and direction (8
    sectors of 180 degrees, the first around a horizontal gradient) of Sobel gradients of the luma;
    all flat pixels are one class: float64 [65].

    Raises:
        ValueError: not images, or less than 3 x 3 pixels.
    """
    if min(checks.images(images).shape[1:3]) < 3:
        raise ValueError(
            f"edges need images of at least 3 x 3 pixels, not {images.shape[1]} x {images.shape[2]}"
        )
    return shares(images, _classes, 1 + len(STEEPNESS) * DIRECTIONS)


def gradients(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sobel gradients along the row and down the column of [N, H, W], in units per pixel: two
    arrays [N, H - 2, W - 2].

    Own code, because scikit-image takes image by image: 10,000 digits in 0.55 s, here in 0.07 s.
    """
    rows = grey[:, :-2] + 2 * grey[:, 1:-1] + grey[:, 2:]
    columns = grey[:, :, :-2] + 2 * grey[:, :, 1:-1] + grey[:, :, 2:]
    return (rows[:, :, 2:] - rows[:, :, :-2]) / 8, (columns[:, 2:] - columns[:, :-2]) / 8


def _classes(images: np.ndarray) -> np.ndarray:
    grey = images[..., 0].astype(np.float32) if images.shape[-1] == 1 else images @ LUMA
    along, down = gradients(grey)
    octave = np.searchsorted(STEEPNESS, np.hypot(along, down), side="right")
    sector = np.rint(np.arctan2(down, along) * (DIRECTIONS / np.pi)).astype(np.int64) % DIRECTIONS
    return np.where(octave > 0, 1 + (octave - 1) * DIRECTIONS + sector, 0)
