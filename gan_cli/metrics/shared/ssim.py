"""Likeness of images in pairs, pixel by pixel: SSIM, MS-SSIM and PSNR. uint8 [N, H, W, C], grey or
RGB.

Channels are compared one by one and averaged. Sums are float64: a variance as the difference of two
squares loses digits. Own code, because scikit-image takes image by image (10,000 pairs of digits:
3.7 s, here 0.6 s), has no MS-SSIM, and no window for images below 11 pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from gan_cli.base.lazy import np
from gan_cli.metrics.shared import checks

WINDOW, SIGMA = 11, 1.5
LUMINANCE_CONSTANT, CONTRAST_CONSTANT = (
    (0.01 * 255) ** 2,
    (0.03 * 255) ** 2,
)  # (K1 L)^2 and (K2 L)^2
SCALE_WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])
BLOCK_VALUES = 2**20
"""Pixel values of one side that are compared at once: some ten times 8 MB."""


def ssim(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Structural similarity of each pair, float64 [N] in [-1, 1], 1 for equal images (Wang et al.,
    2004, eq. 13).

    The mean over the places where the Gaussian window (11 x 11, sigma 1.5) lies within the image.
    Images smaller than that
    get the largest odd window that fits, with the same sigma: their values compare only with those
    of the same size.

    Raises:
        ValueError: not images, or not of the same shape.
    """
    return _in_blocks(first, second, lambda a, b: _similarity(a, b)[0].mean(axis=1))


def ms_ssim(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """SSIM over several scales of each pair, float64 [N] in [0, 1], 1 for equal images (Wang et
    al., 2003, eq. 7).

    Five scales need images of 161 pixels and more on the shorter side. Smaller images get as many
    scales as the window fits into (28 pixels: two), with the first weights scaled to sum to 1. A
    negative similarity counts as 0.

    Raises:
        ValueError: not images, or not of the same shape.
    """
    return _in_blocks(first, second, _over_scales)


def psnr(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio of each pair in dB, float64 [N]; infinite for equal images."""

    def ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            decibels: np.ndarray = 10 * np.log10(255**2 / ((a - b) ** 2).mean(axis=(1, 2, 3)))
        return decibels

    return _in_blocks(first, second, ratio)


def _in_blocks(
    first: np.ndarray, second: np.ndarray, measure: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> np.ndarray:
    """`measure` of float64 planes [n, C, H, W], some images at a time."""
    if checks.images(first).shape != checks.images(second).shape:
        raise ValueError(f"images of shapes {first.shape} and {second.shape} make no pairs")
    step = max(1, BLOCK_VALUES // math.prod(first.shape[1:]))
    parts = []
    for start in range(0, len(first), step):
        planes = [
            np.moveaxis(side[start : start + step], -1, 1).astype(np.float64)
            for side in (first, second)
        ]
        parts.append(measure(*planes))
    return np.concatenate(parts)


def _over_scales(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    side = min(first.shape[2:])
    scales = max(
        1, sum(math.ceil(side / 2**scale) >= WINDOW for scale in range(len(SCALE_WEIGHTS)))
    )
    weights = SCALE_WEIGHTS[:scales]
    if scales < len(SCALE_WEIGHTS):
        weights = weights / weights.sum()
    product = np.ones(first.shape[:2])
    for scale, weight in enumerate(weights):
        whole, contrast = _similarity(first, second)
        last = scale == scales - 1  # only there luminance counts
        product *= (whole if last else contrast).clip(min=0) ** weight
        if not last:
            first, second = _halved(first), _halved(second)
    mean: np.ndarray = product.mean(axis=1)
    return mean


def _similarity(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean SSIM, and mean of its contrast and structure factor alone, of planes [n, C, H, W]; both
    [n, C].
    """
    height, width = first.shape[2:]
    size = min(WINDOW, height - (height + 1) % 2, width - (width + 1) % 2)
    down, across = _averages(height, size), _averages(width, size).T

    def local_mean(planes: np.ndarray) -> np.ndarray:
        mean: np.ndarray = down @ planes @ across
        return mean

    mean_first, mean_second = local_mean(first), local_mean(second)
    product, squares = mean_first * mean_second, mean_first**2 + mean_second**2
    covariance = local_mean(first * second) - product
    variances = local_mean(first**2 + second**2) - squares
    contrast = (2 * covariance + CONTRAST_CONSTANT) / (variances + CONTRAST_CONSTANT)
    luminance = (2 * product + LUMINANCE_CONSTANT) / (squares + LUMINANCE_CONSTANT)
    return (luminance * contrast).mean(axis=(2, 3)), contrast.mean(axis=(2, 3))


def _averages(length: int, size: int) -> np.ndarray:
    """The Gaussian window at each place in a line, as a matrix [length - size + 1, length]."""
    offsets = np.arange(length) - np.arange(length - size + 1)[:, None]
    window = np.exp(-((offsets - size // 2) ** 2) / (2 * SIGMA**2)) * (
        (offsets >= 0) & (offsets < size)
    )
    averages: np.ndarray = window / window.sum(axis=1, keepdims=True)
    return averages


def _halved(planes: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 pixels; an odd last row or column is taken twice."""
    padding = [(0, 0), (0, 0), (0, planes.shape[2] % 2), (0, planes.shape[3] % 2)]
    even = np.pad(planes, padding, mode="edge")
    rows = even[..., ::2, :] + even[..., 1::2, :]
    means: np.ndarray = (rows[..., ::2] + rows[..., 1::2]) / 4
    return means
