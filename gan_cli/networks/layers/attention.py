"""Self-attention over the places of a feature map (Zhang et al. 2019, SAGAN)."""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

Convolution = Callable[..., keras.layers.Layer]
"""(filters, kernel size, name=) -> a convolution."""


def self_attention(x: keras.KerasTensor, convolution: Convolution) -> keras.KerasTensor:
    """x + gain * attention(x), of the same shape [B, H, W, C]; the gain begins at 0 (eq. 3).

    Queries and keys have C / 8 channels, values C / 2. Keys and values are of every second row and
    column, by their maximum, as in the authors' published code.
    """
    channels = x.shape[-1]

    def features(filters: int, name: str) -> keras.KerasTensor:
        return convolution(max(filters, 1), 1, name=f"attention_{name}")(x)

    def fewer(y: keras.KerasTensor, name: str) -> keras.KerasTensor:
        pool = keras.layers.MaxPooling2D(2, padding="same", name=f"attention_{name}_pool")
        return pool(y)

    keys = fewer(features(channels // 8, "keys"), "keys")
    values = fewer(features(channels // 2, "values"), "values")
    y = Attention(name="attention")([features(channels // 8, "queries"), keys, values])
    y = convolution(channels, 1, name="attention_output")(y)
    return keras.layers.Add(name="attention_sum")([x, Gain(name="attention_gain")(y)])


@keras.saving.register_keras_serializable("gan_cli")
class Attention(keras.layers.Layer):
    """Queries [B, H, W, D], keys [B, h, w, D], values [B, h, w, C] -> [B, H, W, C]: for each place
    the values, weighted by the softmax of the products of its query with all keys.
    """

    def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
        queries, keys, values = (_in_a_row(each) for each in inputs)
        products = tf.matmul(queries, keys, transpose_b=True)
        weights = tf.nn.softmax(tf.cast(products, tf.float32))
        y = tf.matmul(tf.cast(weights, values.dtype), values)
        return tf.reshape(y, [-1, *inputs[0].shape[1:3], y.shape[-1]])

    def compute_output_shape(
        self, input_shape: list[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        queries, _, values = input_shape
        return (*queries[:3], values[-1])


def _in_a_row(x: tf.Tensor) -> tf.Tensor:
    return tf.reshape(x, [-1, x.shape[1] * x.shape[2], x.shape[3]])


@keras.saving.register_keras_serializable("gan_cli")
class Gain(keras.layers.Layer):
    """Times one number that is learnt, and begins at 0."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.gain = self.add_weight(shape=(), initializer="zeros", name="gain", autocast=False)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.cast(self.gain, x.dtype) * x

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape
