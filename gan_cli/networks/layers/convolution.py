"""Convolutions of stride 2 between features and pixels, in a form that is faster with few channels
on the side of the pixels.

A transposed convolution of stride 2 fills each of the four places of a 2x2 block by a kernel of its
own, so it equals a convolution at the smaller size to four times the channels, rearranged (Shi et
al. 2016). TensorFlow's processor kernel of the former, which is the gradient of a convolution as
well, takes twice as long or more to write one to four channels.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

FEW = 4
"""Channels up to which the rearranged form is the faster one."""
KERNELS = (4, 5)


def upsample(features: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """`tf.nn.conv2d_transpose` of stride 2 to twice the size, padding 'SAME': [B, H, W, D] with a
    kernel [k, k, C, D] -> [B, 2 H, 2 W, C].
    """
    size, _, channels, depth = kernel.shape
    before = (size - 2) // 2  # padding of the convolution that this one transposes
    reach = max((before + 1) // 2, (size - 1 - before) // 2)
    taps = 2 * reach + 1
    first = 2 * reach - before
    padded = tf.pad(kernel, [[first, 2 * taps - size - first]] * 2 + [[0, 0]] * 2)
    blocks = tf.reshape(padded, [taps, 2, taps, 2, channels, depth])
    blocks = tf.transpose(tf.reverse(blocks, [0, 2]), [0, 2, 5, 1, 3, 4])
    kernels = tf.reshape(blocks, [taps, taps, depth, 4 * channels])
    return tf.nn.depth_to_space(tf.nn.conv2d(features, kernels, 1, "SAME"), 2)


@tf.custom_gradient
def downsample(images: tf.Tensor, kernel: tf.Tensor) -> Any:
    """`tf.nn.conv2d` of stride 2, padding 'SAME', whose gradient by its images is `upsample`:
    [B, 2 H, 2 W, C] with a kernel [k, k, C, D] -> [B, H, W, D].
    """

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        of_kernel = tf.raw_ops.Conv2DBackpropFilter(
            input=images,
            filter_sizes=kernel.shape,
            out_backprop=upstream,
            strides=[1, 2, 2, 1],
            padding="SAME",
        )
        return upsample(upstream, kernel), of_kernel

    return tf.nn.conv2d(images, kernel, 2, "SAME"), gradient


@keras.saving.register_keras_serializable("gan_cli")
class ToPixels(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` to images of few channels."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        if not _suits(self, self.filters):
            return super().call(inputs)
        outputs = upsample(inputs, tf.convert_to_tensor(self.kernel))
        return self.activation(tf.nn.bias_add(outputs, self.bias) if self.use_bias else outputs)


@keras.saving.register_keras_serializable("gan_cli")
class FromPixels(keras.layers.Conv2D):
    """`keras.layers.Conv2D` of images of few channels."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        odd = inputs.shape[1] % 2 or inputs.shape[2] % 2
        if odd or not _suits(self, inputs.shape[-1]):
            return super().call(inputs)
        outputs = downsample(inputs, tf.convert_to_tensor(self.kernel))
        return self.activation(tf.nn.bias_add(outputs, self.bias) if self.use_bias else outputs)


def _suits(layer: keras.layers.Layer, channels: int) -> bool:
    kernel, strides, padding = layer.kernel_size, tuple(layer.strides), layer.padding
    square = kernel[0] == kernel[1] and kernel[0] in KERNELS
    return channels <= FEW and square and strides == (2, 2) and padding == "same"
