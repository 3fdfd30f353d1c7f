"""What a discriminator sees of an image, real or generated: changed, noisy, in packs."""

from __future__ import annotations

from collections.abc import Callable

from gan_cli.base.lazy import tf
from gan_cli.data.pipeline.augment import Transform
from gan_cli.objectives.model import Context
from gan_cli.objectives.options import Loss

View = Callable[["tf.Tensor", Context], "tf.Tensor"]
"""Images [B, H, W, C] -> what the discriminator sees [B / pack, H, W, pack * C]."""


def view(loss: Loss, *changes: Transform | None) -> View:
    """Changes, then instance noise, then packs.

    Instance noise (Sønderby et al. 2017, section 3.3) is normal, of standard deviation
    `loss.instance_noise` at step 0 and falls linearly to 0 at `loss.instance_noise_steps`. Packs
    are those of Lin et al. (2018, section 3).
    """
    wanted = [change for change in changes if change]

    def seen(images: tf.Tensor, context: Context) -> tf.Tensor:
        for number, change in enumerate(wanted):
            images = change(images, context.noise.branch(f"change_{number}"))
        if loss.instance_noise:
            images += _deviation(loss, context.step) * context.noise.normal(
                "instance", images.shape
            )
        return packed(images, loss.pack) if loss.pack > 1 else images

    return seen


def packed(images: tf.Tensor, count: int) -> tf.Tensor:
    """[B, H, W, C] -> [B / count, H, W, count * C]: pack i holds images i * count to (i + 1) *
    count - 1.
    """
    batch, *size, channels = images.shape
    grouped = tf.reshape(images, (batch // count, count, *size, channels))
    last = len(grouped.shape) - 1
    order = [0, *range(2, last), 1, last]
    return tf.reshape(tf.transpose(grouped, order), (batch // count, *size, count * channels))


def _deviation(loss: Loss, step: tf.Tensor) -> tf.Tensor:
    if loss.instance_noise_steps is None:
        return tf.constant(loss.instance_noise)
    left = 1.0 - tf.cast(step, tf.float32) / loss.instance_noise_steps
    return loss.instance_noise * tf.maximum(left, 0.0)
