"""Both sides of an adversarial game: the phases in which they are updated, what a discriminator
says of real and generated images, and what either side pays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gan_cli.base.lazy import keras, tf
from gan_cli.base.machines import replicas
from gan_cli.base.spec import Batch, Logs
from gan_cli.objectives.augmentation.views import View
from gan_cli.objectives.model import Context, Losses, Networks, Phase
from gan_cli.objectives.options import Loss
from gan_cli.objectives.terms import Comparison, Output, Term

if TYPE_CHECKING:
    from gan_cli.objectives.augmentation.ada import Adaptive

Combine = Callable[[list["tf.Tensor"]], "tf.Tensor"]
"""The losses that the discriminators give the generator -> the one that it has."""
Side = Callable[[Any, Context], tuple[dict[str, "tf.Tensor"], Logs]]
"""(what the forward pass gives, context) -> the losses of a side's players, and logs."""


def adversarial_phases(
    forward: Callable[[Batch, Context], Any],
    sides: Mapping[tuple[str, ...], Side],
    discriminator_steps: int,
) -> tuple[Phase, ...]:
    """One phase for both sides, from one forward pass; with more updates of the discriminators than
    of the generator, a phase for each.

    Args:
        sides: players -> their losses; first the generator's side, then the discriminators'.
    """

    def losses(*chosen: Side) -> Losses:
        def computed(batch: Batch, context: Context) -> tuple[dict[str, tf.Tensor], Logs]:
            seen = forward(batch, context)
            found: dict[str, tf.Tensor] = {}
            logs = Logs()
            for side in chosen:
                own, more = side(seen, context)
                found |= own
                logs |= more
            return found, logs

        return computed

    (makers, making), (opponents, opposing) = sides.items()
    if discriminator_steps == 1:
        return (Phase(losses(opposing, making), trains=(*makers, *opponents)),)
    return (
        Phase(losses(opposing), trains=opponents, repeats=discriminator_steps),
        Phase(losses(making), trains=makers),
    )


def compare(
    discriminator: keras.Model,
    sees: View,
    real: tf.Tensor,
    fake: tf.Tensor,
    labels: tf.Tensor | None,
    context: Context,
) -> Comparison:
    """A discriminator's pass over real and fake images."""

    def output(images: tf.Tensor) -> Output:
        said = call(discriminator, images, labels, training=True)
        if isinstance(said, dict):
            return Output(**said)
        return Output(*said) if isinstance(said, list | tuple) else Output(said)

    real, fake = sees(real, context.branch("real")), sees(fake, context.branch("fake"))
    return Comparison(
        real, fake, output(real), output(fake), labels, lambda images: output(images).logits
    )


def discriminator_losses(
    terms: Sequence[Term],
    seen: Mapping[str, Comparison],
    context: Context,
    adaptive: Adaptive | None = None,
) -> tuple[dict[str, tf.Tensor], Logs]:
    """Each discriminator's loss, and the logs of all of them."""
    losses, logs = {}, _logit_logs(seen)
    for name, comparison in seen.items():
        costs = [
            term.discriminator(comparison, context.branch(name))
            for term in terms
            if term.discriminator
        ]
        losses[name] = sum_in_order([cost for cost, _ in costs])
        number = name.removeprefix("discriminator")
        logs |= {f"{log}{number}": value for _, own in costs for log, value in own.items()}
    if adaptive:
        logs |= adaptive.observe(seen, context)
    return losses, logs


def generator_loss(
    terms: Sequence[Term],
    seen: Mapping[str, Comparison],
    context: Context,
    combine: Combine | None = None,
) -> tf.Tensor:
    """The generator's loss against all discriminators."""
    against = [
        sum_in_order([term.generator(each, context)[0] for term in terms if term.generator])
        for each in seen.values()
    ]
    if combine:  # which need not be linear
        return combine([replicas.mean(each) for each in against])
    return sum_in_order(against)


def sum_in_order(values: Sequence[tf.Tensor]) -> tf.Tensor:
    """The sum from the first to the last, which is the same bits every time."""
    total, *others = values
    for value in others:
        total += value
    return total


def call(network: keras.Model, x: tf.Tensor, labels: tf.Tensor | None, training: bool) -> tf.Tensor:
    """A network's output; it is given the labels where it has an input for them."""
    return network([x, labels] if len(network.inputs) == 2 else x, training=training)


def clip_weights(networks: Networks, loss: Loss) -> None:
    """Keep every weight in [-c, c], c = `loss.weight_clip` (Arjovsky et al. 2017, algorithm 1);
    optimizers apply constraints themselves.
    """
    if loss.weight_clip is None:
        return
    bound: float = loss.weight_clip

    class Clipped(keras.constraints.Constraint):  # Keras before 3.14 takes no plain function
        def __call__(self, value: tf.Tensor) -> tf.Tensor:
            return tf.clip_by_value(value, -bound, bound)

    for network in networks.values():
        for variable in network.trainable_variables:
            variable.constraint = Clipped()


def _logit_logs(seen: Mapping[str, Comparison]) -> Logs:
    """Means over the discriminators."""
    real = tf.stack([each.of_real.logits for each in seen.values()])
    fake = tf.stack([each.of_fake.logits for each in seen.values()])
    # The share of pairs that a discriminator orders rightly: it means the same for every loss.
    ordered = tf.reduce_mean(tf.cast(real > fake, tf.float32))
    return {
        "logits_real": tf.reduce_mean(real),
        "logits_fake": tf.reduce_mean(fake),
        "ordered": ordered,
    }
