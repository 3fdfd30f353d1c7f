"""Colours of two sets of images, compared as wholes: histograms of hue, saturation, value."""

from __future__ import annotations

from gan_cli.base.lazy import np
from gan_cli.metrics import ImageSet, ReferenceSet, Values, metric
from gan_cli.metrics.shared.histograms import shares, total_variation

HUES, SATURATIONS, VALUES = 12, 4, 16


@metric("colours", gives={"colours": "lower"})
def compute(reference: ReferenceSet, generated: ImageSet) -> Values:
    """Total variation between the colours of both sets, in [0, 1]."""
    real, ours = map(colour_shares, (reference.real.images, generated.images))
    return {"colours": total_variation(real, ours)}


def colour_shares(images: np.ndarray) -> np.ndarray:
    """Joint histogram of hue (12 sectors, the first around red), saturation (4 steps) and value (16
    steps), float64 [768].

    A pixel of the lowest saturation or value has no hue to speak of, one of the lowest value no
    saturation either: they count as grey, so that rounding does not scatter them over all hues.
    Grey images use the 16 values alone.
    """
    return shares(images, _classes, HUES * SATURATIONS * VALUES)


def _classes(images: np.ndarray) -> np.ndarray:
    from skimage.color import rgb2hsv

    rgb = np.broadcast_to(images, (*images.shape[:-1], 3)).astype(np.float32) / 255
    hue, saturation, value = np.moveaxis(rgb2hsv(rgb), -1, 0)
    values = np.minimum(value * VALUES, VALUES - 1).astype(np.int64)
    saturations = np.minimum(saturation * SATURATIONS, SATURATIONS - 1).astype(np.int64)
    saturations *= values > 0
    hues = np.rint(hue * HUES).astype(np.int64) % HUES * (saturations > 0)
    classes: np.ndarray = (hues * SATURATIONS + saturations) * VALUES + values
    return classes
