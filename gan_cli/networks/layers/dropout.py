"""Dropout from eight random bits an element, where Keras draws a float of 32."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from gan_cli.base import randomness
from gan_cli.base.machines import replicas

LEVELS = 256


@keras.saving.register_keras_serializable("gan_cli")
class Dropout(keras.layers.Dropout):
    """Dropout (Srivastava et al. 2014) with a rate that is a multiple of 1/256, the nearest to the
    one given; what is kept is scaled by exactly that rate.

    The key of each draw comes from the layer's seed, a variable that Keras saves and counts on.
    """

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        dropped = round(self.rate * LEVELS)
        if not training or not dropped:
            return inputs
        shape = tf.shape(inputs) if None in inputs.shape else inputs.shape
        key = tf.bitcast(tf.cast(self.seed_generator.next(), tf.uint32), tf.int32)
        levels = replicas.own_draw(partial(_random_levels, key), shape)
        zero = tf.zeros([], inputs.dtype)
        if dropped == LEVELS:
            return inputs * zero
        scaled = inputs * tf.cast(LEVELS / (LEVELS - dropped), inputs.dtype)
        return tf.where(levels >= tf.constant(dropped, tf.uint8), scaled, zero)


def _random_levels(key: tf.Tensor, shape: Any, skip: int) -> tf.Tensor:
    """uint8 of a shape, four of each draw, without the first `skip`, a multiple of 16."""
    count = tf.reduce_prod(shape) if isinstance(shape, tf.Tensor) else math.prod(shape)
    bits = randomness.bits(key, [(count + 3) // 4], skip // 4)
    return tf.reshape(tf.reshape(tf.bitcast(bits, tf.uint8), [-1])[:count], shape)
