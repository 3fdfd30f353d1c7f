"""Holes that are filled: what of a picture is believed, and how a seam is hidden."""

from __future__ import annotations

from scipy.ndimage import uniform_filter
from skimage.restoration import inpaint_biharmonic

from gan_cli.base.lazy import np
from gan_cli.metrics.shared.ssim import ssim

FAR = 0.1
"""Weight of known pixels with no hole in their window."""


def nearness(holes: np.ndarray, window: int) -> np.ndarray:
    """Weights of pixels, float32 [N, H, W, 1], of which the mean is 1: 0 in holes, else the share
    of holes in a window about the pixel (Yeh et al. 2017, eq. 2), and a little everywhere, since
    the whole picture says what belongs into the hole.

    Args:
        holes: bool [N, H, W, 1].
        window: its side in pixels.
    """
    shares = uniform_filter(holes.astype(np.float32), (0, window, window, 0), mode="constant")
    weights = np.where(holes, 0.0, shares + FAR)
    found: np.ndarray = (weights / weights.mean(axis=(1, 2, 3), keepdims=True)).astype(np.float32)
    return found


def blended(images: np.ndarray, made: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Pictures uint8 [N, H, W, C] with what was made in their holes, so that no seam shows.

    As in Poisson blending (Perez et al. 2003, eq. 4), which Yeh et al. use, what was made keeps its
    details and is corrected by the smoothest function that is, around the hole, the difference to
    the picture; here it solves the biharmonic equation, for which scikit-image has a solver.
    """
    found = images.copy()
    for row, (image, whole, hole) in enumerate(zip(images, made, holes[..., 0], strict=True)):
        difference = (image.astype(np.float64) - whole) / 255.0
        difference[hole] = 0.0
        correction = inpaint_biharmonic(difference, hole, channel_axis=-1)
        smooth = whole + 255.0 * correction
        found[row, hole] = np.rint(smooth[hole]).clip(0, 255).astype(np.uint8)
    return found


def scores(images: np.ndarray, filled: np.ndarray, holes: np.ndarray) -> dict[str, np.ndarray]:
    """How near filled holes come to what was there: psnr in dB of the pixels of a hole, ssim of the
    smallest rectangle that holds it; float64 [N].
    """
    measured = []
    for image, result, hole in zip(images, filled, holes[..., 0], strict=True):
        error = np.square(image[hole].astype(np.float64) - result[hole]).mean()
        part = tuple(slice(where.min(), where.max() + 1) for where in np.nonzero(hole))
        with np.errstate(divide="ignore"):
            decibels = 10.0 * np.log10(255.0**2 / error)
        measured.append((decibels, ssim(image[part][None], result[part][None])[0]))
    return dict(zip(("psnr", "ssim"), np.array(measured).T, strict=True))
