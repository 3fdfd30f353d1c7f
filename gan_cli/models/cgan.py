"""Conditional GAN (Mirza and Osindero 2014)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_cli.base.spec import DataSpec
from gan_cli.config.options import LatentDim, option, options
from gan_cli.models import model
from gan_cli.models.dcgan import Dcgan, discriminator, generator

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class Cgan(Dcgan):
    """Options of `model=cgan`."""

    name: str = "cgan"
    latent_dim: LatentDim = option("length of the latent vector", 32)
    embedding_dim: LatentDim = option("length of the vector that stands for a class", 50)


@model("cgan", Cgan, needs=("labels",))
def cgan(options: Cgan, spec: DataSpec, game: Game) -> Model:
    """Generator and discriminator are given an embedding of the label."""
    from gan_cli.networks.heads import ChannelHead
    from gan_cli.objectives.gan import gan, image_generator
    from gan_cli.objectives.terms import adversarial, penalties

    classes = spec.num_classes
    head = ChannelHead(classes, options.embedding_dim)
    return gan(
        image_generator(generator(options, spec, classes, options.embedding_dim), classes),
        {"discriminator": discriminator(options, spec, game, head)},
        [adversarial(game.loss), penalties(game.loss)],
        game,
    )
