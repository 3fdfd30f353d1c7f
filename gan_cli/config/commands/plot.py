"""What `gan-plot` takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gan_cli.config.options import option, options


@options
class PlotConfig:
    """Everything that `gan-plot` needs."""

    runs: Annotated[
        list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=24)
    ] = Field(description="run directories; runs= may be left out")
    keys: Annotated[list[str], Field(min_length=1)] | None = option(
        "numbers of metrics.jsonl to draw, e.g. [loss_generator]; null: all", None
    )
    smooth: Annotated[float, Field(ge=0.0, le=0.99)] = option(
        "smooth losses, logits and speed by a moving average: weight of the past, 0: off", 0.0
    )
    output: Annotated[str, Field(min_length=1)] | None = option(
        "PNG to write; null: named after the run, in the current directory", None
    )
