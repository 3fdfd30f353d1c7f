"""Auxiliary classifier GAN (Odena et al. 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_cli.base.spec import DataSpec
from gan_cli.config.options import LatentDim, Weight, option, options
from gan_cli.models import model
from gan_cli.models.dcgan import Dcgan, discriminator, generator

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class Acgan(Dcgan):
    """Options of `model=acgan`."""

    name: str = "acgan"
    latent_dim: LatentDim = option("length of the latent vector", 32)
    embedding_dim: LatentDim = option("length of the vector that tells the generator the class", 50)
    class_weight: Weight = option(
        "weight of the class beside real and fake, for both networks", 1.0
    )


@model("acgan", Acgan, needs=("labels",))
def acgan(options: Acgan, spec: DataSpec, game: Game) -> Model:
    """The discriminator also classifies; the generator is rewarded for the right class."""
    from gan_cli.networks.heads import ClassifierHead
    from gan_cli.objectives.gan import gan, image_generator
    from gan_cli.objectives.terms import adversarial, auxiliary_class, penalties

    classes = spec.num_classes
    return gan(
        image_generator(generator(options, spec, classes, options.embedding_dim), classes),
        {"discriminator": discriminator(options, spec, game, ClassifierHead(classes))},
        [adversarial(game.loss), auxiliary_class(options.class_weight), penalties(game.loss)],
        game,
    )
