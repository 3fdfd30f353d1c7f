"""The convolutional pair of Radford et al. (2016)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.config.options import LatentDim, Share, Width, option, options
from gan_cli.models import model
from gan_cli.objectives.options import Loss, active_penalties

if TYPE_CHECKING:
    import keras

    from gan_cli.networks.heads import Head
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class DiscriminatorOptions:
    """Options of the discriminator of dcgan, which other models share."""

    discriminator_width: Width | None = option(
        "channels of the discriminator's first layer; null: half of width for grey images, width "
        "in colour",
        None,
    )
    discriminator_depth: Annotated[int | None, Field(ge=1, le=8)] = option(
        "stride-2 convolutions of the discriminator; null: until the shorter side is 3 or 4 pixels",
        None,
    )
    discriminator_norm: Literal["auto", "none", "batch", "layer"] = option(
        "normalization in the discriminator: none, batch or layer; auto: batch, but none beside "
        "penalties",
        "auto",
    )
    kernel_size: Annotated[int, Field(ge=2, le=15)] = option("kernel of every convolution", 4)
    dropout: Share = option("dropout rate after each layer of the discriminator", 0.0)

    def check(self, spec: DataSpec, loss: Loss) -> None:
        """Refuse a penalty of single images beside a normalization that mixes them."""
        refuse_mixed(self.discriminator_norm, loss)


@options
class Dcgan(DiscriminatorOptions):
    """Options of `model=dcgan`."""

    name: str = "dcgan"
    latent_dim: LatentDim | None = option(
        "length of the latent vector; null: 8 for grey images, 64 in colour", None
    )
    width: Width = option(
        "channels of the generator's last hidden layer; earlier ones double up to 8 times it", 32
    )


@model("dcgan", Dcgan)
def dcgan(options: Dcgan, spec: DataSpec, game: Game) -> Model:
    """A convolutional generator against a convolutional discriminator, for images from 8 pixels."""
    from gan_cli.objectives.gan import gan, image_generator
    from gan_cli.objectives.terms import adversarial, penalties

    return gan(
        image_generator(generator(options, spec)),
        {"discriminator": discriminator(options, spec, game)},
        [adversarial(game.loss), penalties(game.loss)],
        game,
    )


def generator(
    options: Dcgan, spec: DataSpec, num_classes: int = 0, embedding_dim: int = 0
) -> keras.Model:
    """The generator of any model whose options are those of dcgan, and more."""
    from gan_cli.networks import dcgan as networks

    return networks.generator(
        spec.image_shape,
        latent_dim=options.latent_dim or (8 if spec.channels == 1 else 64),
        width=options.width,
        kernel_size=options.kernel_size,
        num_classes=num_classes,
        embedding_dim=embedding_dim,
    )


def discriminator(
    options: DiscriminatorOptions,
    spec: DataSpec,
    game: Game,
    head: Head | None = None,
    depth: int | None = None,
) -> keras.Model:
    """Its discriminator, which sees `game.loss.pack` images at a time."""
    from gan_cli.networks import dcgan as networks

    height, width, channels = spec.image_shape
    generators: int = options.width  # type: ignore[attr-defined]
    auto = "none" if active_penalties(game.loss) else "batch"
    return networks.discriminator(
        (height, width, channels * game.loss.pack),
        width=options.discriminator_width or max(1, generators // (2 if channels == 1 else 1)),
        depth=depth or full_depth(options, spec),
        kernel_size=options.kernel_size,
        dropout=options.dropout,
        norm=auto if options.discriminator_norm == "auto" else options.discriminator_norm,
        head=head,
    )


def full_depth(options: DiscriminatorOptions, spec: DataSpec) -> int:
    """Stride-2 convolutions of a discriminator that sees whole images."""
    side = min(spec.height, spec.width)
    return options.discriminator_depth or max(1, math.ceil(math.log2(side / 4)))


def refuse_mixed(discriminator_norm: str, loss: Loss) -> None:
    """Refuse penalties on a discriminator whose batch normalization mixes images.

    Raises:
        ConfigError: with the key of the penalty and the way out.
    """
    active = active_penalties(loss)
    if active and discriminator_norm == "batch":
        raise ConfigError(
            f"loss.{active[0].entry.name} is of single images, which discriminator_norm=batch "
            "mixes; model.discriminator_norm=layer"
        )
