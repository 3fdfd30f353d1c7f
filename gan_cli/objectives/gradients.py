"""Gradients of a discriminator's logits at images, and penalties that are due now and then."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gan_cli.base.lazy import tf
from gan_cli.objectives.penalties import LogitsOf

Value = TypeVar("Value")


def squared_norms(logits_of: LogitsOf, images: tf.Tensor) -> tf.Tensor:
    """The square [B] of the norm of each logit's gradient to its image [B, ...]."""
    images = tf.stop_gradient(images)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        total = tf.reduce_sum(logits_of(images))  # the gradients of a sum are those of its terms
    gradients = tape.gradient(total, images)
    return tf.reduce_sum(tf.square(gradients), axis=range(1, len(images.shape)))


def gradient_norms(logits_of: LogitsOf, images: tf.Tensor) -> tf.Tensor:
    """The Euclidean norm [B] of each logit's gradient to its image [B, ...]; where it is 0, so is
    its own gradient.
    """
    return root(squared_norms(logits_of, images))


def root(squares: tf.Tensor) -> tf.Tensor:
    """Square roots; where one is 0, so is its gradient."""
    flat = squares == 0.0
    safe = tf.where(flat, tf.ones_like(squares), squares)  # sqrt has no slope at 0
    return tf.where(flat, tf.zeros_like(squares), tf.sqrt(safe))


def unit_norms(
    logits_of: LogitsOf, images: tf.Tensor, one_sided: bool
) -> tuple[tf.Tensor, tf.Tensor]:
    """E (||grad D(x)|| - 1)^2, where one_sided of norms above 1 alone, and the mean norm."""
    norms = gradient_norms(logits_of, images)
    excess = tf.nn.relu(norms - 1.0) if one_sided else norms - 1.0
    return tf.reduce_mean(tf.square(excess)), tf.reduce_mean(norms)


def zero_centred(logits_of: LogitsOf, images: tf.Tensor) -> tf.Tensor:
    """1/2 E ||grad D(x)||^2 (Mescheder et al. 2018, eq. 9, 10)."""
    return 0.5 * tf.reduce_mean(squared_norms(logits_of, images))


def lazily(update: tf.Tensor, interval: int, compute: Callable[[], Value]) -> Value:
    """`interval` times `compute()` in every `interval`-th update, zeros in the others, which do not
    compute it.

    Means over time are those of a value in every update (Karras et al. 2020, appendix B).

    Args:
        update: int64 scalar that counts updates from 0.
        interval: updates from one value to the next, at least 1.
        compute: gives a scalar tensor or a nest of such.
    """
    if interval == 1:
        return compute()
    shown: list[Value] = []

    def due() -> Value:
        shown.append(compute())
        values: Value = tf.nest.map_structure(lambda value: interval * value, shown[0])
        return values

    def idle() -> Value:
        # A graph traces `due` first; eager code asks for the number of values only.
        like = shown[0] if shown else compute()
        zeros: Value = tf.nest.map_structure(lambda value: tf.zeros([], value.dtype), like)
        return zeros

    chosen: Value = tf.cond(tf.equal(update % interval, 0), due, idle)
    return chosen


def per_item(values: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """[B] -> [B, 1, ...], of the rank of images."""
    return tf.reshape(values, (-1, *[1] * (len(images.shape) - 1)))
