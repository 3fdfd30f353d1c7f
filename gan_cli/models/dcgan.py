"""The convolutional pair of Radford et al. (2016), and the critic of Gulrajani et al. (2017) on the
same networks.
"""

from __future__ import annotations

import keras

from gan_cli.base.spec import DataSpec
from gan_cli.config.models import ConvGan, Dcgan
from gan_cli.models.base import Game
from gan_cli.models.gan import Gan
from gan_cli.networks import dcgan as networks
from gan_cli.networks.heads import Head


def dcgan(options: Dcgan, spec: DataSpec, game: Game) -> Gan:
    """A generator and a discriminator for images of `spec`."""
    return Gan(
        generator(options, spec), {"discriminator": discriminator(options, spec, game)}, game
    )


def generator(
    options: Dcgan, spec: DataSpec, num_classes: int = 0, embedding_dim: int = 0
) -> keras.Model:
    """The generator of any model whose options are those of dcgan, and more."""
    return networks.generator(
        spec.image_shape,
        latent_dim=options.latent_dim,
        width=options.width,
        kernel_size=options.kernel_size,
        num_classes=num_classes,
        embedding_dim=embedding_dim,
    )


def discriminator(
    options: Dcgan | ConvGan,
    spec: DataSpec,
    game: Game,
    head: Head | None = None,
    depth: int | None = None,
) -> keras.Model:
    """Its discriminator, which sees `game.loss.pack` images at a time."""
    height, width, channels = spec.image_shape
    return networks.discriminator(
        (height, width, channels * game.loss.pack),
        width=options.discriminator_width or options.width,
        depth=depth or options.discriminator_depth,
        kernel_size=options.kernel_size,
        dropout=options.dropout,
        norm=options.discriminator_norm,
        head=head,
    )
