"""A baseline: every pixel drawn on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gan_cli.base.spec import DataSpec
from gan_cli.config.options import option, options
from gan_cli.models import model

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model


@options
class RandomPixels:
    """Options of `model=random_pixels`."""

    name: str = "random_pixels"
    source: Literal["uniform", "histogram"] = option(
        (
            "uniform: all levels equally likely; histogram: as often as in the data, at that "
            "pixel and channel"
        ),
        "histogram",
    )


@model("random_pixels", RandomPixels, adversarial=False)
def random_pixels(options: RandomPixels, spec: DataSpec, game: Game) -> Model:
    """A baseline: every pixel at random, uniformly or as often as in the data."""
    from gan_cli.networks import pixels
    from gan_cli.objectives.baseline import baseline

    sources = {"uniform": pixels.uniform, "histogram": pixels.histogram}
    return baseline(sources[options.source](spec.image_shape))
