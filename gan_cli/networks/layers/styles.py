"""Layers on the way from latents to styles, and from styles to what a synthesis starts with."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_cli.base.machines import replicas
from gan_cli.networks.layers.equalized import unit_normal
from gan_cli.networks.layers.resampling import batch_of

EPSILON = 1e-8
SEED = 0
Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable("gan_cli")
class UnitLength(keras.layers.Layer):
    """Vectors [B, D] scaled to a mean square of 1."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), axis=1, keepdims=True) + EPSILON)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape


@keras.saving.register_keras_serializable("gan_cli")
class RunningMean(keras.layers.Layer):
    """Passes [B, ...] on and, in training, remembers the mean of what came: `mean`, from 0 at
    first.

    Args:
        decay: of what is remembered, at each new batch.
    """

    def __init__(self, decay: float, **settings: Any) -> None:
        super().__init__(**settings)
        self.decay = decay

    def build(self, input_shape: Shape) -> None:
        self.mean = self.add_weight(
            shape=input_shape[1:], initializer="zeros", trainable=False, name="mean", autocast=False
        )

    def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        if training:
            self.mean.assign(self.after(replicas.mean(tf.reduce_mean(x, axis=0))))
        return x

    def after(self, value: tf.Tensor) -> tf.Tensor:
        """The mean once `value` has come too; no gradient flows through it."""
        remembered = self.mean.value
        difference = tf.stop_gradient(tf.cast(value, remembered.dtype)) - remembered
        return remembered + (1.0 - self.decay) * difference

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"decay": self.decay}


@keras.saving.register_keras_serializable("gan_cli")
class EachStyle(keras.layers.Layer):
    """Styles [B, L, D] -> a list of L styles [B, D]."""

    def call(self, styles: tf.Tensor) -> list[tf.Tensor]:
        each: list[tf.Tensor] = tf.unstack(styles, axis=1)
        return each

    def compute_output_shape(self, input_shape: Shape) -> list[Shape]:
        batch, layers, size = input_shape
        return [(batch, size)] * int(layers or 0)


@keras.saving.register_keras_serializable("gan_cli")
class LearnedConstant(keras.layers.Layer):
    """Anything of B items -> one learnt image for all [B, *shape]."""

    def __init__(self, shape: tuple[int, int, int], **settings: Any) -> None:
        super().__init__(**settings)
        self.shape = tuple(shape)

    def build(self, input_shape: Shape) -> None:
        self.image = self.add_weight(shape=self.shape, initializer=unit_normal(), name="image")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.tile(tf.expand_dims(self.image, 0), (batch_of(x), 1, 1, 1))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], *self.shape)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"shape": self.shape}


@keras.saving.register_keras_serializable("gan_cli")
class FixedNoise(keras.layers.Layer):
    """Anything -> one normal image [1, h, w, 1] of each size, always the same."""

    def __init__(self, sizes: list[tuple[int, int]], **settings: Any) -> None:
        super().__init__(**settings)
        self.sizes = [(height, width) for height, width in sizes]

    def call(self, x: tf.Tensor) -> list[tf.Tensor]:
        return [tf.constant(each, self.compute_dtype) for each in fixed_noise(self.sizes)]

    def compute_output_shape(self, input_shape: Shape) -> list[Shape]:
        return [(1, *size, 1) for size in self.sizes]

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"sizes": self.sizes}


def fixed_noise(sizes: list[tuple[int, int]]) -> list[np.ndarray]:
    """Standard normal float32 [1, h, w, 1] of each size, always the same."""
    random = np.random.default_rng(SEED)
    return [random.standard_normal((1, *size, 1), np.float32) for size in sizes]
