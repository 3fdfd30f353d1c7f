"""The information that images keep of codes (Chen et al. 2016)."""

from __future__ import annotations

import math

from gan_cli.base.lazy import tf
from gan_cli.base.spec import Logs
from gan_cli.objectives.codes import Codes
from gan_cli.objectives.model import Context
from gan_cli.objectives.terms import Comparison, Term

ENTROPY = 0.5 * math.log(2.0 * math.pi * math.e)
"""Of a standard normal code, in nats."""


def mutual_information(
    codes: Codes, categorical_weight: float, continuous_weight: float, learnt_variance: bool
) -> Term:
    """Minus a lower bound of the information that a generated image has of its codes, by weights:
    L_I = E[log Q(c|x)] + H(c) (eq. 5). Both sides earn it: the discriminator, whose second head Q
    is, and the generator.

    Q is a softmax over the categories, and a normal distribution for each continuous code, of unit
    or of learnt variance. Logs the bounds in nats, of which the first is at most log(categories),
    and the share of images whose category is named rightly.
    """

    def cost(seen: Comparison) -> tuple[tf.Tensor, Logs]:
        total, logs = tf.constant(0.0), Logs()
        if codes.categories:
            bound, accuracy = categorical(codes, seen)
            total -= categorical_weight * bound
            logs |= {"information_category": bound, "category_accuracy": accuracy}
        if codes.continuous:
            bound = continuous(codes, seen, learnt_variance)
            total -= continuous_weight * bound
            logs |= {"information_continuous": bound}
        return total, logs

    def generator(seen: Comparison, context: Context) -> tuple[tf.Tensor, Logs]:
        return cost(seen)[0], {}

    return Term(lambda seen, context: cost(seen), generator)


def categorical(codes: Codes, seen: Comparison) -> tuple[tf.Tensor, tf.Tensor]:
    """log K minus the cross-entropy of the category, in nats, and the share named rightly."""
    assert seen.latents is not None
    assert seen.of_fake.codes is not None
    first, last = codes.noise, codes.noise + codes.categories
    chosen = tf.argmax(seen.latents[:, first:last], axis=1)
    logits = seen.of_fake.codes[:, : codes.categories]
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(chosen, logits)
    right = tf.cast(tf.argmax(logits, axis=1) == chosen, tf.float32)
    return math.log(codes.categories) - tf.reduce_mean(loss), tf.reduce_mean(right)


def continuous(codes: Codes, seen: Comparison, learnt_variance: bool) -> tf.Tensor:
    """Of all continuous codes, their entropy minus the negative log-likelihood, in nats."""
    assert seen.latents is not None
    assert seen.of_fake.codes is not None
    values = seen.latents[:, codes.noise + codes.categories :]
    said = seen.of_fake.codes[:, codes.categories :]
    mean, log_variance = said[:, : codes.continuous], said[:, codes.continuous :]
    squares = tf.square(values - mean)
    if learnt_variance:
        squares = squares * tf.exp(-log_variance) + log_variance
    negative = 0.5 * (squares + math.log(2.0 * math.pi))
    return tf.reduce_mean(tf.reduce_sum(ENTROPY - negative, axis=1))
