"""Image sequences from one latent: the states of a recurrent cell, each shown as a frame.

A recurrent cell is started by the latent and a convolutional network shows its states, as in
MoCoGAN (Tulyakov et al. 2018, section 3), but without noise at each step: a latent is a sequence,
of any length.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.objectives.autoencoder import Decoder
from gan_cli.objectives.gan import Generator
from gan_cli.objectives.model import Networks

SETTLING = 4
"""Steps of the cell before the first frame: what the latent starts is not yet what the cell keeps
in motion.
"""


def sequence_generator(networks: Networks, length: int) -> Generator:
    """The networks `start`, `cell` and `frames` as a generator of sequences."""

    def generate(latents: tf.Tensor, labels: tf.Tensor | None, noise: Noise) -> tf.Tensor:
        (sequence,) = unrolled(networks, latents, length)
        return sequence

    return Generator(
        networks=networks,
        generate=generate,
        sample=lambda networks, latents, labels, steps: played(networks, latents, steps or length),
        latent_shape=tuple(networks["start"].inputs[0].shape[1:]),
        assemble=lambda networks: _assembled(networks, length),
        sequence_length=length,
    )


def sequence_decoder(networks: Networks, length: int) -> Decoder:
    """The same networks as the decoder of an autoencoder; as in the model of Srivastava et al.
    (2015, section 2.3) it does not see the frames that it has made.
    """
    return Decoder(
        networks=networks,
        decode=lambda networks, latents, training: unrolled(networks, latents, length, training),
        show=lambda networks, latents, labels, steps: played(networks, latents, steps or length),
        latent_shape=tuple(networks["start"].input_shape[1:]),
        assemble=lambda networks: _assembled(networks, length),
        sequence_length=length,
    )


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


def _assembled(networks: Networks, length: int) -> keras.Model:
    """One network from latents [B, L] to sequences of a fixed length [B, length, H, W, C]."""
    latents = keras.Input(networks["start"].input_shape[1:], name="latents")
    state, shown = _first(networks, latents, training=False), []
    for _ in range(length):
        picture, *_ = tf.nest.flatten(networks["frames"](state, training=False))
        shown.append(keras.layers.Reshape((1, *picture.shape[1:]))(picture))
        state = networks["cell"](state, training=False)
    return keras.Model(latents, keras.layers.Concatenate(axis=1)(shown), name="generator")
