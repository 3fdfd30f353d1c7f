"""The residual pair of SNGAN (Miyato et al. 2018), with spectral normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.config.options import LatentDim, Width, option, options
from gan_cli.models import Need, model
from gan_cli.objectives.options import Loss

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class ResnetGan:
    """Options of `model=resnet_gan`."""

    name: str = "resnet_gan"
    latent_dim: LatentDim = option("length of the latent vector", 128)
    width: Width | None = option(
        "channels of the generator at the image; towards the latents they double up to 8 times; "
        "null: 16, and 8 above 64 pixels",
        None,
    )
    discriminator_width: Width | None = option(
        "channels of the discriminator's first block; null: width", None
    )
    conditional: bool = option(
        "by class: conditional batch normalization and projection (Miyato and Koyama 2018)", False
    )
    attention: Annotated[int | None, Field(ge=4, le=1024)] = option(
        "shorter side of the features that have self-attention (SAGAN); null: none", None
    )

    def needs(self) -> tuple[Need, ...]:
        """What the data must have for these options."""
        return ("labels",) if self.conditional else ()

    def check(self, spec: DataSpec, loss: Loss) -> None:
        """Refuse attention at a size that the features do not have."""
        found: list[int] = []
        side = min(spec.image_shape[:2])
        while not found or side > 8:  # the discriminator's sizes; the generator has them all
            side = -(-side // 2)
            found.append(side)
        if self.attention not in (None, *found):
            sides = ", ".join(map(str, found))
            raise ConfigError(
                f"model.attention={self.attention}: features of images of {spec.height}x"
                f"{spec.width} have the shorter sides {sides}"
            )


@model("resnet_gan", ResnetGan)
def resnet_gan(options: ResnetGan, spec: DataSpec, game: Game) -> Model:
    """Residual blocks in both networks, and spectral normalization in the discriminator."""
    from gan_cli.networks import resnet
    from gan_cli.objectives.gan import gan, image_generator
    from gan_cli.objectives.terms import adversarial, penalties

    classes = spec.num_classes if options.conditional else 0
    height, width, channels = spec.image_shape
    narrow = options.width or (16 if min(height, width) <= 64 else 8)
    generator = resnet.generator(
        spec.image_shape,
        latent_dim=options.latent_dim,
        width=narrow,
        num_classes=classes,
        attention=options.attention,
    )
    discriminator = resnet.discriminator(
        (height, width, channels * game.loss.pack),
        width=options.discriminator_width or narrow,
        num_classes=classes,
        attention=options.attention,
    )
    return gan(
        image_generator(generator, classes),
        {"discriminator": discriminator},
        [adversarial(game.loss), penalties(game.loss)],
        game,
    )
