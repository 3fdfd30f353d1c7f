"""Keys that several commands take: their types and their texts."""

from typing import Annotated, Literal

from pydantic import Field

Step = Literal["best", "newest"] | Annotated[int, Field(ge=0)]
BatchSize = Annotated[int, Field(ge=1, le=65536)]
CHECKPOINT = (
    "run directory, the beginning of its name in runs/, or last; checkpoint= may be left out"
)
STEP = "best, newest or a step"
PLUGINS = "modules of your own models, losses, penalties and data, e.g. [package.module]"
