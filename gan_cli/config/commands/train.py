"""What `gan-train` takes beside the configuration of the run."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from gan_cli.config.commands.shared import PLUGINS
from gan_cli.config.options import option, options


@options
class Sweep:
    """Options of the section `sweep`: of gan-train -m."""

    resume: Annotated[str, Field(min_length=1)] | None = option(
        "directory of a sweep to go on with, by the same command: runs what is not done",
        None,
    )
    halving: Annotated[int | None, Field(ge=2, le=16)] = option(
        (
            "successive halving: at each stage the best of this many settings goes on (2: the "
            "better half); null: all run to their end"
        ),
        None,
    )


@options
class TrainCommand:
    """What `gan-train` takes beside the configuration of the run."""

    plugins: list[str] = option(PLUGINS, [])
    run_dir: str | None = option(
        "directory of the run, new or empty; null: runs/DATE/TIME-model-data, or -name", None
    )
    resume: str | None = option(
        "run to go on with: a directory, last, or the beginning of a name in runs/", None
    )
    logger: dict[str, Any] = option(
        "where numbers and grids are also sent: none, tensorboard, wandb, mlflow or a list of them",
        {},
    )
    sweep: Sweep = Field(default_factory=Sweep)
