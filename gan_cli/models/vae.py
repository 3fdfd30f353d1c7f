"""Variational autoencoder (Kingma and Welling 2014), beta as in Higgins et al. (2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.config.options import LatentDim, Rate, Weight, Width, option, options
from gan_cli.models import model
from gan_cli.objectives.options import Loss

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class PerceptualOptions:
    """Options of the distance in the features of another network."""

    features: Literal["vgg16"] | None = option(
        "network in whose features images and reconstructions are compared too: vgg16; null: none",
        None,
    )
    features_weight: Weight = option(
        "weight of the distance in its features, beside the nats of an image", 0.5
    )
    features_file: str | None = option(
        "file with its weights; null: look for it, else download it", None
    )


@options
class Vae(PerceptualOptions):
    """Options of `model=vae`."""

    name: str = "vae"
    latent_dim: LatentDim = option("length of the latent vector", 40)
    architecture: Literal["conv", "dense"] = option(
        "conv: convolutions; dense: fully connected layers", "conv"
    )
    width: Width = option(
        "conv: channels at the image; towards the latents they double up to 8 times", 32
    )
    hidden: Annotated[int, Field(ge=1, le=8192)] = option("dense: units of each layer", 400)
    likelihood: Literal["bernoulli", "gaussian", "logistic"] = option(
        "of a pixel: bernoulli (black or white), gaussian, or logistic over the 256 levels",
        "bernoulli",
    )
    scale: Rate = option("gaussian, logistic: scale of a pixel, in images from -1 to 1", 0.1)
    learn_scale: bool = option("gaussian, logistic: train the scale, one number per channel", True)
    binarize: bool = option(
        "bernoulli: draw pixels black or white, with the probability that their grey level gives",
        False,
    )
    beta: Weight = option(
        "weight of the divergence of the latents from the normal distribution", 1.0
    )
    warmup_steps: Annotated[int, Field(ge=0)] = option(
        "steps over which beta rises linearly from 0", 0
    )

    def check(self, spec: DataSpec, loss: Loss) -> None:
        """Refuse binary pixels with a likelihood of grey ones."""
        if self.binarize and self.likelihood != "bernoulli":
            raise ConfigError(
                f"model.binarize goes with model.likelihood=bernoulli, not {self.likelihood}"
            )


@model("vae", Vae, adversarial=False, likelihood=True)
def vae(options: Vae, spec: DataSpec, game: Game) -> Model:
    """Encoder and decoder together maximize the evidence lower bound."""
    from gan_cli.networks import autoencoder as networks
    from gan_cli.objectives.autoencoder import (
        autoencoder,
        divergence,
        features,
        image_decoder,
        reconstruction,
    )
    from gan_cli.objectives.likelihoods import LIKELIHOODS
    from gan_cli.objectives.perceptual import perceptual

    likelihood = LIKELIHOODS[options.likelihood]
    shape = spec.image_shape
    size: dict[str, Any] = {
        "latent_dim": options.latent_dim,
        "architecture": options.architecture,
        "width": options.width,
        "hidden": options.hidden,
    }
    encoder = networks.encoder(shape, **size)
    decoder = networks.decoder(
        shape,
        **size,
        activation=likelihood.activation,
        scale=options.scale if likelihood.scaled else None,
        learn_scale=options.learn_scale,
    )
    terms = [reconstruction, divergence(options.beta, options.warmup_steps)]
    distance = perceptual(options, shape)
    return autoencoder(
        encoder,
        image_decoder(decoder),
        likelihood,
        [*terms, features(distance)] if distance else terms,
        binarize=options.binarize,
        prepare=distance.load if distance else lambda: None,
    )
