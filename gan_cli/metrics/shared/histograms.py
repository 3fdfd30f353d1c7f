"""How the pixels of a set of images are spread over classes, and the distance of two such sets.

All pixels of a set count alike, so how they are shared out among its images is not seen.
"""

from __future__ import annotations

from collections.abc import Callable

from gan_cli.base.lazy import np
from gan_cli.metrics.shared import checks

BLOCK = 256
"""Images looked at together."""


def shares(
    images: np.ndarray, classify: Callable[[np.ndarray], np.ndarray], classes: int
) -> np.ndarray:
    """Share of the pixels in each class, float64 [classes], sums to 1.

    Args:
        images: uint8 [N, H, W, C], grey or RGB.
        classify: from some of them to the class of each pixel, integers of any shape.

    Raises:
        ValueError: not images, or none.
    """
    counts = np.zeros(classes, np.int64)
    for start in range(0, len(checks.images(images)), BLOCK):
        block = images[start : start + BLOCK]
        counts += np.bincount(classify(block).ravel(), minlength=classes)
    found: np.ndarray = counts / counts.sum()
    return found


def total_variation(first: np.ndarray, second: np.ndarray) -> float:
    """Half the summed differences of shares: 1 minus the intersection of Swain and Ballard (1991).

    In [0, 1], 0 for equal shares.
    """
    return float(np.abs(first - second).sum() / 2)
