"""Between vectors and the smallest features of R3GAN (Huang et al. 2024): a learnt image for each
channel.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable("gan_cli")
class Basis(keras.layers.Layer):
    """Numbers [B, C] -> features [B, height, width, C]: each number times the image of its
    channel.
    """

    def __init__(self, height: int, width: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.height, self.width = height, width

    def build(self, input_shape: Shape) -> None:
        self.images = self.add_weight(
            shape=(self.height, self.width, input_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="images",
        )

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return x[:, None, None, :] * tf.cast(self.images, x.dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.height, self.width, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"height": self.height, "width": self.width}


@keras.saving.register_keras_serializable("gan_cli")
class BasisProducts(keras.layers.Layer):
    """Features [B, H, W, C] -> numbers [B, C]: the product of each channel with its image."""

    def build(self, input_shape: Shape) -> None:
        _, height, width, channels = input_shape
        deviation = 1.0 / math.sqrt(height * width)  # type: ignore[operator]
        self.images = self.add_weight(
            shape=(height, width, channels),
            initializer=keras.initializers.RandomNormal(stddev=deviation),
            name="images",
        )

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(x * tf.cast(self.images, x.dtype), axis=[1, 2])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], input_shape[-1])
