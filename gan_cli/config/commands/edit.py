"""What `gan-edit` takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gan_cli.config.commands.shared import CHECKPOINT, PLUGINS, STEP, BatchSize, Step
from gan_cli.config.options import Seed, option, options


@options
class EditConfig:
    """What every edit of `gan-edit` takes."""

    checkpoint: Annotated[str, Field(min_length=1)] = Field(description=CHECKPOINT)
    edit: str | None = option("what to do; each edit has keys of its own", None)
    step: Step = option(STEP, "best")
    labels: int | str | list[int | str] | None = option(
        "for models by class: classes by name or number, in turn; null: those that the "
        "extractor recognises in pictures",
        None,
    )
    extractor: str | None = option(
        "network in whose features images are compared; auto: the run's own; null: none, but "
        "pixels at several scales",
        "auto",
    )
    seed: Seed = option("of all that is drawn", 0)
    batch_size: BatchSize = option("images computed at once", 64)
    output: str | None = option(
        "folder to write; null: named after run and edit, in the current directory", None
    )
    plugins: list[str] = option(PLUGINS, [])
