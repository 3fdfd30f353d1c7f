"""How far images are from those that are looked for, in a graph and with a gradient."""

from __future__ import annotations

from collections.abc import Callable

from gan_cli.base.lazy import tf
from gan_cli.metrics.extractors.feature_extractor import Extractor

Features = Callable[["tf.Tensor"], "list[tf.Tensor]"]
"""Images [B, H, W, C] in [-1, 1] -> maps [B, h, w, C] whose squared differences count."""
FINEST = 8
"""Pixels of the shorter side down to which images are halved."""


def features(extractor: Extractor | None) -> Features:
    """Of the extractor the unit vectors at each place of its maps (Zhang et al. 2018, eq. 1,
    without learned weights); without one pixels, at half the size again and again.
    """
    if extractor is None or not extractor.differentiable:
        return scales
    return lambda images: [_units(maps) for maps in extractor.maps_of(images)]


def squares(one: list[tf.Tensor], other: list[tf.Tensor]) -> tf.Tensor:
    """Squared distances summed over the channels, averaged over the places and summed over the
    maps: [B].
    """
    pairs = zip(one, other, strict=True)
    return tf.add_n(
        [
            tf.reduce_mean(tf.reduce_sum(tf.square(first - second), axis=-1), axis=(1, 2))
            for first, second in pairs
        ]
    )


def scales(images: tf.Tensor) -> list[tf.Tensor]:
    """Halves, quarters, ... of images down to 8 pixels; of the smallest images themselves."""
    found = [images]
    while min(found[-1].shape[1:3]) >= 2 * FINEST:
        found.append(tf.nn.avg_pool2d(found[-1], 2, 2, "SAME"))
    return found[1:] or found


def _units(maps: tf.Tensor) -> tf.Tensor:
    maps = tf.cast(maps, tf.float32)
    return maps * tf.math.rsqrt(tf.reduce_sum(tf.square(maps), axis=-1, keepdims=True) + 1e-10)
