"""Image sequences from one latent: the states of a recurrent cell, each shown as a frame, for a
game or for an autoencoder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from gan_cli.base.spec import Batch, DataSpec
from gan_cli.config.models import SequenceGan, SequenceVae
from gan_cli.models.base import Game
from gan_cli.models.gan import Gan
from gan_cli.models.vae import VaeModel
from gan_cli.networks import recurrent as networks
from gan_cli.objectives.likelihoods import LIKELIHOODS, Likelihood

Networks = Mapping[str, keras.Model]
UNROLLED = ("start", "cell", "frames")
"""The networks that make a sequence of a latent."""
SETTLING = 4
"""Steps of the cell before the first frame: what the latent starts is not yet what the cell keeps
in motion.
"""


class SequenceGanModel(Gan):
    """A generator of sequences against one that judges them whole, in the game of any `Gan`.

    The generator is a recurrent cell started by the latent and a convolutional network that shows
    its states, as in MoCoGAN (Tulyakov et al. 2018, section 3), but without noise at each step: a
    latent is a sequence, of any length.
    """

    def __init__(
        self, generator: Networks, discriminator: keras.Model, game: Game, length: int
    ) -> None:
        super().__init__(generator["start"], {"discriminator": discriminator}, game)
        self.networks = {**generator, "discriminator": discriminator}
        self.players = {"generator": UNROLLED, "discriminator": ("discriminator",)}
        self.sampler = UNROLLED
        self.default_steps = length

    def _real(self, batch: Batch) -> tf.Tensor:
        return batch["sequence"]

    def _generate(self, latents: tf.Tensor, labels: tf.Tensor | None) -> tf.Tensor:
        (sequence,) = unrolled(self.networks, latents, self.default_steps)
        return sequence

    def sample(
        self, latents: tf.Tensor, labels: tf.Tensor | None = None, steps: int | None = None
    ) -> tf.Tensor:
        return played(self.networks, latents, steps or self.default_steps)


class SequenceVaeModel(VaeModel):
    """An autoencoder of sequences: a GRU reads the frames, a recurrent cell started by the latent
    makes them again.

    The bound is that of `VaeModel`, in nats per sequence. As in the model of Srivastava et al.
    (2015, section 2.3), the decoder does not see the frames that it has made; other than there the
    code is a distribution.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: Networks,
        likelihood: Likelihood,
        length: int,
        *,
        beta: float,
        warmup_steps: int,
    ) -> None:
        super().__init__(
            encoder, decoder["start"], likelihood, beta=beta, warmup_steps=warmup_steps
        )
        self.networks = {"encoder": encoder, **decoder}
        self.players = {"autoencoder": ("encoder", *UNROLLED)}
        self.sampler = ("encoder", *UNROLLED)
        self.default_steps = length

    def _real(self, batch: Batch) -> tf.Tensor:
        return batch["sequence"]

    def _decode(self, latents: tf.Tensor, training: bool) -> list[tf.Tensor]:
        return unrolled(self.networks, latents, self.default_steps, training)

    def sample(
        self, latents: tf.Tensor, labels: tf.Tensor | None = None, steps: int | None = None
    ) -> tf.Tensor:
        return self._likelihood.image(played(self.networks, latents, steps or self.default_steps))


def unrolled(
    generator: Networks, latents: tf.Tensor, steps: int, training: bool = True
) -> list[tf.Tensor]:
    """Latents [B, L] -> each output of `frames` [B, steps, ...], all frames made at once: quick,
    and of a bounded length.
    """
    states = [_first(generator, latents, training)]
    for _ in range(steps - 1):
        states.append(generator["cell"](states[-1], training=training))
    together = tf.reshape(tf.stack(states, axis=1), (-1, *states[0].shape[1:]))
    outputs = tf.nest.flatten(generator["frames"](together, training=training))
    return [tf.reshape(output, (-1, steps, *output.shape[1:])) for output in outputs]


def played(generator: Networks, latents: tf.Tensor, steps: int) -> tf.Tensor:
    """Latents [B, L] -> the first output of `frames` [B, steps, H, W, C] in inference mode, made
    one by one.

    Memory grows by the frame alone, and a longer sequence begins with the shorter one.
    """

    def show(
        index: tf.Tensor, state: tf.Tensor, shown: tf.TensorArray
    ) -> tuple[tf.Tensor, tf.Tensor, tf.TensorArray]:
        picture, *_ = tf.nest.flatten(generator["frames"](state, training=False))
        return index + 1, generator["cell"](state, training=False), shown.write(index, picture)

    shown = tf.TensorArray(tf.float32, steps, element_shape=generator["frames"].outputs[0].shape)
    first = tf.constant(0), _first(generator, latents, training=False), shown
    _, _, shown = tf.while_loop(lambda index, *_: index < steps, show, first, parallel_iterations=1)
    return tf.transpose(shown.stack(), (1, 0, 2, 3, 4))


def _first(generator: Networks, latents: tf.Tensor, training: bool) -> tf.Tensor:
    """The state of the first frame."""
    state = generator["start"](latents, training=training)
    for _ in range(SETTLING):
        state = generator["cell"](state, training=training)
    return state


def sequence_gan(options: SequenceGan, spec: DataSpec, game: Game) -> SequenceGanModel:
    """The model for sequences of `spec`; with `game.loss.pack` the discriminator sees that many at
    a time.
    """
    height, width, channels = spec.image_shape
    generator = _generator(options, spec, "batch", activation="tanh")
    discriminator = networks.discriminator(
        spec.sequence_length,
        (height, width, channels * game.loss.pack),
        width=options.discriminator_width or options.width,
        hidden=options.hidden,
        norm=options.discriminator_norm,
        dropout=options.dropout,
    )
    return SequenceGanModel(generator, discriminator, game, spec.sequence_length)


def sequence_vae(options: SequenceVae, spec: DataSpec, game: Game) -> SequenceVaeModel:
    """The model for sequences of `spec`; there is no game to play."""
    likelihood = LIKELIHOODS[options.likelihood]
    encoder = networks.encoder(
        spec.sequence_length,
        spec.image_shape,
        latent_dim=options.latent_dim,
        width=options.width,
        hidden=options.hidden,
    )
    scale = options.scale if likelihood.scaled else None
    decoder = _generator(
        options,
        spec,
        "none",
        activation=likelihood.activation,
        scale=scale,
        learn_scale=options.learn_scale,
    )
    return SequenceVaeModel(
        encoder,
        decoder,
        likelihood,
        spec.sequence_length,
        beta=options.beta,
        warmup_steps=options.warmup_steps,
    )


def _generator(
    options: SequenceGan | SequenceVae, spec: DataSpec, norm: str, **output: Any
) -> dict[str, keras.Model]:
    state = networks.state_shape(spec.image_shape, options.state_channels)
    return {
        "start": networks.start(state, latent_dim=options.latent_dim, norm=norm),
        "cell": networks.cell(state),
        "frames": networks.frames(state, spec.image_shape, width=options.width, **output),
    }
