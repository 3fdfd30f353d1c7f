"""VAE-GAN (Larsen et al. 2016): images are compared in the discriminator's own features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gan_cli.base.spec import DataSpec
from gan_cli.config.options import LatentDim, Share, Weight, option, options
from gan_cli.models import model
from gan_cli.models.dcgan import Dcgan, discriminator, generator
from gan_cli.models.vae import PerceptualOptions

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class VaeGan(PerceptualOptions, Dcgan):
    """Options of `model=vae_gan`."""

    name: str = "vae_gan"
    latent_dim: LatentDim = option("length of the latent vector", 128)
    discriminator_norm: Literal["none", "batch", "layer"] = option(
        "normalization in the discriminator: none, batch or layer", "batch"
    )
    dropout: Share = option("dropout rate after each layer of the discriminator", 0.0)
    feature_layer: Annotated[int | None, Field(ge=1, le=8)] = option(
        "convolution of the discriminator in whose output images are compared; null: the second",
        None,
    )
    gamma: Weight = option(
        "weight of the reconstruction beside the adversarial loss, for the generator", 20.0
    )
    beta: Weight = option(
        "weight of the divergence of the latents from the normal distribution", 1.0
    )


@model("vae_gan", VaeGan)
def vae_gan(options: VaeGan, spec: DataSpec, game: Game) -> Model:
    """Three players: encoder, generator (the decoder) and discriminator (algorithm 1)."""
    from gan_cli.networks.autoencoder import encoder
    from gan_cli.networks.heads import with_features
    from gan_cli.objectives.encoded_gan import divergence, encoded_gan, reconstruction
    from gan_cli.objectives.perceptual import perceptual
    from gan_cli.objectives.terms import adversarial, penalties

    shape = spec.image_shape
    return encoded_gan(
        encoder(
            shape,
            latent_dim=options.latent_dim,
            width=options.width,
            kernel_size=options.kernel_size,
            norm="batch",
        ),
        generator(options, spec),
        with_features(discriminator(options, spec, game), options.feature_layer),
        [adversarial(game.loss), penalties(game.loss)],
        [reconstruction(options.gamma), divergence(options.beta)],
        game,
        perceptual(options, shape),
    )
