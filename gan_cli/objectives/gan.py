"""The adversarial game of Goodfellow et al. (2014), for one discriminator or several, with or
without labels: a generator, discriminators, and a list of terms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from gan_cli.base.lazy import keras, tf
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Batch, Logs
from gan_cli.data.pipeline.augment import Transform
from gan_cli.objectives.model import Context, Losses, Model, Networks, Phase, Sample
from gan_cli.objectives.options import Loss
from gan_cli.objectives.terms import Comparison, Output, Term
from gan_cli.objectives.views import View, view

if TYPE_CHECKING:
    from gan_cli.objectives.ada import Adaptive

Combine = Callable[[list["tf.Tensor"]], "tf.Tensor"]
"""The losses that the discriminators give the generator -> the one that it has."""


class Game(NamedTuple):
    """What decides how a generator plays against discriminators; models without one ignore it.

    Attributes:
        loss: the options of the group `loss`.
        augment: a change to every image, real or fake, before a discriminator sees it.
        adaptive: that change once more, where it follows what discriminators say.
    """

    loss: Loss
    augment: Transform | None = None
    adaptive: Adaptive | None = None


@dataclass(frozen=True, kw_only=True)
class Generator:
    """Networks that make images of latents.

    Attributes:
        networks: by name.
        generate: (latents, labels, noise) -> images or sequences, in training mode.
        sample: (networks, latents, labels, steps) -> the same in inference mode.
        latent_shape: of one latent.
        num_classes: of a generator that is conditioned on the class.
        sequence_length: frames; 0: it makes single images.
        assemble: (networks) -> one keras.Model that makes images of latents; None: there is one.
        truncation: see `Model`.
    """

    networks: Networks
    generate: Callable[[tf.Tensor, tf.Tensor | None, Noise], tf.Tensor]
    sample: Callable[..., tf.Tensor]
    latent_shape: tuple[int, ...]
    num_classes: int = 0
    sequence_length: int = 0
    assemble: Callable[[Networks], keras.Model] | None = None
    truncation: Callable[[float], Sample] | None = None

    @property
    def kind(self) -> str:
        """What a batch calls what it makes."""
        return "sequence" if self.sequence_length else "images"


def image_generator(network: keras.Model, num_classes: int = 0) -> Generator:
    """A single network; where it has two inputs, the second is the labels."""

    def sample(
        networks: Networks, latents: tf.Tensor, labels: tf.Tensor | None, steps: int | None
    ) -> tf.Tensor:
        return call(networks["generator"], latents, labels, training=False)

    return Generator(
        networks={"generator": network},
        generate=lambda latents, labels, _: call(network, latents, labels, training=True),
        sample=sample,
        latent_shape=tuple(network.inputs[0].shape[1:]),
        num_classes=num_classes,
    )


class Regularizer(NamedTuple):
    """What the generator pays beside the game.

    Attributes:
        cost: (batch, context) -> scalar, and what is logged.
        networks: what it remembers, by name; nobody trains them.
    """

    cost: Callable[[Batch, Context], tuple[tf.Tensor, Logs]]
    networks: Networks


class Pass(NamedTuple):
    """One forward pass: its real data, and what each discriminator saw and said."""

    batch: Batch
    seen: dict[str, Comparison]


def gan(
    generator: Generator,
    discriminators: Networks,
    terms: Sequence[Term],
    game: Game,
    *,
    combine: Combine | None = None,
    views: Mapping[str, View] | None = None,
    regularizers: Sequence[Regularizer] = (),
) -> Model:
    """A generator against discriminators; each is a player, and one fake batch serves them all.

    The labels of a batch are those of its fakes too, so that classes are generated as often as the
    data has them.

    Args:
        discriminators: name -> network from images, or images and labels, to logits, to [logits,
            class logits], or to the parts of an `Output` by their names.
        terms: what either side pays; the costs of a side are added up.
        combine: how the generator's losses against several discriminators become one; None: sum.
        views: name -> what this discriminator sees; None: each sees what `game` says.
        regularizers: what the generator pays besides.
    """
    sees = views or dict.fromkeys(discriminators, view(game.loss, game.augment))
    clip_weights(discriminators, game.loss)

    def forward(batch: Batch, context: Context) -> Pass:
        real, labels = _items(batch, generator.kind), batch.get("labels")
        latents = context.noise.normal("latents", (real.shape[0], *generator.latent_shape))
        fake = generator.generate(latents, labels, context.noise.branch("generate"))
        seen = {
            name: compare(network, sees[name], real, fake, labels, context.branch(name))._replace(
                latents=latents
            )
            for name, network in discriminators.items()
        }
        return Pass(batch, seen)

    def of_discriminators(made: Pass, context: Context) -> tuple[dict[str, tf.Tensor], Logs]:
        return discriminator_losses(terms, made.seen, context, game.adaptive)

    def of_generator(made: Pass, context: Context) -> tuple[dict[str, tf.Tensor], Logs]:
        loss, logs = generator_loss(terms, made.seen, context, combine), Logs()
        for each in regularizers:
            cost, own = each.cost(made.batch, context)
            loss, logs = loss + cost, logs | own
        return {"generator": loss}, logs

    return Model(
        networks={
            **generator.networks,
            **discriminators,
            **{name: each for one in regularizers for name, each in one.networks.items()},
        },
        players={
            "generator": tuple(generator.networks),
            **{name: (name,) for name in discriminators},
        },
        sampler=tuple(generator.networks),
        phases=adversarial_phases(
            forward,
            {("generator",): of_generator, tuple(discriminators): of_discriminators},
            game.loss.discriminator_steps,
        ),
        latent_shape=generator.latent_shape,
        sampling=generator.sample,
        assemble=generator.assemble,
        truncation=generator.truncation,
        num_classes=generator.num_classes,
        sequence_length=generator.sequence_length,
    )


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
    return combine(against) if combine else sum_in_order(against)


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
    bound = loss.weight_clip
    if bound is None:
        return
    for network in networks.values():
        for variable in network.trainable_variables:
            variable.constraint = lambda value: tf.clip_by_value(value, -bound, bound)


def _items(batch: Batch, kind: str) -> tf.Tensor:
    return batch[kind]  # type: ignore[literal-required]


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
