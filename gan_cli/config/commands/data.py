"""What `gan-data` takes beside the keys of `gan-train`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gan_cli.config.options import option, options


@options
class DataConfig:
    """What `gan-data` takes beside the keys of gan-train."""

    output: str | None = option(
        "folder of the report; null: gan-data-NAME in the current directory", None
    )
    steps: Annotated[int, Field(ge=0)] = option(
        "steps to time for the estimate; 0: no estimate", 10
    )
