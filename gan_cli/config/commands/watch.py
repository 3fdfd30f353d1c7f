"""What `gan-watch` takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gan_cli.config.options import option, options


@options
class WatchConfig:
    """Everything that `gan-watch` needs."""

    folder: Annotated[str, Field(min_length=1)] = option(
        "folder of runs, or a run; folder= may be left out", "runs"
    )
    port: Annotated[int, Field(ge=1, le=65535)] | None = option(
        "port at 127.0.0.1; null: 6061, or a free one if that is taken", None
    )
