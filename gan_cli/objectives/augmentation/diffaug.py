"""Changes to real and generated images that gradients pass through: DiffAugment (Zhao et al. 2020).

The discriminator never sees an image that is not changed, so it cannot learn few images by heart,
and the changes do not leak into what the generator makes. As in its authors' code, every image
draws its own amounts, and 0, a medium grey, fills what has no pixels. Images are float32 [B, H, W,
C] or, in sequences, [B, T, H, W, C], in [-1, 1] before and, with `color`, beyond it after; shapes
are static. All frames of a sequence change alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from gan_cli.base.images import from_uint8, to_uint8
from gan_cli.base.randomness import Noise
from gan_cli.data.pipeline.augment import Transform, brighten, stretch_contrast

SHIFT, HOLE = 0.125, 0.5
"""Largest shift and side of the cut square, as shares of each side (Zhao et al. 2020, section 3.3).
"""


def differentiable(changes: Sequence[str]) -> Transform | None:
    """The named changes, in their order, as one function; None where there are none.

    The same draws give the same amounts: real and fake images come with branches of the noise of
    their own.

    Raises:
        KeyError: a name that is not in CHANGES.
    """
    if not changes:
        return None
    chosen = [CHANGES[name] for name in changes]

    def transform(images: tf.Tensor, noise: Noise) -> tf.Tensor:
        for change in chosen:
            images = change(images, noise)
        return images

    return transform


def preview(changes: Sequence[str], pixels: np.ndarray, seed: int, copies: int) -> list[np.ndarray]:
    """What the discriminator would see of uint8 images [N, H, W, C] or sequences in `copies` steps,
    as uint8.
    """
    transform = differentiable(changes)
    assert transform is not None
    real = tf.constant(from_uint8(pixels.astype(np.float32)))
    return [to_uint8(transform(real, Noise(seed, step)).numpy()) for step in range(copies)]


def color(images: tf.Tensor, noise: Noise) -> tf.Tensor:
    """Brightness by -0.5 to 0.5, then saturation times 0 to 2, then contrast times 0.5 to 1.5."""
    images = brighten(images, _draw(noise, "brightness", images) - 0.5)
    images = saturate(images, 2.0 * _draw(noise, "saturation", images))
    return stretch_contrast(images, _draw(noise, "contrast", images) - 0.5)


def translation(images: tf.Tensor, noise: Noise) -> tf.Tensor:
    """Whole pixels up or down and left or right, up to an eighth of each side."""
    for axis, name in ((-3, "down"), (-2, "right")):
        reach = _share(images, axis, SHIFT)
        images = shift(images, _whole(noise, name, images, 2 * reach + 1) - reach, axis)
    return images


def cutout(images: tf.Tensor, noise: Noise) -> tf.Tensor:
    """A hole of half of each side, its centre anywhere in the image."""
    holes = []
    for axis, name in ((-3, "hole_top"), (-2, "hole_left")):
        size = _share(images, axis, HOLE)
        places = (
            images.shape[axis] + 1 - size % 2
        )  # an even hole may have its centre on either edge
        first = _whole(noise, name, images, places) - size // 2
        holes.append((first, size))
    return cut(images, holes[0], holes[1])


def saturate(images: tf.Tensor, scales: tf.Tensor) -> tf.Tensor:
    """Scale [B] each colour's distance from the mean of its channels; grey images stay."""
    grey = tf.reduce_mean(images, axis=-1, keepdims=True)
    return grey + _per_item(scales, images) * (images - grey)


def shift(images: tf.Tensor, pixels: tf.Tensor, axis: int) -> tf.Tensor:
    """Move the content of each item by whole `pixels` (int32 [B]) along an axis; zeros come in."""
    side = images.shape[axis]
    source = tf.range(side) - pixels[:, None]
    moved = tf.gather(
        images, tf.clip_by_value(source, 0, side - 1), axis=len(images.shape) + axis, batch_dims=1
    )
    return moved * _along((source >= 0) & (source < side), images, axis)


def cut(
    images: tf.Tensor, rows: tuple[tf.Tensor, int], columns: tuple[tf.Tensor, int]
) -> tf.Tensor:
    """Zeros in a rectangle of each item, given as (first pixel int32 [B], how many) down and
    across.
    """
    hole = tf.constant(1.0)
    for axis, (first, size) in ((-3, rows), (-2, columns)):
        places = tf.range(images.shape[axis]) - first[:, None]
        hole *= _along((places >= 0) & (places < size), images, axis)
    return images * (1.0 - hole)


CHANGES: dict[str, Transform] = {"color": color, "translation": translation, "cutout": cutout}
"""Every change by the name that the schema knows."""


def _share(images: tf.Tensor, axis: int, share: float) -> int:
    """A share of a side in whole pixels, rounded half up."""
    return int(images.shape[axis] * share + 0.5)


def _whole(noise: Noise, stream: str, images: tf.Tensor, count: int) -> tf.Tensor:
    """int32 [B] in 0, ..., count - 1."""
    return tf.cast(tf.floor(_draw(noise, stream, images) * count), tf.int32)


def _draw(noise: Noise, stream: str, images: tf.Tensor) -> tf.Tensor:
    return noise.uniform(f"diffaug/{stream}", (images.shape[0],))


def _per_item(values: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """[B] -> [B, 1, ...], of the rank of images."""
    return tf.reshape(values, (-1, *[1] * (len(images.shape) - 1)))


def _along(chosen: tf.Tensor, images: tf.Tensor, axis: int) -> tf.Tensor:
    """bool [B, side] -> 0 and 1 [B, 1, ..., side, ..., 1], of the rank and type of images."""
    shape = [images.shape[0], *[1] * (len(images.shape) - 1)]
    shape[axis] = images.shape[axis]
    return tf.reshape(tf.cast(chosen, images.dtype), shape)
