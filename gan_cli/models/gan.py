"""The adversarial pair of Goodfellow et al. (2014): one forward, one fake batch, two losses."""

from __future__ import annotations

import keras
import tensorflow as tf

from gan_cli.config import Dcgan, Loss
from gan_cli.errors import ConfigError
from gan_cli.losses import ADVERSARIAL
from gan_cli.models.base import Model, Phase
from gan_cli.networks import dcgan as networks
from gan_cli.randomness import Noise
from gan_cli.spec import Batch, DataSpec, Logs


class Gan(Model):
    """A generator against one discriminator."""

    def __init__(self, generator: keras.Model, discriminator: keras.Model, loss: Loss) -> None:
        self.networks = {"generator": generator, "discriminator": discriminator}
        self.players = {"generator": ("generator",), "discriminator": ("discriminator",)}
        self.sampler = ("generator",)
        self.phases = (Phase(self._losses, trains=("generator", "discriminator")),)
        self.latent_shape = generator.input_shape[1:]
        self._adversarial = ADVERSARIAL[loss.name]
        if loss.weight_clip:
            _clip_weights(discriminator, loss.weight_clip)

    def _losses(self, batch: Batch, noise: Noise) -> tuple[dict[str, tf.Tensor], Logs]:
        generator, discriminator = self.networks["generator"], self.networks["discriminator"]
        real = batch["images"]
        fake = generator(noise.normal("latents", (real.shape[0], *self.latent_shape)), training=True)
        real_logits, fake_logits = discriminator(real, training=True), discriminator(fake, training=True)
        losses = {
            "generator": self._adversarial.generator(real_logits, fake_logits),
            "discriminator": self._adversarial.discriminator(real_logits, fake_logits),
        }
        logs = {"logits_real": tf.reduce_mean(real_logits), "logits_fake": tf.reduce_mean(fake_logits)}
        # The share of pairs that the discriminator orders rightly: it means the same for every loss.
        logs["ordered"] = tf.reduce_mean(tf.cast(real_logits > fake_logits, tf.float32))
        return losses, logs

    def sample(self, latents: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        return self.networks["generator"](latents, training=False)


def _clip_weights(network: keras.Model, bound: float) -> None:
    """Keep every weight in [-bound, bound] (Arjovsky et al. 2017, algorithm 1); optimizers apply constraints themselves."""
    for variable in network.trainable_variables:
        variable.constraint = lambda value: tf.clip_by_value(value, -bound, bound)


def dcgan(options: Dcgan, spec: DataSpec, loss: Loss) -> Gan:
    """The convolutional pair of `gan_cli.networks.dcgan` for images of `spec`."""
    if spec.sequence_length:
        raise ConfigError(f"model=dcgan makes single images; the data holds {spec}")
    generator = networks.generator(
        spec.image_shape, latent_dim=options.latent_dim, width=options.width, kernel_size=options.kernel_size
    )
    discriminator = networks.discriminator(
        spec.image_shape,
        width=options.discriminator_width or options.width,
        depth=options.discriminator_depth,
        kernel_size=options.kernel_size,
        dropout=options.dropout,
        norm=options.discriminator_norm,
    )
    return Gan(generator, discriminator, loss)
