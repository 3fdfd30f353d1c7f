"""Penalties on the discriminator's gradients at images: pure functions, without their weights.

A judge takes images [B, ...], of any rank, to logits [B, 1] float32, each image's from that image
alone: batch normalization would mix them. No gradient flows back into what made the images.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tensorflow as tf

Judge = Callable[[tf.Tensor], tf.Tensor]
Value = TypeVar("Value")

REACH = 0.5
"""DRAGAN's largest step away from the data, in standard deviations of its pixels."""


def gradient_penalty(
    judge: Judge, real: tf.Tensor, fake: tf.Tensor, mix: tf.Tensor, one_sided: bool = False
) -> tuple[tf.Tensor, tf.Tensor]:
    """E (||grad D(x_hat)|| - 1)^2 between real and fake images (Gulrajani et al. 2017, eq. 3, its
    second term).

    Args:
        real: images, float32 [B, ...].
        fake: generated images of the same shape.
        mix: uniform in [0, 1), [B]: the share of the real image in x_hat.
        one_sided: norms below 1 cost nothing, max(0, ||grad|| - 1)^2 (the same paper, section 4).

    Returns:
        (scalar penalty, scalar mean norm).
    """
    return _unit_norms(judge, fake + _per_item(mix, real) * (real - fake), one_sided)


def dragan(
    judge: Judge, real: tf.Tensor, mix: tf.Tensor, directions: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """E (||grad D(x + delta)|| - 1)^2 around real images (Kodali et al. 2017).

    delta = mix * REACH * std * directions, with the deviation of all pixels of the batch, as in the
    authors' published code; the paper writes a normal delta of fixed variance.

    Args:
        real: images, float32 [B, ...].
        mix: uniform in [0, 1), [B]: how far along its direction each image moves.
        directions: uniform in [0, 1), of the shape of `real`.

    Returns:
        (scalar penalty, scalar mean norm).
    """
    reach = REACH * tf.math.reduce_std(real)
    return _unit_norms(judge, real + reach * _per_item(mix, real) * directions, one_sided=False)


def zero_centred(judge: Judge, images: tf.Tensor) -> tf.Tensor:
    """1/2 E ||grad D(x)||^2: R1 where the images are real, R2 where they are fake (Mescheder et al.
    2018, eq. 9, 10).
    """
    return 0.5 * tf.reduce_mean(_squared_norms(judge, images))


def gradient_norms(judge: Judge, images: tf.Tensor) -> tf.Tensor:
    """The Euclidean norm [B] of each logit's gradient to its image [B, ...]; where it is 0, so is
    its own gradient.
    """
    squares = _squared_norms(judge, images)
    flat = squares == 0.0
    return tf.where(
        flat, 0.0, tf.sqrt(tf.where(flat, tf.ones_like(squares), squares))
    )  # sqrt has no slope at 0


def lazily(update: tf.Tensor, interval: int, compute: Callable[[], Value]) -> Value:
    """`interval` times `compute()` in every `interval`-th update, zeros in the others, which do not
    compute it.

    Means over time are those of a value in every update (Karras et al. 2020, appendix B).

    Args:
        update: int64 scalar that counts updates from 0.
        interval: updates from one value to the next, at least 1.
        compute: gives a scalar tensor or a tuple of such.
    """
    if interval == 1:
        return compute()
    shown: list[Value] = []

    def due() -> Value:
        shown.append(compute())
        return tf.nest.map_structure(lambda value: interval * value, shown[0])  # type: ignore[no-any-return]

    def idle() -> Value:
        # A graph traces `due` first; eager code asks for the number of values only.
        values = shown[0] if shown else compute()
        return tf.nest.map_structure(lambda value: tf.zeros([], value.dtype), values)  # type: ignore[no-any-return]

    return tf.cond(tf.equal(update % interval, 0), due, idle)  # type: ignore[no-any-return]


def _unit_norms(judge: Judge, images: tf.Tensor, one_sided: bool) -> tuple[tf.Tensor, tf.Tensor]:
    norms = gradient_norms(judge, images)
    excess = tf.nn.relu(norms - 1.0) if one_sided else norms - 1.0
    return tf.reduce_mean(tf.square(excess)), tf.reduce_mean(norms)


def _squared_norms(judge: Judge, images: tf.Tensor) -> tf.Tensor:
    images = tf.stop_gradient(images)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        total = tf.reduce_sum(judge(images))  # the gradients of a sum are those of its terms
    gradients = tape.gradient(total, images)
    return tf.reduce_sum(tf.square(gradients), axis=range(1, len(images.shape)))


def _per_item(values: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """[B] -> [B, 1, ...], of the rank of images."""
    return tf.reshape(values, (-1, *[1] * (len(images.shape) - 1)))
