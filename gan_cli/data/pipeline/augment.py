"""Random changes to real images: flips, rotation, crop and colour.

Images are float32 [B, H, W, C] or, in sequences, [B, T, H, W, C], in [-1, 1]. Shapes are static.
Amounts are [B], one
for each item: all frames of a sequence change alike. `build` draws the amounts; the other functions
are pure and do not clip. Conventions (counter-clockwise angles, luma of Rec. 601) are those of
torchvision, hue that of YIQ.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gan_cli.base.images import from_uint8, to_uint8
from gan_cli.base.randomness import Noise
from gan_cli.config.schema import Augment

Transform = Callable[[tf.Tensor, Noise], tf.Tensor]
"""(images in [-1, 1], draws of the step) -> images of the same shape and range."""

# RGB -> YIQ (FCC NTSC; Y is the luma of Rec. 601). The rows of I and Q sum to 0: grey has no
# chroma.
YIQ = np.array([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
LUMA = np.tile(YIQ[0], (3, 1))
"""RGB -> the grey of the same luma, as RGB."""
QUARTER_TURN = np.linalg.inv(YIQ) @ np.array([[0, 0, 0], [0, 0, -1], [0, 1, 0]]) @ YIQ
"""RGB -> its chroma turned by 90 degrees in the plane of I and Q, without the luma."""


def build(options: Augment) -> Transform:
    """The changes that are switched on, as one function; the identity where none is."""
    changes = _wanted(
        (options.horizontal_flip, _flipped("horizontal_flip", axis=-2)),
        (options.vertical_flip, _flipped("vertical_flip", axis=-3)),
    )
    others = _wanted(
        (options.rotation > 0 or options.crop < 1, _resampled(options.rotation, options.crop)),
        (
            options.brightness > 0,
            _varied("brightness", brighten, 2 * options.brightness),
        ),  # the range is 2 wide
        (options.contrast > 0, _varied("contrast", stretch_contrast, options.contrast)),
        (options.saturation > 0, _varied("saturation", saturate, options.saturation)),
        (options.hue > 0, _varied("hue", turn_hue, math.radians(options.hue))),
    )
    if others:
        changes += [*others, _clip]

    def transform(images: tf.Tensor, noise: Noise) -> tf.Tensor:
        for change in changes:
            images = change(images, noise)
        return images

    return transform


def preview(options: Augment, pixels: np.ndarray, seed: int, copies: int) -> list[np.ndarray]:
    """What the first `copies` steps would make of uint8 images [N, H, W, C] or sequences, as
    uint8.
    """
    transform = build(options)
    real = tf.constant(from_uint8(pixels.astype(np.float32)))
    return [to_uint8(transform(real, Noise(seed, step)).numpy()) for step in range(copies)]


def flip(images: tf.Tensor, chosen: tf.Tensor, axis: int) -> tf.Tensor:
    """Mirror the `chosen` (bool [B]) images along an axis; the pixels are moved, not resampled."""
    return tf.where(_per_item(chosen, images), tf.reverse(images, [axis]), images)


def resample(
    images: tf.Tensor, angles: tf.Tensor, shares: tf.Tensor, left: tf.Tensor, top: tf.Tensor
) -> tf.Tensor:
    """Enlarge a window of each image to the full size and turn it about its centre, in one bilinear
    resampling.

    The window is turned within its image, so that its corners show what is beside it; what lies
    beyond the image is filled by reflection at the outer edges of its pixels. Nothing is shrunk, so
    that no antialiasing is needed.

    Args:
        images: float32 [B, H, W, C] or [B, T, H, W, C].
        angles: radians, counter-clockwise as in `np.rot90`.
        shares: how much of both sides the window keeps, in (0, 1].
        left: where the window lies, from 0 (at the left edge) to 1 (at the right edge).
        top: the same from top to bottom.
    """
    frames = tf.reshape(images, (-1, *images.shape[-3:]))
    matrices = _output_to_input(images.shape[-3], images.shape[-2], angles, shares, left, top)
    changed = tf.raw_ops.ImageProjectiveTransformV3(
        images=frames,
        transforms=tf.repeat(matrices, frames.shape[0] // images.shape[0], axis=0),
        output_shape=images.shape[-3:-1],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )
    return tf.reshape(changed, images.shape)


def _output_to_input(
    height: int, width: int, angles: tf.Tensor, shares: tf.Tensor, left: tf.Tensor, top: tf.Tensor
) -> tf.Tensor:
    """Rows (a0, a1, a2, b0, b1, b2, 0, 0) [B, 8]: output pixel (x, y) shows the input at (a0 x + a1
    y + a2, b0 x + b1 y + b2).

    Coordinates count pixel centres: the centre of an image is ((W - 1) / 2, (H - 1) / 2), and a
    window that is not turned never reads beyond the outermost centres.
    """
    x, y = (width - 1) / 2, (height - 1) / 2
    centre_x = x + (1 - shares) * (2 * left - 1) * x
    centre_y = y + (1 - shares) * (2 * top - 1) * y
    cosine, sine = shares * tf.cos(angles), shares * tf.sin(angles)
    first = [cosine, -sine, centre_x - cosine * x + sine * y]
    second = [sine, cosine, centre_y - sine * x - cosine * y]
    return tf.stack([*first, *second, tf.zeros_like(sine), tf.zeros_like(sine)], axis=1)


def brighten(images: tf.Tensor, amounts: tf.Tensor) -> tf.Tensor:
    """Add an amount to all pixels."""
    return images + _per_item(amounts, images)


def stretch_contrast(images: tf.Tensor, amounts: tf.Tensor) -> tf.Tensor:
    """Scale by 1 + amount about the mean of all pixels and channels of an item."""
    mean = tf.reduce_mean(images, axis=range(1, len(images.shape)), keepdims=True)
    return images + _per_item(amounts, images) * (images - mean)


def saturate(images: tf.Tensor, amounts: tf.Tensor) -> tf.Tensor:
    """Scale the distance from the grey of the same luma by 1 + amount: -1 makes an image grey. Grey
    images stay.
    """
    scales = (1 + amounts)[:, None, None]
    return _map_colours(images, LUMA + scales * (np.eye(3) - LUMA))


def turn_hue(images: tf.Tensor, angles: tf.Tensor) -> tf.Tensor:
    """Turn the chroma by an angle (radians) in the plane of I and Q; luma, and images that are
    grey, stay.
    """
    cosines, sines = tf.cos(angles)[:, None, None], tf.sin(angles)[:, None, None]
    return _map_colours(images, LUMA + cosines * (np.eye(3) - LUMA) + sines * QUARTER_TURN)


def _map_colours(images: tf.Tensor, matrices: tf.Tensor) -> tf.Tensor:
    """Multiply every colour of an RGB item by its matrix [B, 3, 3]."""
    if images.shape[-1] == 1:
        return images
    colours = tf.reshape(images, (images.shape[0], -1, 3))
    return tf.reshape(tf.matmul(colours, matrices, transpose_b=True), images.shape)


def _wanted(*choices: tuple[bool, Transform]) -> list[Transform]:
    return [change for wanted, change in choices if wanted]


def _flipped(name: str, axis: int) -> Transform:
    return lambda images, noise: flip(images, _draw(noise, name, images) < 0.5, axis)


def _varied(
    name: str, change: Callable[[tf.Tensor, tf.Tensor], tf.Tensor], reach: float
) -> Transform:
    """A change by amounts from -reach to reach."""
    return lambda images, noise: change(images, reach * (2 * _draw(noise, name, images) - 1))


def _resampled(rotation: float, crop: float) -> Transform:
    reach = math.radians(rotation)

    def change(images: tf.Tensor, noise: Noise) -> tf.Tensor:
        angles = reach * (2 * _draw(noise, "rotation", images) - 1)
        shares = 1 - (1 - crop) * _draw(noise, "crop", images)
        return resample(
            images,
            angles,
            shares,
            _draw(noise, "crop_left", images),
            _draw(noise, "crop_top", images),
        )

    return change


def _clip(images: tf.Tensor, _: Noise) -> tf.Tensor:
    return tf.clip_by_value(images, -1.0, 1.0)


def _draw(noise: Noise, name: str, images: tf.Tensor) -> tf.Tensor:
    return noise.uniform(f"augment/{name}", (images.shape[0],))


def _per_item(values: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """[B] -> [B, 1, ...], of the rank of images."""
    return tf.reshape(values, (-1, *[1] * (len(images.shape) - 1)))
