"""VAE-GAN (Larsen et al. 2016): an autoencoder whose images are compared in the features of its own
discriminator.
"""

from __future__ import annotations

from typing import NamedTuple

import keras
import tensorflow as tf

from gan_cli.base.errors import ConfigError
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Batch, DataSpec, Logs
from gan_cli.config.models import VaeGan
from gan_cli.models import dcgan
from gan_cli.models.base import Autoencoder, Game, Phase
from gan_cli.models.gan import Gan, Play, Verdict
from gan_cli.networks.autoencoder import encoder
from gan_cli.networks.perceptual import Perceptual, asked
from gan_cli.objectives.likelihoods import kl_divergence


class Round(NamedTuple):
    """One forward pass.

    Attributes:
        play: what the discriminator saw and said; the fakes are the reconstructions, then the
            samples.
        kl: KL(q(z|x) || p(z)) of an image in nats, the mean of the batch.
        distances: name -> of an image and its reconstruction, in nats, the mean of the batch. The
            first is
            -log p(Dis_l(x)|z), without what no weight changes.
        elements: how many features an image has.
    """

    play: Play
    kl: tf.Tensor
    distances: Logs
    elements: float


class VaeGanModel(Gan, Autoencoder):
    """Three players: encoder, generator (the decoder) and discriminator (algorithm 1).

    The features of a reconstruction are normal about those of its image, with unit variance (eq. 7
    and 8). The losses of encoder and generator are divided by the number of features, which gives
    `beta` and `gamma` the same meaning at every size of image; a constant factor is nothing to
    Adam.

    Reconstructions and samples share the weight that Goodfellow et al. give the fakes, where
    algorithm 1 counts each as much
    as the real images: only so has every adversarial loss its balance.

    Args:
        discriminator: images -> [logits, features].
        gamma: weight of the reconstruction beside the game, for the generator (eq. 9).
        beta: weight of the divergence, for the encoder; 1 in the paper.
        perceptual: a second distance between images and reconstructions, and its weight.
    """

    def __init__(
        self,
        encoder: keras.Model,
        generator: keras.Model,
        discriminator: keras.Model,
        game: Game,
        *,
        gamma: float = 1.0,
        beta: float = 1.0,
        perceptual: Perceptual | None = None,
    ) -> None:
        super().__init__(generator, {"discriminator": discriminator}, game)
        self.networks = {"encoder": encoder, **self.networks}
        self.players = {"encoder": ("encoder",), **self.players}
        self.sampler = ("encoder", "generator")  # reconstructions need the encoder too
        self._gamma, self._beta, self._perceptual = gamma, beta, perceptual

    def prepare(self) -> None:
        if self._perceptual:
            self._perceptual.load()

    def _phases(self, discriminator_steps: int) -> tuple[Phase, ...]:
        makers = ("encoder", "generator")
        if discriminator_steps == 1:
            return (Phase(self._losses, trains=(*makers, "discriminator")),)
        return (
            Phase(
                self._discriminator_losses, trains=("discriminator",), repeats=discriminator_steps
            ),
            Phase(self._generator_losses, trains=makers),
        )

    def _losses(self, batch: Batch, noise: Noise) -> tuple[dict[str, tf.Tensor], Logs]:
        found = self._round(batch["images"], noise)
        losses, logs = self._losses_of_critics({"discriminator": found.play}, batch, noise)
        makers, terms = self._losses_of_makers(found, batch)
        return makers | losses, terms | logs

    def _generator_losses(self, batch: Batch, noise: Noise) -> tuple[dict[str, tf.Tensor], Logs]:
        return self._losses_of_makers(self._round(batch["images"], noise), batch)

    def _played(self, batch: Batch, noise: Noise) -> dict[str, Play]:
        return {"discriminator": self._round(batch["images"], noise).play}

    def _losses_of_makers(self, found: Round, batch: Batch) -> tuple[dict[str, tf.Tensor], Logs]:
        distance = sum(found.distances.values())
        losses = {
            "encoder": (distance + self._beta * found.kl) / found.elements,
            "generator": self._gamma * distance / found.elements + self._against(found.play, batch),
        }
        return losses, {"kl": found.kl, **found.distances}

    def _round(self, images: tf.Tensor, noise: Noise) -> Round:
        mean, log_variance = self.networks["encoder"](images, training=True)
        latents = mean + tf.exp(0.5 * log_variance) * noise.normal("posterior", mean.shape)
        both = tf.concat([latents, noise.normal("latents", mean.shape)], axis=0)
        reconstructed, sampled = tf.split(self.networks["generator"](both, training=True), 2)
        play, of_image, of_reconstruction = self._compared(images, reconstructed, sampled, noise)
        distances = {
            "distance": 0.5
            * tf.reduce_sum(tf.square(of_image - of_reconstruction))
            / images.shape[0]
        }
        if self._perceptual:
            distances["features"] = tf.reduce_mean(self._perceptual(images, reconstructed))
        return Round(
            play,
            tf.reduce_mean(kl_divergence(mean, log_variance)),
            distances,
            _elements(of_image, images),
        )

    def _compared(
        self, images: tf.Tensor, reconstructed: tf.Tensor, sampled: tf.Tensor, noise: Noise
    ) -> tuple[Play, tf.Tensor, tf.Tensor]:
        """The play, and the features of images and of reconstructions.

        The discriminator judges all three in one batch, so that batch normalization measures them
        by the same ruler; and an image and its reconstruction change alike on their way to it.
        """
        see = self._sight["discriminator"]
        real, again = see(images, noise.branch("real")), see(reconstructed, noise.branch("real"))
        fake = tf.concat([again, see(sampled, noise.branch("fake"))], axis=0)
        logits, features = self.networks["discriminator"](
            tf.concat([real, fake], axis=0), training=True
        )
        of_real, of_again, of_sampled = tf.split(logits, 3)
        of_image, of_reconstruction, _ = tf.split(tf.cast(features, tf.float32), 3)
        play = Play(
            tf.concat(
                [real, real], axis=0
            ),  # a real image for each fake, which losses of pairs and penalties need
            fake,
            Verdict(tf.concat([of_real, of_real], axis=0)),
            Verdict(tf.concat([of_again, of_sampled], axis=0)),
        )
        return play, of_image, of_reconstruction

    def _judge(self, name: str, images: tf.Tensor, labels: tf.Tensor | None) -> Verdict:
        return Verdict(self.networks[name](images, training=True)[0])

    def reconstruct(self, images: tf.Tensor) -> tf.Tensor:
        mean, _ = self.networks["encoder"](images, training=False)
        return self.sample(mean)


def _elements(features: tf.Tensor, images: tf.Tensor) -> float:
    """Features per image; in packs (`loss.pack`) several images share them."""
    return float(features.shape.num_elements() / images.shape[0])


def vae_gan(options: VaeGan, spec: DataSpec, game: Game) -> VaeGanModel:
    """The three networks for images of `spec`."""
    shape = spec.image_shape
    return VaeGanModel(
        encoder(
            shape,
            latent_dim=options.latent_dim,
            width=options.width,
            kernel_size=options.kernel_size,
            norm="batch",
        ),
        dcgan.generator(options, spec),
        with_features(dcgan.discriminator(options, spec, game), options.feature_layer),
        game,
        gamma=options.gamma,
        beta=options.beta,
        perceptual=asked(options.features, shape, options.features_weight, options.features_file),
    )


def with_features(discriminator: keras.Model, layer: int | None) -> keras.Model:
    """The same network with two outputs, [logits, what convolution number `layer` says]; None: the
    second, if there is one.

    Raises:
        ConfigError: it has no such layer.
    """
    activations = [each for each in discriminator.layers if each.name.startswith("activation_")]
    layer = layer or min(2, len(activations))
    if layer > len(activations):
        raise ConfigError(
            f"model.feature_layer={layer}: the discriminator has {len(activations)} convolutions"
        )
    return keras.Model(
        discriminator.inputs,
        [discriminator.output, activations[layer - 1].output],
        name=discriminator.name,
    )
