"""Functions in the place of networks, known draws, and a place in training."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.objectives.model import Context


def context(step: int = 0, update: int | None = None, seed: int = 0) -> Context:
    """A step; its update has the same number, if none is given."""
    number = step if update is None else update
    return Context(tf.constant(step, tf.int64), tf.constant(number, tf.int64), Noise(seed, step))


class Function:
    """A function in the place of a network.

    Attributes:
        given: what it was called with.
        modes: `training` of each call.
    """

    def __init__(self, function: Callable[[Any], Any], *shapes: tuple[int, ...]) -> None:
        self.inputs = [SimpleNamespace(shape=(None, *shape)) for shape in shapes or [()]]
        self.input_shape = self.inputs[0].shape
        self.trainable_variables: list[Any] = []
        self.given: list[Any] = []
        self.modes: list[bool] = []
        self._function = function

    def __call__(self, x: Any, training: bool) -> Any:
        self.given.append(x)
        self.modes.append(training)
        return self._function(x)


class Draws:
    """Uniform draws that are known, by the names of their streams."""

    def __init__(self, **streams: tf.Tensor) -> None:
        self._streams = streams

    def uniform(self, stream: str, shape: tuple[int, ...]) -> tf.Tensor:
        values = self._streams[stream.replace("/", "_")]
        assert values.shape == tf.TensorShape(shape)
        return values


def linear(*weights: float) -> Callable[[tf.Tensor], tf.Tensor]:
    """Logit = w x: the gradient is w at every image."""
    column = tf.reshape(tf.constant(weights), (-1, 1))
    return lambda x: tf.reshape(x, (x.shape[0], -1)) @ column


def quadratic(x: tf.Tensor) -> tf.Tensor:
    """Logit = |x|^2 / 2: the gradient is x itself."""
    return 0.5 * tf.reduce_sum(tf.square(tf.reshape(x, (x.shape[0], -1))), axis=1, keepdims=True)
