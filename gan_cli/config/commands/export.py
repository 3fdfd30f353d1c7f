"""What `gan-export` takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gan_cli.config.commands.shared import CHECKPOINT, PLUGINS, STEP, Step
from gan_cli.config.options import option, options


@options
class ExportConfig:
    """Everything that `gan-export` needs."""

    checkpoint: Annotated[str, Field(min_length=1)] = Field(description=CHECKPOINT)
    format: Annotated[str, Field(min_length=1)] = Field(description="what to write")
    output: Annotated[str, Field(min_length=1)] | None = option(
        "file or folder to write; null: named after the run, in the current directory", None
    )
    overwrite: bool = option("replace what is at output", False)
    step: Step = option(STEP, "best")
    part: Literal["generator", "encoder"] = option(
        "generator, or the encoder of models that have one", "generator"
    )
    truncation: Annotated[float | None, Field(gt=0.0, le=100.0)] = option(
        "style_gan: the share of the distance from the mean of W, built into the export; null: off",
        None,
    )
    steps: Annotated[int | None, Field(ge=1, le=1024)] = option(
        "frames of a sequence, fixed in the export; null: as many as the data has",
        None,
    )
    directions: Annotated[str, Field(min_length=1)] | None = option(
        "directions.npz of gan-edit edit=directions: adds an input that says how far to go "
        "along each",
        None,
    )
    quantize: Literal["none", "int8"] = option(
        "format=litert: int8 has weights and arithmetic in 8 bits, at half the size or less", "none"
    )
    runtime: Annotated[str, Field(min_length=1)] | None = option(
        "format=web: the file onnxruntime-web-VERSION.tgz of npm; null: look around, or download",
        None,
    )
    license: Annotated[str, Field(pattern=r"^[A-Za-z0-9.+-]{1,64}$")] | None = option(
        "format=huggingface: the license of the weights, as the Hub calls it, e.g. mit or "
        "cc-by-4.0",
        None,
    )
    push: Annotated[str, Field(pattern=r"^[\w.-]{1,96}/[\w.-]{1,96}$")] | None = option(
        "format=huggingface: USER/NAME on the Hub to upload it to", None
    )
    plugins: list[str] = option(PLUGINS, [])
