"""The adversarial game of Goodfellow et al. (2014), for one discriminator or several, with or
without labels: a generator, discriminators, and a list of terms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gan_cli.base.lazy import keras, np, tf
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Batch, Logs
from gan_cli.data.pipeline.augment import Transform
from gan_cli.objectives.augmentation.views import View, view
from gan_cli.objectives.model import Context, Model, Networks
from gan_cli.objectives.options import Loss
from gan_cli.objectives.sides import (
    Combine,
    adversarial_phases,
    call,
    clip_weights,
    compare,
    discriminator_losses,
    generator_loss,
)
from gan_cli.objectives.space import Styles
from gan_cli.objectives.terms import Comparison, Term

if TYPE_CHECKING:
    from gan_cli.objectives.augmentation.ada import Adaptive


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
        captions: see `Model`; a generator that has them is given captions in the place of labels.
        sequence_length: frames; 0: it makes single images.
        assemble: (networks) -> one keras.Model that makes images of latents; None: there is one.
        styles: see `Model`.
    """

    networks: Networks
    generate: Callable[[tf.Tensor, tf.Tensor | None, Noise], tf.Tensor]
    sample: Callable[..., tf.Tensor]
    latent_shape: tuple[int, ...]
    num_classes: int = 0
    captions: np.ndarray | None = None
    sequence_length: int = 0
    assemble: Callable[[Networks], keras.Model] | None = None
    styles: Styles | None = None

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
        variables: name -> what it remembers from step to step.
    """

    cost: Callable[[Batch, Context], tuple[tf.Tensor, Logs]]
    variables: Mapping[str, tf.Variable]


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

    The labels of a batch, or its captions, are those of its fakes too, so that classes are
    generated as often as the data has them.

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
        told = "labels" if generator.captions is None else "captions"
        real, labels = _items(batch, generator.kind), batch.get(told)
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
        networks={**generator.networks, **discriminators},
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
        styles=generator.styles,
        variables={name: each for one in regularizers for name, each in one.variables.items()},
        num_classes=generator.num_classes,
        captions=generator.captions,
        sequence_length=generator.sequence_length,
    )


def _items(batch: Batch, kind: str) -> tf.Tensor:
    return batch[kind]  # type: ignore[literal-required]
