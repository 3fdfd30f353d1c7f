"""What `gan-runs` takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gan_cli.config.options import option, options


@options
class RunsConfig:
    """Everything that `gan-runs` needs."""

    folder: Annotated[str, Field(min_length=1)] = option(
        "folder whose runs to list, or a run; folder= may be left out", "runs"
    )
    model: str | None = option("only runs of this model; * and ? are wildcards", None)
    data: str | None = option("only runs on this data", None)
    state: str | None = option(
        "only runs in this state: training, waiting, stopped, pruned, failed, done, damaged", None
    )
    name: str | None = option("only runs with this name", None)
    sort: Literal["time", "score", "step", "size", "name"] = option(
        "time: the newest first; score: the best; step: the longest; size: the largest; or by name",
        "time",
    )
    format: Literal["table", "json"] = option(
        "table, or json: everything about each run, for programs", "table"
    )
    prune: bool | Literal["dry"] = option(
        "remove all checkpoints but the best and the newest; dry: only say what that would free",
        False,
    )
