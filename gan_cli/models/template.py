"""A baseline: shapes at random places, filled with parts of real images, on real images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.config.options import option, options
from gan_cli.models import model
from gan_cli.objectives.options import Loss

if TYPE_CHECKING:
    from gan_cli.objectives.gan import Game
    from gan_cli.objectives.model import Model

Proportion = Annotated[float, Field(gt=0.0, le=1.0)]
Shape = Literal["rectangle", "ellipse", "triangle", "diamond", "ring", "cross"]


@options
class Template:
    """Options of `model=template`."""

    name: str = "template"
    bank: Annotated[int, Field(ge=1, le=10**6)] = option(
        "real images that are kept to paste from; fewer where they would take more than 128 MiB",
        1024,
    )
    background: Literal["image", "mean"] = option(
        "what shapes lie on: image: one of the bank; mean: their mean", "image"
    )
    shapes: Annotated[int, Field(ge=1, le=64)] = option("shapes of an image", 3)
    min_size: Proportion = option(
        "smallest height and width of a shape, as a share of the image's", 0.2
    )
    max_size: Proportion = option(
        "largest height and width of a shape, as a share of the image's", 0.6
    )
    kinds: Annotated[list[Shape], Field(min_length=1)] = option(
        "shapes to choose from: rectangle, ellipse, triangle, diamond, ring, cross",
        ["rectangle", "ellipse", "triangle", "diamond", "ring", "cross"],
    )

    def check(self, spec: DataSpec, loss: Loss) -> None:
        """Refuse sizes in the wrong order."""
        if self.min_size > self.max_size:
            raise ConfigError(
                f"model.min_size={self.min_size} is larger than model.max_size={self.max_size}"
            )


@model("template", Template, adversarial=False)
def template(options: Template, spec: DataSpec, game: Game) -> Model:
    """A baseline: shapes of random sizes at random places, filled with parts of real images."""
    from gan_cli.networks.composition import composition
    from gan_cli.objectives.baseline import baseline

    return baseline(
        composition(
            spec.image_shape,
            bank=options.bank,
            shapes=options.shapes,
            min_size=options.min_size,
            max_size=options.max_size,
            kinds=options.kinds,
            background=options.background,
        )
    )
