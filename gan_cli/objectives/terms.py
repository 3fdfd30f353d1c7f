"""The terms of a game: what one discriminator's pass over real and fake images costs either
side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gan_cli.base.lazy import tf
from gan_cli.base.spec import Logs
from gan_cli.objectives import losses
from gan_cli.objectives.gradients import lazily
from gan_cli.objectives.model import Context
from gan_cli.objectives.options import ActivePenalty, Loss, active_penalties
from gan_cli.objectives.penalties import LogitsOf


class Output(NamedTuple):
    """What a discriminator says of images: logits [B, 1]; where it also names classes, the logits
    of these [B, K]; where it recognises codes, what it takes them for [B, N]; where it reads
    captions, the logits of the same images with captions of others [B, 1], and how alike each
    image is to each caption of the batch [B, B].
    """

    logits: tf.Tensor
    classes: tf.Tensor | None = None
    codes: tf.Tensor | None = None
    mismatched: tf.Tensor | None = None
    likeness: tf.Tensor | None = None


class Comparison(NamedTuple):
    """One discriminator's pass over real and fake images.

    Attributes:
        real: images as it saw them.
        fake: generated images as it saw them.
        of_real: what it says of the real ones.
        of_fake: what it says of the fake ones.
        labels: int64 [B], the classes of both, or int32 [B, L], their captions; None: neither.
        logits_of: images -> its logits [B, 1], for penalties.
        latents: what the fake images were generated from.
    """

    real: tf.Tensor
    fake: tf.Tensor
    of_real: Output
    of_fake: Output
    labels: tf.Tensor | None
    logits_of: LogitsOf
    latents: tf.Tensor | None = None


Cost = Callable[[Comparison, Context], "tuple[tf.Tensor, Logs]"]
"""-> scalar, and what is logged."""


class Term(NamedTuple):
    """A part of what either side pays; None: nothing."""

    discriminator: Cost | None = None
    generator: Cost | None = None


def adversarial(loss: Loss) -> Term:
    """The adversarial loss itself."""
    pair = losses.build(loss.name, loss.label_smoothing)

    def discriminator(seen: Comparison, context: Context) -> tuple[tf.Tensor, Logs]:
        return pair.discriminator(seen.of_real.logits, seen.of_fake.logits), {}

    def generator(seen: Comparison, context: Context) -> tuple[tf.Tensor, Logs]:
        return pair.generator(seen.of_real.logits, seen.of_fake.logits), {}

    return Term(discriminator, generator)


def penalties(loss: Loss) -> Term:
    """The weighted sum of the penalties that are switched on; logs the gradient norm or else the
    penalty of each.
    """
    active = active_penalties(loss)

    def discriminator(seen: Comparison, context: Context) -> tuple[tf.Tensor, Logs]:
        total, logs = tf.constant(0.0), Logs()
        for each in active:
            value, own = _now(each, seen, context)
            total += context.penalty_factor * each.weight * value
            logs |= own
        return total, logs

    return Term(discriminator if active else None)


def _now(each: ActivePenalty, seen: Comparison, context: Context) -> tuple[tf.Tensor, Logs]:
    def compute() -> tuple[tf.Tensor, Logs]:
        computed: tuple[tf.Tensor, Logs] = each.entry.build(
            seen.logits_of, seen.real, seen.fake, context.noise, each.options
        )
        return computed

    return lazily(context.update, each.interval, compute)


def auxiliary_class(weight: float) -> Term:
    """The log-likelihood of the class, which both sides earn: L_S + L_C and L_C - L_S (Odena et al.
    2017, section 3). Logs the shares of images whose class is named rightly.
    """

    def discriminator(seen: Comparison, context: Context) -> tuple[tf.Tensor, Logs]:
        loss = _class_loss(seen.of_real, seen) + _class_loss(seen.of_fake, seen)
        accuracy = {
            "class_accuracy_real": _accuracy(seen.of_real, seen),
            "class_accuracy_fake": _accuracy(seen.of_fake, seen),
        }
        return weight * loss, accuracy

    def generator(seen: Comparison, context: Context) -> tuple[tf.Tensor, Logs]:
        return weight * _class_loss(seen.of_fake, seen), {}

    return Term(discriminator, generator)


def _class_loss(output: Output, seen: Comparison) -> tf.Tensor:
    """Cross-entropy of the class in nats."""
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(seen.labels, output.classes)
    )


def _accuracy(output: Output, seen: Comparison) -> tf.Tensor:
    return tf.reduce_mean(tf.cast(tf.argmax(output.classes, axis=1) == seen.labels, tf.float32))
