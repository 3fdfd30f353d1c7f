"""Projection discriminator (Miyato and Koyama 2018)."""

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
class ProjectionGan(Dcgan):
    """Options of `model=projection_gan`."""

    name: str = "projection_gan"
    latent_dim: LatentDim = option("length of the latent vector", 32)
    embedding_dim: LatentDim = option("length of the vector that tells the generator the class", 50)


@model("projection_gan", ProjectionGan, needs=("labels",))
def projection_gan(options: ProjectionGan, spec: DataSpec, game: Game) -> Model:
    """By class: the discriminator compares its features with a vector of the class (projection)."""
    from gan_cli.networks.heads import ProjectionHead
    from gan_cli.objectives.gan import gan, image_generator
    from gan_cli.objectives.terms import adversarial, penalties

    classes = spec.num_classes
    head = ProjectionHead(classes, options.embedding_dim)
    return gan(
        image_generator(generator(options, spec, classes, options.embedding_dim), classes),
        {"discriminator": discriminator(options, spec, game, head)},
        [adversarial(game.loss), penalties(game.loss)],
        game,
    )
