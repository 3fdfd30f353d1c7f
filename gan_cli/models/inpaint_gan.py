"""A generator that fills holes of images, rectangles and free strokes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from gan_cli.base.spec import DataSpec
from gan_cli.config.options import Weight, Width, option, options
from gan_cli.models import model
from gan_cli.models.dcgan import DiscriminatorOptions, discriminator

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class InpaintGan(DiscriminatorOptions):
    """Options of `model=inpaint_gan`."""

    name: str = "inpaint_gan"
    width: Width = option("channels of the generator's first layer; they double twice", 16)
    hole_weight: Weight = option(
        "weight of the mean absolute difference in holes, beside the adversarial loss", 20.0
    )
    rim_weight: Weight = option("weight of the same around holes", 4.0)
    rim: Annotated[int, Field(ge=1, le=64)] = option(
        "pixels around a hole that the rim and the local discriminator reach", 3
    )
    bank: Annotated[int, Field(ge=1, le=10**5)] = option(
        "training images that the run keeps, to fill holes in when samples are drawn", 256
    )


@model("inpaint_gan", InpaintGan, fills=True)
def inpaint_gan(options: InpaintGan, spec: DataSpec, game: Game) -> Model:
    """Fills holes with gated convolutions, against discriminators of the image and of the hole.

    A context encoder (Pathak et al. 2016) of gated convolutions (Yu et al. 2019), against a
    discriminator of the whole image and one of the hole and its rim (Iizuka et al. 2017).
    """
    from gan_cli.networks import inpainting as networks
    from gan_cli.objectives.inpainting import LOCAL, Reconstruction, inpainting
    from gan_cli.objectives.terms import adversarial, penalties

    return inpainting(
        networks.generator(spec.image_shape, width=options.width),
        networks.gallery(spec.image_shape, bank=options.bank),
        {name: discriminator(options, spec, game) for name in ("discriminator", LOCAL)},
        [adversarial(game.loss), penalties(game.loss)],
        Reconstruction(options.hole_weight, options.rim_weight, options.rim),
        game,
    )
