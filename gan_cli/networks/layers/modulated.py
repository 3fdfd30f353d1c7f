"""Convolutions that a style steers (Karras et al. 2020, section 2)."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from gan_cli.networks.layers.equalized import GAIN, leaky, unit_normal
from gan_cli.networks.layers.resampling import Size, batch_of, filtered

EPSILON = 1e-8
Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable("gan_cli")
class ModulatedConv2D(keras.layers.Layer):
    """[images [B, h, w, C], styles [B, D]] -> [B, H, W, filters].

    A learnt affine map of the style gives a scale s_i for each input channel, and, where the layer
    demodulates, every output channel is divided by the norm of its kernel w_ijk s_i (eq. 1 and 3).
    Images are scaled in the place of kernels, before and after the convolution: the result is the
    same, and all images of a batch share one kernel.

    Args:
        demodulate: whether kernels get unit norm.
        size: (height, width) of the output, of which the input's are half, rounded up; None: the
            size is kept.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int = 3,
        *,
        demodulate: bool = True,
        size: Size | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.filters, self.kernel_size, self.demodulate = filters, kernel_size, demodulate
        self.size = size and tuple(size)

    def build(self, input_shape: list[Shape]) -> None:
        (*_, channels), (*_, style) = input_shape
        shape = (self.kernel_size, self.kernel_size, int(channels or 0), self.filters)
        # In float32 whatever the images are: norms of kernels are sums of many squares.
        weight = {"autocast": False}
        self.kernel = self.add_weight(
            shape=shape, initializer=unit_normal(), name="kernel", **weight
        )
        self.bias = self.add_weight(shape=shape[-1:], initializer="zeros", name="bias", **weight)
        self.style_kernel = self.add_weight(
            shape=(style, channels), initializer=unit_normal(), name="style_kernel", **weight
        )
        self.style_bias = self.add_weight(
            shape=(channels,), initializer="ones", name="style_bias", **weight
        )
        self._scale = 1.0 / math.sqrt(math.prod(shape[:-1]))
        self._style_scale = 1.0 / math.sqrt(int(style or 0))

    def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
        images, styles = inputs
        return tf.nn.bias_add(self.modulated(images, styles), self._cast(self.bias))

    def modulated(self, images: tf.Tensor, styles: tf.Tensor, gain: float = 1.0) -> tf.Tensor:
        """What the convolution makes, times `gain`."""
        kernel = self.kernel * self._scale
        scales = tf.matmul(tf.cast(styles, kernel.dtype), self.style_kernel * self._style_scale)
        scales += self.style_bias
        images = self._convolved(images * self._cast(_of_images(scales)), self._cast(kernel))
        if not self.demodulate:
            return images if gain == 1.0 else images * gain
        squares = tf.matmul(tf.square(scales), tf.reduce_sum(tf.square(kernel), axis=(0, 1)))
        return images * self._cast(_of_images(gain * tf.math.rsqrt(squares + EPSILON)))

    def _convolved(self, images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        if self.size is None:
            return tf.nn.conv2d(images, kernel, 1, "SAME")
        height, width = images.shape[1:3]
        shape = (batch_of(images), 2 * height + 1, 2 * width + 1, self.filters)
        images = tf.nn.conv2d_transpose(
            images, tf.transpose(kernel, (0, 1, 3, 2)), shape, 2, "VALID"
        )
        rows, columns = 2 * height - self.size[0], 2 * width - self.size[1]
        return filtered(images, ((1, 1 - rows), (1, 1 - columns)), gain=4.0)

    def _cast(self, value: Any) -> tf.Tensor:
        return tf.cast(value, self.compute_dtype)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        batch, *size, _ = input_shape[0]
        return (batch, *(self.size or size), self.filters)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "demodulate": self.demodulate,
            "size": self.size,
        }


@keras.saving.register_keras_serializable("gan_cli")
class StyledConv2D(ModulatedConv2D):
    """[images [B, h, w, C], styles [B, D], noise [B, H, W, 1]] -> [B, H, W, filters]: modulated,
    noise of a learnt strength and a bias added, leaky rectification with its gain (figure 2c).
    """

    def build(self, input_shape: list[Shape]) -> None:
        super().build(input_shape[:2])
        self.strength = self.add_weight(
            shape=(), initializer="zeros", name="strength", autocast=False
        )

    def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
        images, styles, noise = inputs
        x = self.modulated(images, styles, GAIN)
        x += self._cast(GAIN * self.strength) * noise
        return leaky(tf.nn.bias_add(x, self._cast(GAIN * self.bias)))


def _of_images(values: tf.Tensor) -> tf.Tensor:
    """[B, C] -> [B, 1, 1, C]."""
    return tf.reshape(values, (-1, 1, 1, values.shape[-1]))
