"""Models without networks, whose images tell what they were made from."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.objectives.model import Model, Networks, Sample

FRAMES = 4


def grey_noise(
    networks: Networks, latents: tf.Tensor, labels: tf.Tensor | None, steps: int | None
) -> tf.Tensor:
    return tf.reshape(tf.tanh(latents), [-1, 8, 8, 1])


def no_network(networks: Networks) -> keras.Model:
    raise NotImplementedError


class Toy(Model):
    """Grey noise."""

    def __init__(self, sampling: Sample = grey_noise, **facts: Any) -> None:
        super().__init__(
            networks={},
            players={},
            sampler=(),
            phases=(),
            latent_shape=(64,),
            sampling=sampling,
            assemble=no_network,
            **facts,
        )


class Labelled(Toy):
    """Noise whose first pixel is level 50 times the class."""

    def __init__(self) -> None:
        def sampling(
            networks: Networks, latents: tf.Tensor, labels: tf.Tensor | None, steps: int | None
        ) -> tf.Tensor:
            level = tf.cast(labels, tf.float32)[:, None] * 50.0 / 127.5 - 1.0
            first = tf.atanh(tf.clip_by_value(level, -0.9999, 0.9999))
            return grey_noise(networks, tf.concat([first, latents[:, 1:]], axis=1), None, None)

        super().__init__(sampling, num_classes=5)


class Sequences(Toy):
    """The first frame is noise, and every other one is the negative of the frame before."""

    def __init__(self) -> None:
        def sampling(
            networks: Networks, latents: tf.Tensor, labels: tf.Tensor | None, steps: int | None
        ) -> tf.Tensor:
            frame = grey_noise(networks, latents, None, None)
            signs = [1.0 if step % 2 == 0 else -1.0 for step in range(steps or FRAMES)]
            return tf.stack([sign * frame for sign in signs], axis=1)

        super().__init__(sampling, sequence_length=FRAMES)


class Negative(Toy):
    """Reconstructions are the negatives of images."""

    def __init__(self) -> None:
        def bound(networks: Networks, images: tf.Tensor, noise: Noise) -> tf.Tensor:
            return -tf.ones([tf.shape(images)[0]])

        def negative(networks: Networks, images: tf.Tensor) -> tf.Tensor:
            return tf.reshape(-images, [-1, 64])

        def sampling(
            networks: Networks, latents: tf.Tensor, labels: tf.Tensor | None, steps: int | None
        ) -> tf.Tensor:
            return tf.reshape(latents, [-1, 8, 8, 1])

        super().__init__(sampling, encoding=negative, evidence_bound=bound)
