"""Layers for converters: they compute what Keras's own do, by operations that converters know."""

from __future__ import annotations

import keras
import tensorflow as tf


class Upsampled(keras.layers.UpSampling2D):
    """Nearest neighbours as one operation; Keras repeats rows and columns, and the graph loses
    their number, without which LiteRT does not convert.
    """

    def call(self, images: tf.Tensor) -> tf.Tensor:
        size = [images.shape[axis] * times for axis, times in zip((1, 2), self.size, strict=True)]
        return tf.compat.v1.image.resize_nearest_neighbor(images, size)


class NativeGroups(keras.layers.Conv2D):
    """A grouped convolution as one operation, for a converter alone: TensorFlow cannot compute it
    on a processor, and Keras hides it in a function of its own for that.
    """

    def call(self, images: tf.Tensor) -> tf.Tensor:
        outputs = tf.nn.conv2d(images, self.kernel, self.strides, self.padding.upper())
        return self.activation(tf.nn.bias_add(outputs, self.bias) if self.use_bias else outputs)
