"""Layers and settings that the networks share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from gan_cli.networks.layers.normalization import BatchNorm

LEAK = 0.3
"""Slope of LeakyReLU below zero, Keras's own default and the tutorial's."""


def batch_norm(name: str, affine: bool = True) -> BatchNorm:
    """Batch normalization with the short memory (0.9) that a generator in motion needs; `affine`:
    with a scale and a shift of each channel.
    """
    return BatchNorm(momentum=0.9, epsilon=1e-5, center=affine, scale=affine, name=name)


@keras.saving.register_keras_serializable("gan_cli")
class LayerNorm(keras.layers.Layer):
    """Normalization of each image over all its pixels and channels (Ba et al. 2016), scaled and
    shifted by channel.

    Keras's own layers build on `tf.nn.moments`, which stops the gradient of the mean within the
    variance: right for first derivatives, wrong for the second ones by which a penalty on gradients
    trains.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        channels = input_shape[-1:]
        self.gamma = self.add_weight(
            shape=channels, initializer="ones", name="gamma", autocast=False
        )
        self.beta = self.add_weight(
            shape=channels, initializer="zeros", name="beta", autocast=False
        )

    def call(self, images: tf.Tensor) -> tf.Tensor:
        x = tf.cast(images, self.variable_dtype)  # squares would overflow in float16
        axes = range(1, len(x.shape))
        x -= tf.reduce_mean(x, axes, keepdims=True)
        variance = tf.reduce_mean(tf.square(x), axes, keepdims=True)
        return tf.cast(
            self.gamma * x * tf.math.rsqrt(variance + 1e-5) + self.beta, self.compute_dtype
        )

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape


def layer_norm(name: str) -> LayerNorm:
    """Normalization of each image by itself, which penalties on single images go with."""
    return LayerNorm(name=name)


NORMS: dict[str, Callable[[str], Any]] = {"batch": batch_norm, "layer": layer_norm}


@keras.saving.register_keras_serializable("gan_cli")
class Category(keras.layers.Layer):
    """Latents [B, D] -> the same, with 1 in the place of the largest of `categories` values from
    `first` on, and 0 in those of the others: drawn alike, each is the largest equally often.
    """

    def __init__(self, first: int, categories: int, **settings: Any) -> None:
        # in full precision: of two values that are rounded to the same one, both are the largest
        super().__init__(**{"dtype": "float32", **settings})
        self.first, self.categories = first, categories

    def call(self, latents: tf.Tensor) -> tf.Tensor:
        sizes = [self.first, self.categories, latents.shape[1] - self.first - self.categories]
        before, values, after = tf.split(latents, sizes, axis=1)
        chosen = tf.one_hot(tf.argmax(values, axis=1), self.categories, dtype=latents.dtype)
        return tf.concat([before, chosen, after], axis=1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"first": self.first, "categories": self.categories}


@keras.saving.register_keras_serializable("gan_cli")
class ClassEmbedding(keras.layers.Layer):
    """Labels int64 [B, ...] -> vectors [B, ..., dim]; a product with one-hot rows, so that its
    gradient is dense and its sum ordered.
    """

    def __init__(self, num_classes: int, dim: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.num_classes, self.dim = num_classes, dim

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        # Small, as Keras's own embeddings begin: beside vectors of unit variance a generator would
        # not hear its latents, and make one image of each class.
        self.vectors = self.add_weight(
            shape=(self.num_classes, self.dim),
            initializer=keras.initializers.RandomNormal(stddev=0.05),
            name="vectors",
        )

    def call(self, labels: tf.Tensor) -> tf.Tensor:
        return tf.matmul(
            tf.one_hot(labels, self.num_classes, dtype=self.compute_dtype),
            tf.cast(self.vectors, self.compute_dtype),
        )

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape, self.dim)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"num_classes": self.num_classes, "dim": self.dim}


@keras.saving.register_keras_serializable("gan_cli")
class InRange(keras.layers.Layer):
    """Images bound to [-1, 1] in inference mode; in training as they are, for the slope of a bound
    is zero beyond it.
    """

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        return images if training else tf.clip_by_value(images, -1.0, 1.0)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape
