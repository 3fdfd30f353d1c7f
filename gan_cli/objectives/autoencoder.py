"""The variational autoencoder of Kingma and Welling (2014): an encoder, a decoder, a likelihood,
and a list of terms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import keras
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Batch, Logs
from gan_cli.objectives.likelihoods import Likelihood, kl_divergence
from gan_cli.objectives.model import Context, Model, Networks, Phase, Sample
from gan_cli.objectives.perceptual import Perceptual

Decode = Callable[[Networks, tf.Tensor, bool], list[tf.Tensor]]
"""(networks, latents, training) -> what the likelihood asks for: one output, or two."""


@dataclass(frozen=True, kw_only=True)
class Decoder:
    """Networks that make the parameters of a likelihood of latents.

    Attributes:
        networks: by name.
        decode: (networks, latents, training) -> parameters.
        show: (networks, latents, labels, steps) -> the first parameter, in inference mode.
        latent_shape: of one latent.
        sequence_length: frames; 0: it makes single images.
        assemble: (networks) -> one keras.Model from latents to parameters; None: there is one.
    """

    networks: Networks
    decode: Decode
    show: Sample
    latent_shape: tuple[int, ...]
    sequence_length: int = 0
    assemble: Callable[[Networks], keras.Model] | None = None


def image_decoder(network: keras.Model) -> Decoder:
    """A single network."""

    def decode(networks: Networks, latents: tf.Tensor, training: bool) -> list[tf.Tensor]:
        outputs: list[tf.Tensor] = tf.nest.flatten(networks["decoder"](latents, training=training))
        return outputs

    return Decoder(
        networks={"decoder": network},
        decode=decode,
        show=lambda networks, latents, labels, steps: decode(networks, latents, False)[0],
        latent_shape=tuple(network.input_shape[1:]),
    )


class Pass(NamedTuple):
    """One pass of images through encoder and decoder.

    Attributes:
        images: as they were encoded.
        shown: the decoder's mean images.
        log_probability: log p(x|z) of each image, [B], in nats.
        kl: KL(q(z|x) || p(z)) of each image, [B], in nats.
    """

    images: tf.Tensor
    shown: tf.Tensor
    log_probability: tf.Tensor
    kl: tf.Tensor


Term = Callable[[Pass, Context], tuple[tf.Tensor, Logs]]
"""-> what each image costs, [B], and what is logged."""


def reconstruction(seen: Pass, context: Context) -> tuple[tf.Tensor, Logs]:
    """-log p(x|z) with one z drawn from q (Kingma and Welling 2014, eq. 7)."""
    return -seen.log_probability, {"reconstruction": tf.reduce_mean(seen.log_probability)}


def divergence(beta: float, warmup_steps: int = 0) -> Term:
    """beta KL(q(z|x) || p(z)) (Higgins et al. 2017, eq. 4); the weight is reached linearly over
    `warmup_steps`, so that the code is in use before it costs (Sønderby et al. 2016).
    """

    def term(seen: Pass, context: Context) -> tuple[tf.Tensor, Logs]:
        reached = tf.cast(context.step + 1, tf.float32) / float(max(warmup_steps, 1))
        weight = beta * tf.minimum(1.0, reached)
        return weight * seen.kl, {"kl": tf.reduce_mean(seen.kl)}

    return term


def features(distance: Perceptual) -> Term:
    """The distance of image and mean reconstruction in another network's features (Hou et al.
    2017).
    """

    def term(seen: Pass, context: Context) -> tuple[tf.Tensor, Logs]:
        distances = distance(seen.images, seen.shown)
        return distances, {"features": tf.reduce_mean(distances)}

    return term


def autoencoder(
    encoder: keras.Model,
    decoder: Decoder,
    likelihood: Likelihood,
    terms: Sequence[Term],
    *,
    binarize: bool = False,
    prepare: Callable[[], None] = lambda: None,
) -> Model:
    """Encoder and decoder are one player, whose loss is the mean over images of the sum of terms.

    The bound of an image is log p(x|z) - KL(q(z|x) || p(z)) with one z drawn from q (eq. 7, 10).

    Args:
        binarize: draw pixels black or white before they are encoded.
    """
    networks: Mapping[str, keras.Model] = {"encoder": encoder, **decoder.networks}
    kind = "sequence" if decoder.sequence_length else "images"

    def forward(networks: Networks, images: tf.Tensor, noise: Noise, training: bool) -> Pass:
        seen = binarized(images, noise) if binarize else images
        mean, log_variance = networks["encoder"](seen, training=training)
        latents = mean + tf.exp(0.5 * log_variance) * noise.normal("latents", tf.shape(mean))
        parameters = decoder.decode(networks, latents, training)
        log_probability = likelihood.log_probability(seen, *parameters)
        kl = kl_divergence(mean, log_variance)
        return Pass(images, likelihood.image(parameters[0]), log_probability, kl)

    def losses(batch: Batch, context: Context) -> tuple[dict[str, tf.Tensor], Logs]:
        images = batch[kind]  # type: ignore[literal-required]
        seen = forward(networks, images, context.noise, training=True)
        total, logs = 0.0, {"elbo": tf.reduce_mean(seen.log_probability - seen.kl)}
        for term in terms:
            cost, own = term(seen, context)
            total += cost
            logs |= own
        return {"autoencoder": tf.reduce_mean(total)}, logs

    def bound(networks: Networks, images: tf.Tensor, noise: Noise) -> tf.Tensor:
        seen = forward(networks, images, noise, training=False)
        return seen.log_probability - seen.kl

    def sample(
        networks: Networks, latents: tf.Tensor, labels: tf.Tensor | None, steps: int | None
    ) -> tf.Tensor:
        return likelihood.image(decoder.show(networks, latents, labels, steps))

    return Model(
        networks=networks,
        players={"autoencoder": tuple(networks)},
        sampler=tuple(networks),  # all: reconstructions and bounds need the encoder too
        phases=(Phase(losses, trains=("autoencoder",)),),
        latent_shape=decoder.latent_shape,
        sequence_length=decoder.sequence_length,
        sampling=sample,
        assemble=lambda networks: _mean_image(networks, decoder, likelihood),
        encoding=mean_latents,
        evidence_bound=bound,
        prepare=prepare,
    )


def mean_latents(networks: Networks, images: tf.Tensor) -> tf.Tensor:
    """The mean of q(z|x), [B, D], in inference mode."""
    mean: tf.Tensor = networks["encoder"](images, training=False)[0]
    return mean


def _mean_image(networks: Networks, decoder: Decoder, likelihood: Likelihood) -> keras.Model:
    """The decoder with the layers that make its first output an image."""
    network = decoder.assemble(networks) if decoder.assemble else networks["decoder"]
    x = network.outputs[0]
    for layer in likelihood.layers():
        x = layer(x)
    return keras.Model(network.inputs, x, name="generator")


def binarized(images: tf.Tensor, noise: Noise) -> tf.Tensor:
    """Each pixel becomes 1 as often as its brightness says, else -1 (Salakhutdinov and Murray
    2008); new in every step.
    """
    return tf.where(2.0 * noise.uniform("binarize", tf.shape(images)) - 1.0 < images, 1.0, -1.0)
