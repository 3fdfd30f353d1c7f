"""A generator whose noise is an image: convolutions from end to end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from gan_cli.base.spec import DataSpec
from gan_cli.config.options import LatentDim, Width, option, options
from gan_cli.models import model
from gan_cli.models.dcgan import DiscriminatorOptions, discriminator

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class ConvGan(DiscriminatorOptions):
    """Options of `model=conv_gan`."""

    name: str = "conv_gan"
    noise_channels: Annotated[int | None, Field(ge=1, le=64)] = option(
        "channels of the image of noise; null: as many as the images have", None
    )
    bottleneck: LatentDim = option("units between the convolutions down and up", 128)
    width: Width = option(
        "channels of the generator at the image; towards the bottleneck they double up to 8 times",
        32,
    )


@model("conv_gan", ConvGan)
def conv_gan(options: ConvGan, spec: DataSpec, game: Game) -> Model:
    """Convolutions, a bottleneck and convolutions, from noise; the discriminator of dcgan."""
    from gan_cli.networks import image_to_image
    from gan_cli.objectives.gan import gan, image_generator
    from gan_cli.objectives.terms import adversarial, penalties

    generator = image_to_image.generator(
        spec.image_shape,
        noise_channels=options.noise_channels,
        width=options.width,
        bottleneck=options.bottleneck,
        kernel_size=options.kernel_size,
    )
    return gan(
        image_generator(generator),
        {"discriminator": discriminator(options, spec, game)},
        [adversarial(game.loss), penalties(game.loss)],
        game,
    )
