"""The variational autoencoder of Kingma and Welling (2014), with the weight beta of Higgins et al.
(2017).
"""

from __future__ import annotations

import keras
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Batch, DataSpec, Logs
from gan_cli.config.models import Vae
from gan_cli.models.base import Game, LikelihoodModel, Phase
from gan_cli.networks import autoencoder as networks
from gan_cli.networks.perceptual import Perceptual, asked
from gan_cli.objectives.likelihoods import LIKELIHOODS, Likelihood, kl_divergence


class VaeModel(LikelihoodModel):
    """An encoder and a decoder that raise the evidence lower bound together.

    The bound of an image is log p(x|z) - KL(q(z|x) || p(z)) with one z drawn from q (Kingma and
    Welling 2014, eq. 7 and 10); the loss is its negative with the divergence weighed by beta
    (Higgins et al. 2017, eq. 4). With `perceptual` the loss also has the distance of image and mean
    reconstruction in the features of another network (Hou et al. 2017).
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        likelihood: Likelihood,
        *,
        beta: float = 1.0,
        warmup_steps: int = 0,
        binarize: bool = False,
        perceptual: Perceptual | None = None,
    ) -> None:
        self.networks = {"encoder": encoder, "decoder": decoder}
        self.players = {"autoencoder": ("encoder", "decoder")}
        self.sampler = (
            "encoder",
            "decoder",
        )  # both: reconstructions and bounds need the encoder too
        self.phases = (Phase(self._losses, trains=("autoencoder",)),)
        self.latent_shape = decoder.input_shape[1:]
        self._likelihood, self._beta, self._warmup_steps = likelihood, beta, warmup_steps
        self._observed = binarized if binarize else _unchanged
        self._perceptual = perceptual

    def prepare(self) -> None:
        if self._perceptual:
            self._perceptual.load()

    def _losses(self, batch: Batch, noise: Noise) -> tuple[dict[str, tf.Tensor], Logs]:
        images = self._real(batch)
        reconstruction, kl, decoded = self._terms(images, noise, training=True)
        loss = tf.reduce_mean(self._weight(noise.step) * kl - reconstruction)
        logs = {"elbo": reconstruction - kl, "reconstruction": reconstruction, "kl": kl}
        if self._perceptual:
            logs["features"] = self._perceptual(images, self._likelihood.image(decoded))
            loss += tf.reduce_mean(logs["features"])
        return {"autoencoder": loss}, {
            name: tf.reduce_mean(values) for name, values in logs.items()
        }

    def _terms(self, images: tf.Tensor, noise: Noise, training: bool) -> tuple[tf.Tensor, ...]:
        """log p(x|z) and KL(q(z|x) || p(z)) of each image, both [B] in nats, and what was
        decoded.
        """
        images = self._observed(images, noise)
        mean, log_variance = self.networks["encoder"](images, training=training)
        latents = mean + tf.exp(0.5 * log_variance) * noise.normal(
            "latents", tf.shape(mean)
        )  # eq. 10
        parameters = self._decode(latents, training)
        return (
            self._likelihood.log_probability(images, *parameters),
            kl_divergence(mean, log_variance),
            parameters[0],
        )

    def _real(self, batch: Batch) -> tf.Tensor:
        return batch["images"]

    def _decode(self, latents: tf.Tensor, training: bool) -> list[tf.Tensor]:
        """What the likelihood asks for: one output of the decoder, or two."""
        return tf.nest.flatten(self.networks["decoder"](latents, training=training))  # type: ignore[no-any-return]

    def _weight(self, step: tf.Tensor) -> tf.Tensor:
        """beta, reached linearly so that the code is in use before it costs (Sønderby et al.
        2016).
        """
        return self._beta * tf.minimum(
            1.0, tf.cast(step + 1, tf.float32) / float(max(self._warmup_steps, 1))
        )

    def sample(
        self, latents: tf.Tensor, labels: tf.Tensor | None = None, steps: int | None = None
    ) -> tf.Tensor:
        return self._likelihood.image(self._decode(latents, training=False)[0])

    def reconstruct(self, images: tf.Tensor) -> tf.Tensor:
        mean, _ = self.networks["encoder"](images, training=False)
        return self.sample(mean)

    def bound(self, images: tf.Tensor, noise: Noise) -> tf.Tensor:
        reconstruction, kl, _ = self._terms(images, noise, training=False)
        return reconstruction - kl


def binarized(images: tf.Tensor, noise: Noise) -> tf.Tensor:
    """Each pixel becomes 1 as often as its brightness says, else -1 (Salakhutdinov and Murray
    2008); new in every step.
    """
    return tf.where(2.0 * noise.uniform("binarize", tf.shape(images)) - 1.0 < images, 1.0, -1.0)


def _unchanged(images: tf.Tensor, noise: Noise) -> tf.Tensor:
    return images


def vae(options: Vae, spec: DataSpec, game: Game) -> VaeModel:
    """The model for images of `spec`; there is no game to play."""
    likelihood = LIKELIHOODS[options.likelihood]
    shape, latent_dim, architecture, width, hidden = (
        spec.image_shape,
        options.latent_dim,
        options.architecture,
        options.width,
        options.hidden,
    )
    encoder = networks.encoder(
        shape, latent_dim=latent_dim, architecture=architecture, width=width, hidden=hidden
    )
    decoder = networks.decoder(
        shape,
        latent_dim=latent_dim,
        architecture=architecture,
        width=width,
        hidden=hidden,
        activation=likelihood.activation,
        scale=options.scale if likelihood.scaled else None,
        learn_scale=options.learn_scale,
    )
    return VaeModel(
        encoder,
        decoder,
        likelihood,
        beta=options.beta,
        warmup_steps=options.warmup_steps,
        binarize=options.binarize,
        perceptual=asked(options.features, shape, options.features_weight, options.features_file),
    )
