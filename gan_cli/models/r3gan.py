"""R3GAN (Huang et al. 2024): the modern baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from gan_cli.base.spec import DataSpec
from gan_cli.config.options import LatentDim, Width, option, options
from gan_cli.models import Need, model

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model

Blocks = Annotated[int, Field(ge=1, le=8)]


@options
class R3gan:
    """Options of `model=r3gan`."""

    name: str = "r3gan"
    latent_dim: LatentDim = option(
        "length of the latent vector and, by class, of the class's vectors", 64
    )
    width: Width = option(
        "channels at the image between blocks; towards the latents they double up to 8 times", 16
    )
    discriminator_width: Width | None = option("the same of the discriminator; null: width", None)
    blocks: Blocks = option("residual blocks at each resolution, in both networks", 1)
    expansion: Blocks = option("channels inside a block, as a multiple of those between blocks", 2)
    group_width: Width = option("channels of each group of the 3x3 convolutions, at least", 16)
    conditional: bool = option(
        "by class: the generator sees its vector, the discriminator's features are multiplied by "
        "another",
        False,
    )

    def needs(self) -> tuple[Need, ...]:
        """What the data must have for these options."""
        return ("labels",) if self.conditional else ()


@model("r3gan", R3gan)
def r3gan(options: R3gan, spec: DataSpec, game: Game) -> Model:
    """Residual blocks of grouped convolutions without normalization, in both networks."""
    from gan_cli.networks import r3
    from gan_cli.objectives.gan import gan, image_generator
    from gan_cli.objectives.terms import adversarial, penalties

    classes = spec.num_classes if options.conditional else 0
    height, width, channels = spec.image_shape
    blocks = r3.Blocks(options.width, options.blocks, options.expansion, options.group_width)
    generator = r3.generator(
        spec.image_shape, latent_dim=options.latent_dim, blocks=blocks, num_classes=classes
    )
    discriminator = r3.discriminator(
        (height, width, channels * game.loss.pack),
        blocks=blocks._replace(width=options.discriminator_width or options.width),
        embedding_dim=options.latent_dim,
        num_classes=classes,
    )
    return gan(
        image_generator(generator, classes),
        {"discriminator": discriminator},
        [adversarial(game.loss), penalties(game.loss)],
        game,
    )
