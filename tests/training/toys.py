"""Models without networks, whose images tell what they were made from."""

from __future__ import annotations

import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.objectives.model import Autoencoder, Model


class Toy(Model):
    """Grey noise."""

    latent_shape = (64,)

    def sample(
        self, latents: tf.Tensor, labels: tf.Tensor | None = None, steps: int | None = None
    ) -> tf.Tensor:
        return tf.reshape(tf.tanh(latents), [-1, 8, 8, 1])


class Labelled(Toy):
    """Noise whose first pixel is level 50 times the class."""

    num_classes = 5

    def sample(
        self, latents: tf.Tensor, labels: tf.Tensor | None = None, steps: int | None = None
    ) -> tf.Tensor:
        level = tf.cast(labels, tf.float32)[:, None] * 50.0 / 127.5 - 1.0
        return super().sample(
            tf.concat([tf.atanh(tf.clip_by_value(level, -0.9999, 0.9999)), latents[:, 1:]], axis=1)
        )


class Sequences(Toy):
    """The first frame is noise, and every other one is the negative of the frame before."""

    sequence_length = 4

    def sample(
        self, latents: tf.Tensor, labels: tf.Tensor | None = None, steps: int | None = None
    ) -> tf.Tensor:
        frame = super().sample(latents)
        return tf.stack(
            [frame if step % 2 == 0 else -frame for step in range(steps or self.sequence_length)],
            axis=1,
        )


class Negative(Toy, Autoencoder):
    """Reconstructions are the negatives of images."""

    def reconstruct(self, images: tf.Tensor) -> tf.Tensor:
        return -images

    def bound(self, images: tf.Tensor, noise: Noise) -> tf.Tensor:
        return -tf.ones([tf.shape(images)[0]])
