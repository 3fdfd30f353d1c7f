"""Several discriminators against one generator (Durugkar et al. 2017), against mode collapse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gan_cli.base.spec import DataSpec
from gan_cli.config.options import Change, Weight, option, options
from gan_cli.models import model
from gan_cli.models.dcgan import Dcgan, discriminator, full_depth, generator

if TYPE_CHECKING:
    from gan_cli.objectives.augmentation.views import View
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model
    from gan_cli.objectives.sides import Combine


@options
class MultiGan(Dcgan):
    """Options of `model=multi_gan`."""

    name: str = "multi_gan"
    discriminators: Annotated[int, Field(ge=1, le=16)] = option("how many discriminators", 3)
    combine: Literal["mean", "max", "softmax"] = option(
        (
            "how the generator's losses against them are combined: mean, max, or softmax "
            "(weighted by it)"
        ),
        "mean",
    )
    hardness: Weight = option("hardness of the softmax: 0 is the mean, a large value the max", 1.0)
    different_depths: bool = option("every second discriminator has a layer less", False)
    views: list[Change] = option(
        "what each discriminator's images go through, in turn: any of color, translation, cutout",
        [],
    )


@model("multi_gan", MultiGan)
def multi_gan(options: MultiGan, spec: DataSpec, game: Game) -> Model:
    """Several discriminators with different initial weights; depth and what they see may differ."""
    from gan_cli.objectives.gan import gan, image_generator
    from gan_cli.objectives.terms import adversarial, penalties

    names = [f"discriminator_{number + 1}" for number in range(options.discriminators)]
    full = full_depth(options, spec)
    depths = {
        name: max(1, full - number % 2) if options.different_depths else full
        for number, name in enumerate(names)
    }
    discriminators = {
        name: discriminator(options, spec, game, depth=depth) for name, depth in depths.items()
    }
    return gan(
        image_generator(generator(options, spec)),
        discriminators,
        [adversarial(game.loss), penalties(game.loss)],
        game,
        combine=combined(options.combine, options.hardness),
        views=views(names, options.views, game) if options.views else None,
    )


def views(names: Sequence[str], changes: Sequence[str], game: Game) -> dict[str, View]:
    """Each discriminator sees one of the changes, in turn."""
    from gan_cli.objectives.augmentation.diffaug import differentiable
    from gan_cli.objectives.augmentation.views import view

    transforms = [differentiable([change]) for change in changes]
    return {
        name: view(game.loss, game.augment, transforms[number % len(transforms)])
        for number, name in enumerate(names)
    }


def combined(name: str, hardness: float) -> Combine:
    """How a generator's losses against several discriminators become one (section 4).

    `mean` and `max` are what `softmax` is with a hardness of 0 and of infinity: sum of w_i V_i,
    w = softmax(hardness * V).
    """
    import tensorflow as tf

    def softmax(losses: list[tf.Tensor]) -> tf.Tensor:
        values = tf.stack(losses)
        return tf.reduce_sum(tf.nn.softmax(hardness * values) * values)

    ways: dict[str, Combine] = {"mean": tf.reduce_mean, "max": tf.reduce_max, "softmax": softmax}
    return ways[name]
