"""What `gan-evaluate` takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gan_cli.config.commands.shared import CHECKPOINT, PLUGINS, STEP, BatchSize, Step
from gan_cli.config.options import Seed, option, options


@options
class EvaluateConfig:
    """What `gan-evaluate` needs beside the data set, which is the run's own unless `data` names
    another.
    """

    checkpoint: str | None = option(CHECKPOINT, None)
    samples: str | None = option(
        "folder, zip or npz of images from any program, instead of checkpoint", None
    )
    compare: list[str] | None = option(
        "run directories to rank, instead of checkpoint; compare= may be left out", None
    )
    step: Step = option(STEP, "best")
    metrics: list[str] | None = option("which to measure; null: those that fit the extractor", None)
    extractor: str = option(
        "network in whose features images are compared; auto: classifier if the data has "
        "labels, else random",
        "auto",
    )
    weights: str | None = option(
        "file with the weights of the extractor, if it needs one; null: look for it, else "
        "download it",
        None,
    )
    count: Annotated[int, Field(ge=16, le=10**6)] = option(
        "number of samples, and the most real images to compare with", 10_000
    )
    split: Literal["auto", "test", "train"] = option(
        "real images to compare with; auto: the test split if it has 1,000, else the training"
        " split",
        "auto",
    )
    repeats: Annotated[int, Field(ge=1, le=100)] = option(
        "how often to repeat this, with fresh samples", 2
    )
    seed: Seed = option("of the first samples", 0)
    batch_size: BatchSize = option("images computed at once", 64)
    people: bool = option(
        "write a page that asks people which images are real, instead of scores", False
    )
    people_count: Annotated[int, Field(ge=5, le=500)] = option(
        "real images on that page, and as many generated ones", 50
    )
    exposure_ms: Annotated[int | None, Field(ge=50, le=60_000)] = option(
        "milliseconds for which that page shows an image; null: no limit", None
    )
    answers: list[str] | None = option("files with people's answers, to add to the scores", None)
    output: str | None = option(
        "where to write; null: scores/ in the run directory, or the current directory", None
    )
    plugins: list[str] = option(PLUGINS, [])
