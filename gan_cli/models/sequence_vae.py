"""Autoencoder of image sequences: a GRU reads the frames, a recurrent cell started by the latent
makes them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gan_cli.base.spec import DataSpec
from gan_cli.config.options import LatentDim, Rate, Weight, Width, option, options
from gan_cli.models import model

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class SequenceVae:
    """Options of `model=sequence_vae`."""

    name: str = "sequence_vae"
    latent_dim: LatentDim = option(
        "length of the latent vector, from which a whole sequence follows", 64
    )
    width: Width = option(
        (
            "channels of the encoder's first layer and before the frame; inwards they double up "
            "to 8 "
            "times"
        ),
        16,
    )
    state_channels: Width = option(
        "channels of the recurrent state, a picture of 8 to 15 pixels", 32
    )
    hidden: Annotated[int, Field(ge=1, le=8192)] = option(
        "units of the recurrent part of the encoder", 128
    )
    likelihood: Literal["bernoulli", "gaussian", "logistic"] = option(
        "of a pixel: bernoulli (black or white), gaussian, or logistic over the 256 levels",
        "bernoulli",
    )
    scale: Rate = option("gaussian, logistic: scale of a pixel, in images from -1 to 1", 0.1)
    learn_scale: bool = option("gaussian, logistic: train the scale, one number per channel", True)
    beta: Weight = option(
        "weight of the divergence of the latents from the normal distribution", 1.0
    )
    warmup_steps: Annotated[int, Field(ge=0)] = option(
        "steps over which beta rises linearly from 0", 0
    )


@model("sequence_vae", SequenceVae, needs=("sequences",), adversarial=False, likelihood=True)
def sequence_vae(options: SequenceVae, spec: DataSpec, game: Game) -> Model:
    """A recurrent encoder and decoder of frames; the bound of `vae`, in nats per sequence."""
    from gan_cli.networks import recurrent as networks
    from gan_cli.objectives.autoencoder import autoencoder, divergence, reconstruction
    from gan_cli.objectives.likelihoods import LIKELIHOODS
    from gan_cli.objectives.sequences import sequence_decoder

    likelihood = LIKELIHOODS[options.likelihood]
    length, shape = spec.sequence_length, spec.image_shape
    encoder = networks.encoder(
        length,
        shape,
        latent_dim=options.latent_dim,
        width=options.width,
        hidden=options.hidden,
    )
    decoder = networks.generator(
        shape,
        latent_dim=options.latent_dim,
        width=options.width,
        state_channels=options.state_channels,
        norm="none",
        activation=likelihood.activation,
        scale=options.scale if likelihood.scaled else None,
        learn_scale=options.learn_scale,
    )
    return autoencoder(
        encoder,
        sequence_decoder(decoder, length),
        likelihood,
        [reconstruction, divergence(options.beta, options.warmup_steps)],
    )
