"""Conditional batch normalization (de Vries et al. 2017; Miyato and Koyama 2018)."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from gan_cli.networks.layers.common import batch_norm


def conditional_batch_norm(
    x: keras.KerasTensor, labels: keras.KerasTensor, num_classes: int, name: str
) -> keras.KerasTensor:
    """Features [B, ..., C] normalized over the batch, then scaled and shifted by class."""
    normed = batch_norm(name, affine=False)(x)
    return ClassScale(num_classes, name=f"{name}_class")([normed, labels])


@keras.saving.register_keras_serializable("gan_cli")
class ClassScale(keras.layers.Layer):
    """gamma[y] * x + beta[y]: features [B, ..., C] by the scale and shift of their classes y int64
    [B], each [C].
    """

    def __init__(self, num_classes: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.num_classes = num_classes

    def build(self, input_shape: list[tuple[int | None, ...]]) -> None:
        shape = (self.num_classes, input_shape[0][-1])
        self.gamma = self.add_weight(shape=shape, initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=shape, initializer="zeros", name="beta")

    def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
        x, labels = inputs
        # A product, so that the gradient is dense and its sum ordered.
        rows = tf.one_hot(labels, self.num_classes, dtype=x.dtype)
        shape = [-1, *[1] * (len(x.shape) - 2), x.shape[-1]]
        scale, shift = (
            tf.reshape(tf.matmul(rows, tf.cast(each, x.dtype)), shape)
            for each in (self.gamma, self.beta)
        )
        return scale * x + shift

    def compute_output_shape(
        self, input_shape: list[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"num_classes": self.num_classes}
