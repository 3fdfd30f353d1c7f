"""Features at another size, by products with fixed matrices: exact in every derivative, and the
same bits every time.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf


def bilinear(length: int, target: int) -> np.ndarray:
    """The matrix [target, length] of linear interpolation between the centres of pixels; beyond the
    outermost centres it repeats their values.

    Twice as long: 3/4 and 1/4 of the nearest two. Half as long: their mean.
    """
    places = np.clip((np.arange(target) + 0.5) * length / target - 0.5, 0, length - 1)
    distances = np.abs(places[:, None] - np.arange(length))
    return np.maximum(1.0 - distances, 0.0)


@keras.saving.register_keras_serializable("gan_cli")
class Bilinear(keras.layers.Layer):
    """Features [B, H, W, C] -> [B, height, width, C] by bilinear interpolation."""

    def __init__(self, height: int, width: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.height, self.width = height, width

    def call(self, x: tf.Tensor) -> tf.Tensor:
        height, width = x.shape[1:3]
        x = _last_axis(tf.transpose(x, [0, 3, 2, 1]), bilinear(height, self.height))
        x = _last_axis(tf.transpose(x, [0, 1, 3, 2]), bilinear(width, self.width))
        return tf.transpose(x, [0, 2, 3, 1])

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], self.height, self.width, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"height": self.height, "width": self.width}


def _last_axis(x: tf.Tensor, matrix: np.ndarray) -> tf.Tensor:
    """[..., n] -> [..., m] by a matrix [m, n], in one large product, not many small ones."""
    target, length = matrix.shape
    y = tf.matmul(tf.reshape(x, [-1, length]), tf.constant(matrix.T, x.dtype))
    return tf.reshape(y, [-1, *x.shape[1:-1], target])
