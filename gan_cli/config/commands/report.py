"""What `gan-report` takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gan_cli.config.commands.shared import PLUGINS
from gan_cli.config.options import option, options


@options
class ReportConfig:
    """Everything that `gan-report` needs."""

    directory: Annotated[str, Field(min_length=1)] = Field(
        description="of a sweep, or any folder of run directories; directory= may be left out"
    )
    objective: Literal["frechet", "elbo_held_out"] | None = option(
        "score to rank by; null: evaluation.objective of the runs", None
    )
    samples: Annotated[int, Field(ge=0, le=256)] = option(
        "images in the grid of each job (at least 4 a class for up to 10 classes); 0: no grids", 16
    )
    output: Annotated[str, Field(min_length=1)] | None = option(
        "HTML file to write, with a CSV beside it; null: report.html in the directory", None
    )
    plugins: list[str] = option(PLUGINS, [])
