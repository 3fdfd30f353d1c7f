"""What `gan-sample` takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gan_cli.config.commands.shared import CHECKPOINT, PLUGINS, STEP, BatchSize, Step
from gan_cli.config.options import Code, Seed, option, options


@options
class SampleConfig:
    """Everything that `gan-sample` needs."""

    checkpoint: Annotated[str, Field(min_length=1)] = Field(description=CHECKPOINT)
    step: Step = option(STEP, "best")
    count: Annotated[int | None, Field(ge=1, le=10**9)] = option(
        "how many images or sequences; null: 64, or one for each of latents", None
    )
    seed: Seed = option("the same seed gives the same images", 0)
    labels: int | str | list[int | str] | None = option(
        (
            "classes by name or number, e.g. [cat,dog], in turn; null: at random, or in a grid a "
            "row for each"
        ),
        None,
    )
    codes: list[Code | list[Code]] | None = option(
        (
            "values of the codes of info_gan, the category first, e.g. [3,null,-1.5], or a list "
            "of such lists, in turn (in a grid a row for each); null: at random"
        ),
        None,
    )
    prompt: str | list[str] | None = option(
        (
            "what the images show, in words that the model knows, e.g. 'prompt=\"a red circle\"'; "
            "[a,b]: in turn, in a grid a row for each; FILE.txt: one per line; null: captions "
            "like those of the data"
        ),
        None,
    )
    truncation: Annotated[float | None, Field(gt=0.0, le=100.0)] = option(
        (
            "fewer odd images, less variety: the largest absolute value of a drawn latent or, "
            "with styles, the share of their distance from the mean of W; null: off"
        ),
        None,
    )
    latents: Annotated[str, Field(min_length=1)] | None = option(
        ".npy file with latents [N, ...], or styles [N, layers, length], instead of random ones",
        None,
    )
    directions: Annotated[str, Field(min_length=1)] | None = option(
        "directions.npz of gan-edit edit=directions", None
    )
    direction: Annotated[int, Field(ge=0)] | None = option(
        "which of the directions to move all images along; needs directions", None
    )
    strength: Annotated[float, Field(ge=-100.0, le=100.0)] = option(
        "how far along the direction, in standard deviations of drawn latents", 1.0
    )
    steps: Annotated[int | None, Field(ge=1, le=1024)] = option(
        "frames of a sequence; null: as many as the data has", None
    )
    batch_size: BatchSize = option("images computed at once", 64)
    format: Literal["grid", "png", "npz", "gif"] = option(
        "grid: one picture; png: a folder of single images; npz: one file of arrays; gif: for"
        " sequences, a grid that plays",
        "grid",
    )
    fps: Annotated[int, Field(ge=1, le=50)] = option("frames per second of format=gif", 10)
    output: str | None = option(
        "file or folder to write; null: named after the run, in the current directory", None
    )
    plugins: list[str] = option(PLUGINS, [])
