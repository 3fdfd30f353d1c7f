"""Batch normalization in TensorFlow's fused kernel: Keras's own passes over its input five times,
and in float32 whatever the precision.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_cli.base.machines import replicas

FUSED = ("float32", "bfloat16", "float16")
"""What the kernel computes in; its sums are float32 in all of them."""


@keras.saving.register_keras_serializable("gan_cli")
class BatchNorm(keras.layers.BatchNormalization):
    """Batch normalization (Ioffe and Szegedy 2015) over all axes but the last, the channels; with
    `scale` and `center` off, without a scale and a shift that are learnt.

    Values, gradients and moving averages are those of `keras.layers.BatchNormalization`, whose
    variables it has; second derivatives are right as well, which Keras's are not. With several
    replicas the moments are those of the global batch.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        channels = input_shape[-1:]
        kind, count = self.variable_dtype, int(input_shape[-1] or 0)
        self.gamma, self.beta = np.ones(count, kind), np.zeros(count, kind)
        weights: list[tuple[str, str, bool]] = [
            *([("gamma", "ones", True)] if self.scale else []),
            *([("beta", "zeros", True)] if self.center else []),
            ("moving_mean", "zeros", False),
            ("moving_variance", "ones", False),
        ]
        for name, initializer, trainable in weights:
            weight = self.add_weight(
                shape=channels,
                initializer=initializer,
                trainable=trainable,
                name=name,
                autocast=False,
            )
            setattr(self, name, weight)
        self.built = True

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: Any = None) -> tf.Tensor:
        x = tf.cast(inputs, self.compute_dtype)
        learns = bool(training) and self.trainable
        if x.dtype.name not in FUSED or (learns and replicas.number() > 1):
            return self._by_formula(x, learns)
        four = tf.reshape(x, [-1, 1, 1, x.shape[-1]]) if len(x.shape) != 4 else x
        factor, unbiased = 1.0 - self.momentum, _unbiased(four)
        # The kernel's moving variance is the unbiased one, Keras's the batch's own.
        variance = self.moving_variance * unbiased if learns else self.moving_variance
        normed, mean, moving, *_ = tf.raw_ops.FusedBatchNormV3(
            x=four,
            scale=self.gamma,
            offset=self.beta,
            mean=self.moving_mean,
            variance=variance,
            epsilon=self.epsilon,
            exponential_avg_factor=factor,
            is_training=learns,
        )
        if learns:
            self.moving_mean.assign(mean)
            self.moving_variance.assign(moving / unbiased)
        return tf.reshape(normed, tf.shape(x)) if four is not x else normed

    def _by_formula(self, inputs: tf.Tensor, learns: bool) -> tf.Tensor:
        """The same from moments that are summed over the replicas, in any float."""
        x = tf.cast(inputs, self.variable_dtype)
        mean, variance = tf.convert_to_tensor(self.moving_mean), self.moving_variance
        if learns:
            count = tf.cast(tf.size(x) // x.shape[-1], x.dtype)
            sums, count = replicas.total(_sums(x)), count * replicas.number()
            mean = sums[0] / count
            variance = sums[1] / count - tf.square(mean)
            for moving, seen in ((self.moving_mean, mean), (self.moving_variance, variance)):
                kept = moving * self.momentum + tf.stop_gradient(seen) * (1.0 - self.momentum)
                moving.assign(kept)
        scale = self.gamma * tf.math.rsqrt(variance + self.epsilon)
        return tf.cast(x * scale + (self.beta - mean * scale), inputs.dtype)


@tf.custom_gradient
def _sums(x: tf.Tensor) -> Any:
    """[2, C]: the sums of each channel of [..., C], and of its squares.

    TensorFlow's own gradient spreads both sums over the whole array before it uses them.
    """
    axes = list(range(len(x.shape) - 1))

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        return upstream[0] + x * (2.0 * upstream[1])

    return tf.stack([tf.reduce_sum(x, axes), tf.reduce_sum(tf.square(x), axes)]), gradient


def _unbiased(images: tf.Tensor) -> Any:
    """N / (N - 1), N values of a channel: a number where the shape is static."""
    if None not in images.shape:
        count = math.prod(images.shape[:-1])
        return count / max(count - 1, 1)
    count = tf.cast(tf.size(images) // images.shape[-1], tf.float32)
    return count / tf.maximum(count - 1.0, 1.0)
