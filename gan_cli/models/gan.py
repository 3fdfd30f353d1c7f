"""The adversarial game of Goodfellow et al. (2014), for one discriminator or several, with or
without labels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import keras
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Batch, Logs
from gan_cli.models.base import Game, Model, Phase
from gan_cli.objectives.losses import smoothed
from gan_cli.objectives.penalised import Penalties
from gan_cli.objectives.sight import Sight

Combine = Callable[[list[tf.Tensor]], tf.Tensor]
"""The losses that the discriminators give the generator -> the one that it has."""


class Verdict(NamedTuple):
    """What a discriminator says of images: logits [B, 1] and, where it also names classes, logits
    of these [B, K].
    """

    logits: tf.Tensor
    classes: tf.Tensor | None = None


class Play(NamedTuple):
    """One discriminator's round: what it saw, and what it said of it."""

    real: tf.Tensor
    fake: tf.Tensor
    of_real: Verdict
    of_fake: Verdict


class Gan(Model):
    """A generator against discriminators; each is a player, and one fake batch serves them all.

    The labels of a batch are those of its fakes too, so that the classes are generated as often as
    they are in the data.

    Args:
        discriminators: name -> network; where it has two inputs the second is the labels.
        combine: how the generator's losses against several discriminators become one.
        views: name -> change to what this discriminator alone sees, after `game.view`.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminators: Mapping[str, keras.Model],
        game: Game,
        *,
        num_classes: int = 0,
        combine: Combine = tf.add_n,
        views: Mapping[str, Sight] | None = None,
    ) -> None:
        loss = game.loss
        self.networks = {"generator": generator, **discriminators}
        self.players = {name: (name,) for name in self.networks}
        self.sampler = ("generator",)
        self.latent_shape = tuple(generator.inputs[0].shape[1:])
        self.num_classes = num_classes
        self._critics = tuple(discriminators)
        self._told = {name for name, network in self.networks.items() if len(network.inputs) == 2}
        self.phases = self._phases(loss.discriminator_steps)
        draws = sum(phase.repeats for phase in self.phases)
        self._adversarial, self._combine = smoothed(loss.name, loss.label_smoothing), combine
        self._sight = views or dict.fromkeys(self._critics, Sight(loss, draws, game.view))
        self._penalties = Penalties(loss, draws)
        if loss.weight_clip:
            for network in discriminators.values():
                _clip_weights(network, loss.weight_clip)

    def _phases(self, discriminator_steps: int) -> tuple[Phase, ...]:
        """One phase for all; with more updates of the discriminators than of the generator, a phase
        for each side.
        """
        if discriminator_steps == 1:
            return (Phase(self._losses, trains=("generator", *self._critics)),)
        return (
            Phase(self._discriminator_losses, trains=self._critics, repeats=discriminator_steps),
            Phase(self._generator_losses, trains=("generator",)),
        )

    def _losses(self, batch: Batch, noise: Noise) -> tuple[dict[str, tf.Tensor], Logs]:
        plays = self._played(batch, noise)
        losses, logs = self._losses_of_critics(plays, batch, noise)
        return {"generator": self._loss_of_generator(plays, batch)} | losses, logs

    def _discriminator_losses(
        self, batch: Batch, noise: Noise
    ) -> tuple[dict[str, tf.Tensor], Logs]:
        return self._losses_of_critics(self._played(batch, noise), batch, noise)

    def _generator_losses(self, batch: Batch, noise: Noise) -> tuple[dict[str, tf.Tensor], Logs]:
        return {"generator": self._loss_of_generator(self._played(batch, noise), batch)}, {}

    def _played(self, batch: Batch, noise: Noise) -> dict[str, Play]:
        """One forward pass of everything."""
        real, labels = self._real(batch), batch.get("labels")
        fake = self._generate(noise.normal("latents", (real.shape[0], *self.latent_shape)), labels)
        return {name: self._play(name, real, fake, labels, noise) for name in self._critics}

    def _real(self, batch: Batch) -> tf.Tensor:
        return batch["images"]

    def _generate(self, latents: tf.Tensor, labels: tf.Tensor | None) -> tf.Tensor:
        return self._call("generator", latents, labels, training=True)

    def _play(
        self, name: str, real: tf.Tensor, fake: tf.Tensor, labels: tf.Tensor | None, noise: Noise
    ) -> Play:
        see, own = self._sight[name], noise.branch(name)
        real, fake = see(real, own.branch("real")), see(fake, own.branch("fake"))
        return Play(real, fake, self._judge(name, real, labels), self._judge(name, fake, labels))

    def _judge(self, name: str, images: tf.Tensor, labels: tf.Tensor | None) -> Verdict:
        return Verdict(self._call(name, images, labels, training=True))

    def _loss_of_generator(self, plays: Mapping[str, Play], batch: Batch) -> tf.Tensor:
        return self._combine([self._against(play, batch) for play in plays.values()])

    def _against(self, play: Play, batch: Batch) -> tf.Tensor:
        """The generator's loss against one discriminator."""
        return self._adversarial.generator(play.of_real.logits, play.of_fake.logits)

    def _loss_of_critic(self, play: Play, batch: Batch) -> tf.Tensor:
        return self._adversarial.discriminator(play.of_real.logits, play.of_fake.logits)

    def _losses_of_critics(
        self, plays: Mapping[str, Play], batch: Batch, noise: Noise
    ) -> tuple[dict[str, tf.Tensor], Logs]:
        labels = batch.get("labels")
        losses, logs = {}, _logs(plays)
        for name, play in plays.items():
            judge = lambda images, name=name: self._judge(name, images, labels).logits  # noqa: E731
            penalty, norms = self._penalties(judge, play.real, play.fake, noise.branch(name))
            losses[name] = self._loss_of_critic(play, batch) + penalty
            own = norms | self._logs_of(play, batch)
            logs |= {
                f"{log}{name.removeprefix('discriminator')}": value for log, value in own.items()
            }
        return losses, logs

    def _logs_of(self, play: Play, batch: Batch) -> Logs:
        """What else there is to say of one discriminator."""
        return {}

    def sample(
        self, latents: tf.Tensor, labels: tf.Tensor | None = None, steps: int | None = None
    ) -> tf.Tensor:
        return self._call("generator", latents, labels, training=False)

    def _call(self, name: str, x: tf.Tensor, labels: tf.Tensor | None, training: bool) -> tf.Tensor:
        """A network's output; it is told the labels where it has an input for them."""
        return self.networks[name]([x, labels] if name in self._told else x, training=training)


def _logs(plays: Mapping[str, Play]) -> Logs:
    """Means over the discriminators."""
    real = tf.stack([play.of_real.logits for play in plays.values()])
    fake = tf.stack([play.of_fake.logits for play in plays.values()])
    # The share of pairs that a discriminator orders rightly: it means the same for every loss.
    ordered = tf.reduce_mean(tf.cast(real > fake, tf.float32))
    return {
        "logits_real": tf.reduce_mean(real),
        "logits_fake": tf.reduce_mean(fake),
        "ordered": ordered,
    }


def _clip_weights(network: keras.Model, bound: float) -> None:
    """Keep every weight in [-bound, bound] (Arjovsky et al. 2017, algorithm 1); optimizers apply
    constraints themselves.
    """
    for variable in network.trainable_variables:
        variable.constraint = lambda value: tf.clip_by_value(value, -bound, bound)
