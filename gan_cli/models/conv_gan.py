"""A game whose generator is convolutional from end to end: its noise is an image."""

from __future__ import annotations

from gan_cli.base.spec import DataSpec
from gan_cli.config.models import ConvGan
from gan_cli.models.base import Game
from gan_cli.models.dcgan import discriminator
from gan_cli.models.gan import Gan
from gan_cli.networks import image_to_image


def conv_gan(options: ConvGan, spec: DataSpec, game: Game) -> Gan:
    """The generator of `gan_cli.networks.image_to_image` against the discriminator of dcgan."""
    generator = image_to_image.generator(
        spec.image_shape,
        noise_channels=options.noise_channels,
        width=options.width,
        bottleneck=options.bottleneck,
        kernel_size=options.kernel_size,
    )
    return Gan(generator, {"discriminator": discriminator(options, spec, game)}, game)
