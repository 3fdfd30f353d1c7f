"""What a discriminator sees of an image, real or generated: changed, noisy, in packs."""

from __future__ import annotations

import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.config.schema import Loss
from gan_cli.data.pipeline.augment import Transform


class Sight:
    """Images [B, H, W, C] -> what is judged [B / pack, H, W, pack * C]: changes, then instance
    noise, then packs.

    Instance noise (Sønderby et al. 2017, section 3.3) is normal, of standard deviation
    `loss.instance_noise` at step 0 and falls linearly to 0 at `loss.instance_noise_steps`. Packs
    are those of Lin et al. (2018, section 3).

    Args:
        draws: batches of one training step, by which the step is known from the noise's counter.
    """

    def __init__(self, loss: Loss, draws: int, *changes: Transform | None) -> None:
        self._changes = [change for change in changes if change]
        self._deviation, self._steps = loss.instance_noise, loss.instance_noise_steps
        self._pack, self._draws = loss.pack, draws

    def __call__(self, images: tf.Tensor, noise: Noise) -> tf.Tensor:
        for number, change in enumerate(self._changes):
            images = change(images, noise.branch(f"change_{number}"))
        if self._deviation:
            images += self._deviation_at(noise.step // self._draws) * noise.normal(
                "instance", images.shape
            )
        return packed(images, self._pack) if self._pack > 1 else images

    def _deviation_at(self, step: tf.Tensor) -> tf.Tensor:
        if self._steps is None:
            return tf.constant(self._deviation)
        left = 1.0 - tf.cast(step, tf.float32) / self._steps
        return self._deviation * tf.maximum(left, 0.0)


def packed(images: tf.Tensor, count: int) -> tf.Tensor:
    """[B, H, W, C] -> [B / count, H, W, count * C]: pack i holds images i * count to (i + 1) *
    count - 1.
    """
    batch, *size, channels = images.shape
    grouped = tf.reshape(images, (batch // count, count, *size, channels))
    last = len(grouped.shape) - 1
    order = [0, *range(2, last), 1, last]
    return tf.reshape(tf.transpose(grouped, order), (batch // count, *size, count * channels))
