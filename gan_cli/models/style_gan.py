"""StyleGAN2 (Karras et al. 2020)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gan_cli.base.spec import DataSpec
from gan_cli.config.options import Count, LatentDim, Weight, Width, option, options
from gan_cli.models import Need, model

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class StyleGan:
    """Options of `model=style_gan`."""

    name: str = "style_gan"
    latent_dim: LatentDim = option("length of a latent, and of its style", 128)
    width: Width = option(
        "channels of the generator at the image; smaller images have up to 8 times as many", 32
    )
    discriminator_width: Width | None = option(
        "channels of the discriminator at the image; null: width", None
    )
    mapping_depth: Annotated[int, Field(ge=1, le=32)] = option(
        "dense layers from latents to styles; 8 in the paper", 2
    )
    style_mixing: Annotated[float, Field(ge=0.0, le=1.0)] = option(
        "share of training images that mix the styles of two latents", 0.9
    )
    path_length: Weight = option("weight of the path length regularization; 0: off", 2.0)
    path_length_interval: Count = option("apply it in every n-th update of the generator", 8)
    deviation: Literal["mean", "each"] | None = option(
        "what the discriminator is told of the variety of a group of images: the mean of all "
        "features' deviations, or each; null: mean for colour images, each for grey ones",
        None,
    )
    conditional: bool = option("tell both networks the class of each image; needs labels", False)

    def needs(self) -> tuple[Need, ...]:
        """What the data must have for these options."""
        return ("labels",) if self.conditional else ()


@model("style_gan", StyleGan, styles=True)
def style_gan(options: StyleGan, spec: DataSpec, game: Game) -> Model:
    """A style controls every layer of the generator; the discriminator is residual."""
    from gan_cli.networks import stylegan
    from gan_cli.objectives.gan import gan
    from gan_cli.objectives.style_gan import path_length, style_generator
    from gan_cli.objectives.terms import adversarial, penalties

    classes = spec.num_classes if options.conditional else 0
    height, width, channels = spec.image_shape
    generator = style_generator(
        stylegan.mapping(options.latent_dim, options.mapping_depth, classes),
        stylegan.synthesis(spec.image_shape, style_dim=options.latent_dim, width=options.width),
        mixing=options.style_mixing,
        num_classes=classes,
    )
    discriminator = stylegan.discriminator(
        (height, width, channels * game.loss.pack),
        width=options.discriminator_width or options.width,
        averaged=(options.deviation or ("each" if channels == 1 else "mean")) == "mean",
        num_classes=classes,
    )
    regularizers = [
        path_length(
            generator,
            weight=options.path_length,
            interval=options.path_length_interval,
            mixing=options.style_mixing,
        )
    ]
    return gan(
        generator,
        {"discriminator": discriminator},
        [adversarial(game.loss), penalties(game.loss)],
        game,
        regularizers=regularizers if options.path_length else [],
    )
