"""Image sequences from a recurrent cell, against a discriminator that sees them whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gan_cli.base.spec import DataSpec
from gan_cli.config.options import LatentDim, Share, Width, option, options
from gan_cli.models import model
from gan_cli.models.dcgan import refuse_mixed
from gan_cli.objectives.options import Loss

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class SequenceGan:
    """Options of `model=sequence_gan`."""

    name: str = "sequence_gan"
    latent_dim: LatentDim = option(
        "length of the latent vector, from which a whole sequence follows", 64
    )
    width: Width = option(
        "channels before the frame; towards the state they double up to 8 times", 16
    )
    state_channels: Width = option(
        "channels of the recurrent state, a picture of 8 to 15 pixels", 32
    )
    hidden: Annotated[int, Field(ge=1, le=8192)] = option(
        "units of the recurrent part of the discriminator", 128
    )
    discriminator_width: Width | None = option(
        "channels of the discriminator's first layer; null: width", None
    )
    discriminator_norm: Literal["none", "batch", "layer"] = option(
        "normalization in the discriminator: none, batch or layer", "batch"
    )
    dropout: Share = option("dropout rate after each convolution of the discriminator", 0.0)

    def check(self, spec: DataSpec, loss: Loss) -> None:
        """Refuse a penalty of single sequences beside a normalization that mixes them."""
        refuse_mixed(self.discriminator_norm, loss)


@model("sequence_gan", SequenceGan, needs=("sequences",))
def sequence_gan(options: SequenceGan, spec: DataSpec, game: Game) -> Model:
    """A recurrent generator of frames against a recurrent discriminator.

    With `game.loss.pack` the discriminator sees that many sequences at a time.
    """
    from gan_cli.networks import recurrent as networks
    from gan_cli.objectives.gan import gan
    from gan_cli.objectives.sequences import sequence_generator
    from gan_cli.objectives.terms import adversarial, penalties

    (height, width, channels), length = spec.image_shape, spec.sequence_length
    generator = networks.generator(
        spec.image_shape,
        latent_dim=options.latent_dim,
        width=options.width,
        state_channels=options.state_channels,
        norm="batch",
        activation="tanh",
    )
    discriminator = networks.discriminator(
        length,
        (height, width, channels * game.loss.pack),
        width=options.discriminator_width or options.width,
        hidden=options.hidden,
        norm=options.discriminator_norm,
        dropout=options.dropout,
    )
    return gan(
        sequence_generator(generator, length),
        {"discriminator": discriminator},
        [adversarial(game.loss), penalties(game.loss)],
        game,
    )
