"""Images of captions: GAN-CLS (Reed et al. 2016) with conditioning augmentation (Zhang et al.
2017), projection, and contrast among the captions of a batch (Zhang et al. 2021).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gan_cli.base.captions import tokens
from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.config.options import LatentDim, Weight, Width, option, options
from gan_cli.models import model
from gan_cli.models.dcgan import Dcgan, DiscriminatorOptions, discriminator
from gan_cli.objectives.options import Loss

if TYPE_CHECKING:
    import keras

    from gan_cli.networks.text import Reading
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class TextGan(Dcgan):
    """Options of `model=text_gan`."""

    name: str = "text_gan"
    networks: Literal["dcgan", "resnet"] = option(
        "generator and discriminator: those of model=dcgan, or of model=resnet_gan", "dcgan"
    )
    latent_dim: LatentDim = option("length of the latent vector", 32)
    embedding_dim: LatentDim = option("length of the vector that stands for a word", 64)
    text_units: Width = option("units of the recurrent layers that read captions", 128)
    condition_dim: LatentDim = option(
        "length of the vector that tells the generator the caption; latents get as many more "
        "values",
        64,
    )
    augmentation_weight: Weight = option(
        "weight of the divergence of that vector from a standard normal one, in nats", 0.01
    )
    matching_weight: Weight = option(
        "weight, for the discriminator, of real images with captions of others", 1.0
    )
    contrast_weight: Weight = option(
        "weight, for both networks, of recognising an image's caption among those of the batch", 1.0
    )

    def check(self, spec: DataSpec, loss: Loss) -> None:
        """Refuse what networks=resnet does not have."""
        super().check(spec, loss)
        fields = DiscriminatorOptions.__pydantic_fields__  # type: ignore[attr-defined]
        for key in fields.keys() - {"discriminator_width"}:
            if self.networks == "resnet" and getattr(self, key) != fields[key].default:
                raise ConfigError(
                    f"model.{key}={getattr(self, key)} goes with model.networks=dcgan, not with "
                    "resnet"
                )


@model("text_gan", TextGan, needs=("captions",))
def text_gan(options: TextGan, spec: DataSpec, game: Game) -> Model:
    """Both networks read captions; the discriminator also sees real images with wrong ones."""
    from gan_cli.networks import text
    from gan_cli.objectives.gan import gan
    from gan_cli.objectives.terms import adversarial, penalties
    from gan_cli.objectives.text import (
        conditioning_augmentation,
        contrast,
        matching,
        text_generator,
    )

    reading = text.Reading(
        len(spec.vocabulary), spec.caption_length, options.embedding_dim, options.text_units
    )
    encoder = text.encoder(reading, options.condition_dim)
    generator, discriminator = _networks(options, spec, game, reading)
    some = tokens(spec.captions, spec.vocabulary, spec.caption_length)
    return gan(
        text_generator(encoder, generator, some),
        {"discriminator": discriminator},
        [
            adversarial(game.loss),
            matching(game.loss, options.matching_weight),
            contrast(options.contrast_weight),
            penalties(game.loss),
        ],
        game,
        regularizers=[conditioning_augmentation(encoder, options.augmentation_weight)],
    )


def _networks(
    options: TextGan, spec: DataSpec, game: Game, reading: Reading
) -> tuple[keras.Model, keras.Model]:
    """A generator of latents and condition, and a discriminator that reads."""
    from keras.layers import Dense

    from gan_cli.networks import dcgan, resnet
    from gan_cli.networks.layers.spectral import SpectralDense
    from gan_cli.networks.text import CaptionHead

    length = options.latent_dim + options.condition_dim
    if options.networks == "dcgan":
        generator = dcgan.generator(
            spec.image_shape,
            latent_dim=length,
            width=options.width,
            kernel_size=options.kernel_size,
        )
        return generator, discriminator(options, spec, game, CaptionHead(reading, Dense))
    return (
        resnet.generator(spec.image_shape, latent_dim=length, width=options.width),
        resnet.discriminator(
            spec.image_shape,
            width=options.discriminator_width or options.width,
            head=CaptionHead(reading, SpectralDense),
        ),
    )
