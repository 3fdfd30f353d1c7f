"""A generator that fills holes, and the holes: rectangles and free strokes."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from gan_cli.networks.composition import Composition
from gan_cli.networks.dcgan import ImageShape, crop, halvings, sizes
from gan_cli.networks.pixels import MOST_BYTES, normal_cdf

VERTICES = 4
NUMBERS = 7 + 2 * VERTICES
"""Latents: which picture; rectangle or stroke; height, width, top and left of the one; width and
vertices of the other."""
SMALLEST, LARGEST = 0.25, 0.6
"""Sides of a rectangle, as shares of the image's."""
THIN, THICK, LEAST = 0.04, 0.1, 0.75
"""Half the width of a stroke, as shares of the shorter side, and in pixels at least."""
KERNEL = 3
DILATIONS = (1, 2, 4, 8)
"""Of the convolutions in the middle, those that are less than the side of what they see: what is
around a hole is seen from within it."""


def generator(image_shape: ImageShape, *, width: int) -> keras.Model:
    """Images [B, *image_shape] in [-1, 1] and holes [B, H, W, 1], 1 where they are, -> [images with
    their holes filled, what all pixels are taken for], which nothing bounds: behind a tanh all
    pixels of dark images end at -1, and no gradient brings them back.

    On the way down convolutions are gated (Yu et al. 2019, eq. 3): one decides where the other
    counts, since a pixel in a hole is no pixel. Images are halved twice at most, and what they were
    is passed on.
    """
    depth = min(2, halvings(image_shape))
    with keras.name_scope("generator"):
        images = keras.Input(image_shape, name="images")
        holes = keras.Input((*image_shape[:2], 1), name="holes")
        x = Masked(name="masked", dtype="float32")([images, holes])
        x = _gated(x, width, "first")
        passed = []
        for index in range(1, depth + 1):
            passed.append(x)
            x = _gated(x, width * 2**index, f"down_{index}", strides=2)
        for dilation in (each for each in DILATIONS if each < min(x.shape[1:3])):
            more = _gated(x, width * 2**depth, f"dilated_{dilation}", dilation_rate=dilation)
            x = keras.layers.Add(name=f"added_{dilation}")([x, more])
        for index, target in reversed(list(enumerate(sizes(image_shape, depth)[:-1]))):
            x = keras.layers.UpSampling2D(name=f"enlarged_{index}")(x)
            x = crop(x, target, f"crop_{index}")
            x = keras.layers.Concatenate(name=f"passed_{index}")([x, passed[index]])
            x = _features(x, width * 2**index, f"up_{index}")
        x = keras.layers.Conv2D(image_shape[2], KERNEL, padding="same", name="pixels")(x)
        made = keras.layers.Activation("linear", dtype="float32", name="made")(x)
        filled = Filled(name="filled", dtype="float32")([images, holes, made])
    return keras.Model([images, holes], [filled, made], name="generator")


def gallery(image_shape: ImageShape, *, bank: int) -> keras.Model:
    """Latents [B, NUMBERS] -> [a picture of a bank of those that training showed, a hole]."""
    slots = min(bank, MOST_BYTES // math.prod(image_shape))
    latents = keras.Input((NUMBERS,), name="latents")
    pictures = Bank(
        image_shape, slots, (1.0, 1.0), ["rectangle"], "image", name="bank", dtype="float32"
    )(latents)
    holes = Holes(image_shape[:2], name="holes", dtype="float32")(latents)
    return keras.Model(latents, [pictures, holes], name="gallery")


@keras.saving.register_keras_serializable("gan_cli")
class Bank(Composition):
    """The picture that the first latent names, without shapes on it."""

    def call(self, latents: tf.Tensor) -> tf.Tensor:
        return super().call(latents[:, :1])


@keras.saving.register_keras_serializable("gan_cli")
class Masked(keras.layers.Layer):
    """[images, holes] -> images with 0 in their holes, and the holes, [B, H, W, C + 1]."""

    def call(self, given: list[tf.Tensor]) -> tf.Tensor:
        images, holes = given
        return tf.concat([images * (1.0 - holes), holes], axis=-1)


@keras.saving.register_keras_serializable("gan_cli")
class Filled(keras.layers.Layer):
    """[images, holes, made] -> images, and in their holes what was made."""

    def call(self, given: list[tf.Tensor]) -> tf.Tensor:
        images, holes, made = given
        return images * (1.0 - holes) + made * holes


@keras.saving.register_keras_serializable("gan_cli")
class Holes(keras.layers.Layer):
    """Latents [B, NUMBERS] -> holes float32 [B, H, W, 1], none of them empty."""

    def __init__(self, size: tuple[int, int], **settings: Any) -> None:
        super().__init__(**settings)
        self.size = tuple(size)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"size": self.size}

    def call(self, latents: tf.Tensor) -> tf.Tensor:
        numbers = normal_cdf(latents)[:, :, None, None]
        height, width = self.size
        rows = tf.range(height, dtype=tf.float32)[None, :, None] + 0.5
        columns = tf.range(width, dtype=tf.float32)[None, None, :] + 0.5
        box = _within(rows, height, numbers[:, 2], numbers[:, 4])
        box &= _within(columns, width, numbers[:, 3], numbers[:, 5])
        stroke = self._stroke(rows, columns, numbers[:, 6], numbers[:, 7:])
        return tf.cast(tf.where(numbers[:, 1] < 0.5, box, stroke), tf.float32)[..., None]

    def _stroke(
        self, rows: tf.Tensor, columns: tf.Tensor, thickness: tf.Tensor, vertices: tf.Tensor
    ) -> tf.Tensor:
        """Within half its width of a line through the vertices, bool [B, H, W]."""
        height, width = self.size
        half = (THIN + (THICK - THIN) * thickness) * min(self.size)
        down, right = vertices[:, :VERTICES] * height, vertices[:, VERTICES:] * width
        nearest = [
            _squared_distance(rows, columns, down[:, i : i + 2], right[:, i : i + 2])
            for i in range(VERTICES - 1)
        ]
        return tf.reduce_min(tf.stack(nearest), axis=0) <= tf.square(tf.maximum(half, LEAST))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], *self.size, 1)


def near(holes: tf.Tensor, pixels: int) -> tf.Tensor:
    """Holes and what is around them, as far as `pixels`: [B, H, W, 1]."""
    return tf.nn.max_pool2d(holes, 2 * pixels + 1, 1, "SAME")


def _gated(x: keras.KerasTensor, filters: int, name: str, **settings: Any) -> keras.KerasTensor:
    features = _features(x, filters, f"{name}_features", **settings)
    gate = _features(x, filters, f"{name}_gate", "sigmoid", **settings)
    return keras.layers.Multiply(name=name)([features, gate])


def _features(
    x: keras.KerasTensor, filters: int, name: str, activation: str = "elu", **settings: Any
) -> keras.KerasTensor:
    layer = keras.layers.Conv2D(
        filters, KERNEL, padding="same", activation=activation, name=name, **settings
    )
    return layer(x)


def _within(places: tf.Tensor, side: int, size: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
    """Which places of a side are in a box of a size and a start from 0 to 1."""
    length = (SMALLEST + (LARGEST - SMALLEST) * size) * side
    begin = start * (side - length)
    return (places >= begin) & (places < begin + length)


def _squared_distance(
    rows: tf.Tensor, columns: tf.Tensor, down: tf.Tensor, right: tf.Tensor
) -> tf.Tensor:
    """Of each place to the line between two points, whose coordinates are [B, 2, 1, 1]."""
    y, x, dy, dx = down[:, 0], right[:, 0], down[:, 1] - down[:, 0], right[:, 1] - right[:, 0]
    along = ((rows - y) * dy + (columns - x) * dx) / (dy**2 + dx**2 + 1e-6)
    share = tf.clip_by_value(along, 0.0, 1.0)
    return tf.square(rows - y - share * dy) + tf.square(columns - x - share * dx)
