"""Several discriminators against one generator (Durugkar et al. 2017), against mode collapse."""

from __future__ import annotations

from gan_cli.base.spec import DataSpec
from gan_cli.config.models import MultiGan
from gan_cli.models.base import Game
from gan_cli.models.dcgan import discriminator, generator
from gan_cli.models.gan import Gan
from gan_cli.networks.dcgan import halvings
from gan_cli.objectives import diffaug
from gan_cli.objectives.losses import combined
from gan_cli.objectives.sight import Sight


def multi_gan(options: MultiGan, spec: DataSpec, game: Game) -> Gan:
    """Players discriminator_1 to discriminator_N have first weights of their own; depth and what
    they see may differ.
    """
    numbers = range(options.discriminators)
    depth = options.discriminator_depth or halvings(spec.image_shape)
    names = [f"discriminator_{number + 1}" for number in numbers]
    depths = [
        max(1, depth - number % 2) if options.different_depths else depth for number in numbers
    ]
    discriminators = {
        name: discriminator(options, spec, game, depth=depth)
        for name, depth in zip(names, depths, strict=True)
    }
    steps = game.loss.discriminator_steps
    draws = 1 if steps == 1 else steps + 1
    views = (
        {
            name: Sight(
                game.loss,
                draws,
                game.view,
                diffaug.differentiable([options.views[number % len(options.views)]]),
            )
            for number, name in zip(numbers, names, strict=True)
        }
        if options.views
        else None
    )
    return Gan(
        generator(options, spec),
        discriminators,
        game,
        combine=combined(options.combine, options.hardness),
        views=views,
    )
