"""The arithmetic of a step, counted from its networks, and what a processor can do at most."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

SIDE, REPEATS = 2048, 10
"""Of the matrices that are multiplied, and how often in a round."""


def operations(networks: Mapping[str, keras.Model], passes: Mapping[str, float]) -> float:
    """Floating-point operations for one item: those of each network's forward pass, as often."""
    return sum(count * forward(networks[name]) for name, count in passes.items())


def forward(network: keras.Model) -> float:
    """Two operations for each use of a weight of a matrix or kernel; networks inside of others are
    counted on their own.
    """
    return sum(2.0 * _uses(layer) for layer in network.layers if not hasattr(layer, "layers"))


def _uses(layer: keras.Layer) -> int:
    weights = sum(math.prod(each.shape) for each in layer.trainable_weights if each.ndim > 1)
    if not weights:
        return 0
    taken = keras.tree.flatten(layer.input if isinstance(layer, TAKEN) else layer.output)[0].shape
    places = taken[1:2] if isinstance(layer, keras.layers.GRU) else taken[1:-1]
    return weights * math.prod(places)


TAKEN = (keras.layers.Conv2DTranspose, keras.layers.GRU)
"""Layers whose weights are used at each place of what they take; of others, of what they give."""


def matrix_product(precision: str) -> Callable[[], float]:
    """A round gives operations a second of a large matrix product."""
    matrix = tf.cast(tf.random.normal([SIDE, SIDE]), precision)
    product = tf.function(lambda: tf.reduce_sum(matrix @ matrix))

    def run() -> float:
        began = time.perf_counter()
        for _ in range(REPEATS):
            product().numpy()
        return REPEATS * 2.0 * SIDE**3 / (time.perf_counter() - began)

    return run
