"""InfoGAN (Chen et al. 2016): codes whose meaning is found without labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.config.options import LatentDim, Weight, Width, option, options
from gan_cli.models import model
from gan_cli.models.dcgan import Dcgan, discriminator
from gan_cli.objectives.codes import Codes
from gan_cli.objectives.options import Loss

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class InfoGan(Dcgan):
    """Options of `model=info_gan`."""

    name: str = "info_gan"
    latent_dim: LatentDim = option("length of the noise beside the codes", 32)
    categories: Annotated[int, Field(ge=0, le=1000)] = option(
        "values of the categorical code; 0: without it", 10
    )
    continuous: Annotated[int, Field(ge=0, le=64)] = option("how many continuous codes", 2)
    categorical_weight: Weight = option(
        "weight of the information about the category, for both networks", 1.0
    )
    continuous_weight: Weight = option(
        "weight of the information about the continuous codes, for both networks", 0.1
    )
    variance: Literal["unit", "learnt"] = option(
        "variance of a continuous code that is recognised: unit, or learnt for each image", "unit"
    )
    recognition_width: Width = option("units of the layer that recognises the codes", 128)

    @property
    def codes(self) -> Codes:
        """Where in a latent the codes stand."""
        return Codes(self.latent_dim, self.categories, self.continuous)

    def check(self, spec: DataSpec, loss: Loss) -> None:
        """Refuse a model without codes, and packs, in which no image is seen by itself."""
        super().check(spec, loss)
        if self.categories == 1 or not self.codes.number:
            raise ConfigError(
                f"model.categories={self.categories} with model.continuous={self.continuous} is no "
                "code to find; model.categories=2 or more, or 0 with continuous ones"
            )
        if loss.pack > 1:
            raise ConfigError(
                f"loss.pack={loss.pack}: model=info_gan recognises codes in single images, so "
                "loss.pack=1"
            )


@model("info_gan", InfoGan)
def info_gan(options: InfoGan, spec: DataSpec, game: Game) -> Model:
    """The discriminator also recognises codes of the latents; the generator is rewarded for it."""
    from gan_cli.networks import dcgan as networks
    from gan_cli.networks.heads import CodesHead
    from gan_cli.objectives.gan import gan, image_generator
    from gan_cli.objectives.information import mutual_information
    from gan_cli.objectives.terms import adversarial, penalties

    codes, learnt = options.codes, options.variance == "learnt"
    generator = networks.generator(
        spec.image_shape,
        latent_dim=codes.length,
        width=options.width,
        kernel_size=options.kernel_size,
        category=(codes.noise, codes.categories),
    )
    head = CodesHead(codes.categories + codes.continuous * (1 + learnt), options.recognition_width)
    information = mutual_information(
        codes, options.categorical_weight, options.continuous_weight, learnt
    )
    built = gan(
        image_generator(generator),
        {"discriminator": discriminator(options, spec, game, head)},
        [adversarial(game.loss), information, penalties(game.loss)],
        game,
    )
    return replace(built, codes=codes)
