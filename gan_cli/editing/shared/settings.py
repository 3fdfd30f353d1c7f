"""Options that edits share which look for given images. No TensorFlow."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gan_cli.base.errors import ConfigError
from gan_cli.config.options import Rate, Weight, option, options
from gan_cli.models import MODELS
from gan_cli.runs.rundir import ModelCard

SpaceName = Literal["auto", "z", "w", "w+"]
SPACES = "z: latents; w: styles, one for all layers; w+: one for each; auto: w where there is one"


@options
class Spaced:
    """Options of edits in a space of a model."""

    space: SpaceName = option(SPACES, "auto")

    def check(self, card: ModelCard) -> None:
        """Refuse styles of a model that has none."""
        if self.space.startswith("w") and not MODELS[card.model.name].styles:
            raise ConfigError(no_styles(f"space={self.space}", card))


@options
class Projecting(Spaced):
    """Options of edits that look for given pictures."""

    steps: Annotated[int, Field(ge=0, le=100_000)] = option(
        "steps of Adam for each picture; 0: take the encoder's answer, or the nearest of "
        "random samples",
        300,
    )
    starts: Annotated[int, Field(ge=1, le=256)] = option(
        "for models without an encoder: how many starts to try for each picture", 4
    )
    rate: Rate = option(
        "learning rate at its highest, in standard deviations of drawn latents", 0.1
    )
    perceptual: Weight = option("weight of the distance in features beside that in pixels", 0.1)
    prior: Weight = option("weight of the negative log density of latents, per value", 0.001)


def no_styles(key: str, card: ModelCard) -> str:
    """The line for what only a model with styles has."""
    able = ", ".join(name for name, entry in MODELS.items() if entry.styles)
    return f"{key} is of styles, which model={card.model.name} does not have (model={able} has)"
