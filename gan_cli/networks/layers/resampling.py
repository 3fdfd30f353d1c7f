"""Images of twice or half the size, each channel filtered with [1, 3, 3, 1] along both axes (Karras
et al. 2020, which takes the filter from Zhang 2019). Doubling so is bilinear interpolation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Size = tuple[int, int]
Padding = tuple[tuple[int, int], tuple[int, int]]

TAPS = np.outer((1.0, 3.0, 3.0, 1.0), (1.0, 3.0, 3.0, 1.0)) / 64.0
"""The filter: of unit sum."""


def half(*sides: Any) -> Any:
    """Half of height and width, rounded up."""
    return tuple((side + 1) // 2 for side in sides)


def filtered(images: tf.Tensor, padding: Padding, *, stride: int = 1, gain: float = 1.0) -> Any:
    """Images [B, H, W, C] with zeros around them -> filtered, every `stride`-th pixel of that.

    Args:
        padding: zeros ((above, below), (left, right)).
        gain: a factor on the filter.
    """
    if stride == 1:
        return _filtered(images, padding, gain)
    return _depthwise(images, padding, stride, gain)


def _filtered(images: tf.Tensor, padding: Padding, gain: float) -> tf.Tensor:
    """The gradient is the same filter, which is symmetric, with the zeros that are left of three a
    side. A processor takes ten times as long, in bfloat16 thirty, for the one that TensorFlow
    derives.
    """

    @tf.custom_gradient
    def apply(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        (top, bottom), (left, right) = padding
        rest = (3 - top, 3 - bottom), (3 - left, 3 - right)
        return _depthwise(x, padding, 1, gain), lambda upstream: _filtered(upstream, rest, gain)

    return apply(images)


def _depthwise(images: tf.Tensor, padding: Padding, stride: int, gain: float) -> tf.Tensor:
    taps = np.tile(gain * TAPS[:, :, None, None], (1, 1, images.shape[-1], 1))
    return tf.nn.depthwise_conv2d(
        images,
        tf.constant(taps, images.dtype),
        (1, stride, stride, 1),
        [[0, 0], *map(list, padding), [0, 0]],
    )


def halved(images: tf.Tensor) -> tf.Tensor:
    """[B, H, W, C] -> [B, ceil(H / 2), ceil(W / 2), C]; the mean of a picture of one colour is
    kept, but for its edge.
    """
    height, width = images.shape[1:3]
    kind = images.dtype
    # A processor filters float32 with a stride thirty times as quickly as bfloat16.
    x = tf.cast(images, tf.float32) if kind.size < 4 else images
    return tf.cast(filtered(x, ((1, 1 + height % 2), (1, 1 + width % 2)), stride=2), kind)


def doubled(images: tf.Tensor, size: Size) -> tf.Tensor:
    """[B, h, w, C] -> [B, *size, C], where h, w are half of `size`: pixels are 3/4 of the nearest
    and 1/4 of the next along either axis; outside, the image is 0.
    """
    channels = images.shape[-1]
    kernel = 4.0 * TAPS[:, :, None, None] * np.eye(channels)
    shape = (batch_of(images), *size, channels)
    return tf.nn.conv2d_transpose(images, tf.constant(kernel, images.dtype), shape, 2, "SAME")


def batch_of(x: tf.Tensor) -> Any:
    """The number of items, known when a graph is traced or not."""
    return tf.shape(x)[0] if x.shape[0] is None else x.shape[0]


@keras.saving.register_keras_serializable("gan_cli")
class Double(keras.layers.Layer):
    """Images [B, h, w, C] -> [B, *size, C], where h, w are half of `size`, rounded up."""

    def __init__(self, size: Size, **settings: Any) -> None:
        super().__init__(**settings)
        self.size = size[0], size[1]

    def call(self, images: tf.Tensor) -> tf.Tensor:
        return doubled(images, self.size)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], *self.size, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"size": self.size}


@keras.saving.register_keras_serializable("gan_cli")
class Halve(keras.layers.Layer):
    """Images [B, H, W, C] -> [B, h, w, C], half the size, rounded up."""

    def call(self, images: tf.Tensor) -> tf.Tensor:
        return halved(images)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], *half(*input_shape[1:3]), input_shape[-1])
