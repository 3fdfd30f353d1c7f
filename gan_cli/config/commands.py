"""What each command takes beside the configuration of a run: one dataclass each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from gan_cli.config.options import Bound, Code, Seed, option, options

PLUGINS = "modules of your own models, losses, penalties and data, e.g. [package.module]"


@options
class Sweep:
    """Options of the section `sweep`: of gan-train -m."""

    resume: Annotated[str, Field(min_length=1)] | None = option(
        "directory of a sweep to go on in, with the command that began it: runs what is not done",
        None,
    )
    halving: Annotated[int | None, Field(ge=2, le=16)] = option(
        (
            "successive halving: one of so many settings goes on at each rung; null: all run to "
            "their end"
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
        "run to go on in: directory, last, or the beginning of a name in runs/", None
    )
    logger: dict[str, Any] = option(
        "what follows the run elsewhere: none, tensorboard, wandb, mlflow or a list of them", {}
    )
    sweep: Sweep = Field(default_factory=Sweep)


@options
class Processes:
    """Options of `hydra/launcher=processes`."""

    jobs: Literal["auto"] | Annotated[int, Field(ge=1, le=1024)] = option(
        "runs at a time; auto: one per GPU, or without one as many as cores and memory allow; "
        "with distribution=mirrored one per so many",
        "auto",
    )
    memory_gb: Annotated[float, Field(gt=0.0, le=10_000.0)] = option(
        "memory that auto counts with for each run", 1.5
    )
    pin: bool = option(
        "keep each run on cores of its own, so that runs do not wait for each other's threads", True
    )
    timeout: Bound = option(
        "seconds that a job may take before it is stopped, saved; null: any", None
    )
    retries: Annotated[int, Field(ge=0, le=100)] = option(
        "times that a job whose process crashed is started again", 1
    )


@options
class Optuna:
    """Options of `hydra/sweeper=optuna`."""

    n_trials: Annotated[int, Field(ge=1, le=100_000)] = option(
        "trials of the whole study, those before sweep.resume= too", 20
    )
    n_jobs: Annotated[int, Field(ge=1, le=1024)] = option(
        "trials that are drawn, and run, at a time", 2
    )
    sampler: str | dict[str, Any] = option(
        "one of Optuna's: name (tpe, random, cmaes, gp, grid, ...), seed, arguments of its class",
        {"name": "tpe", "seed": None},
    )
    pruner: str | dict[str, Any] | None = option(
        "one of Optuna's: name (median, hyperband, ...) and arguments; it is for sweep.halving",
        {"name": None},
    )
    params: dict[str, Any] | None = option(
        "what is searched over, by key, for YAML of your own", {}
    )


@options
class SampleConfig:
    """Everything that `gan-sample` needs."""

    checkpoint: Annotated[str, Field(min_length=1)] = Field(
        description="run directory, last, or the beginning of its name; also as the bare argument"
    )
    step: Literal["best", "newest"] | Annotated[int, Field(ge=0)] = option(
        "best, newest or a step", "best"
    )
    count: Annotated[int | None, Field(ge=1, le=10**9)] = option(
        "how many images or sequences; null: 64, or all of latents", None
    )
    seed: Seed = option("the same seed gives the same images", 0)
    labels: int | str | list[int | str] | None = option(
        (
            "classes by name or number, e.g. [cat,dog], given in turn; null: drawn, or a row for "
            "each "
            "in a grid"
        ),
        None,
    )
    codes: list[Code | list[Code]] | None = option(
        (
            "values of the codes of info_gan, the category first, e.g. [3,null,-1.5], or a list of "
            "such lists, given in turn, a row for each in a grid; null: drawn"
        ),
        None,
    )
    prompt: str | list[str] | None = option(
        (
            "what the images show, in words that the model knows, e.g. 'prompt=\"a red circle\"'; "
            "[a,b]: given in turn, a row for each in a grid; FILE.txt: one a line; null: captions "
            "like those of the data"
        ),
        None,
    )
    truncation: Annotated[float | None, Field(gt=0.0, le=100.0)] = option(
        (
            "nearer to the mean, less varied: the largest absolute value of a drawn latent, or "
            "(of styles) the share of the distance from the mean of W; null: off"
        ),
        None,
    )
    latents: Annotated[str, Field(min_length=1)] | None = option(
        ".npy file with latents [N, ...], or styles [N, layers, length], instead of drawn ones",
        None,
    )
    directions: Annotated[str, Field(min_length=1)] | None = option(
        "directions.npz of gan-edit edit=directions", None
    )
    direction: Annotated[int, Field(ge=0)] | None = option(
        "which of the directions all images are moved along; needs directions", None
    )
    strength: Annotated[float, Field(ge=-100.0, le=100.0)] = option(
        "how far along the direction, in standard deviations of drawn latents", 1.0
    )
    steps: Annotated[int | None, Field(ge=1, le=1024)] = option(
        "frames of a sequence; null: as many as the data has", None
    )
    batch_size: Annotated[int, Field(ge=1, le=65536)] = option("images computed at once", 64)
    format: Literal["grid", "png", "npz", "gif"] = option(
        "one grid, a folder of PNG files, one npz, or (sequences) a grid that plays", "grid"
    )
    fps: Annotated[int, Field(ge=1, le=50)] = option("frames per second of format=gif", 10)
    output: str | None = option(
        "file or folder to write; null: named after the run, in this directory", None
    )
    plugins: list[str] = option(PLUGINS, [])


@options
class ExportConfig:
    """Everything that `gan-export` needs."""

    checkpoint: Annotated[str, Field(min_length=1)] = Field(
        description="run directory, last, or the beginning of its name; also as the bare argument"
    )
    format: Annotated[str, Field(min_length=1)] = Field(description="what to write")
    output: Annotated[str, Field(min_length=1)] | None = option(
        "file or folder to write; null: named after the run, in this directory", None
    )
    overwrite: bool = option("replace what lies at output", False)
    step: Literal["best", "newest"] | Annotated[int, Field(ge=0)] = option(
        "best, newest or a step", "best"
    )
    part: Literal["generator", "encoder"] = option(
        "generator, or (of models that have one) the encoder", "generator"
    )
    truncation: Annotated[float | None, Field(gt=0.0, le=100.0)] = option(
        "of style_gan: the share of the distance from the mean of W, made part of it; null: off",
        None,
    )
    steps: Annotated[int | None, Field(ge=1, le=1024)] = option(
        "frames of the sequences that it makes, each of which the network holds; null: as many as "
        "the data has",
        None,
    )
    directions: Annotated[str, Field(min_length=1)] | None = option(
        "directions.npz of gan-edit edit=directions: one more input, how far to go along each", None
    )
    quantize: Literal["none", "int8"] = option(
        "format=litert: int8 has weights and arithmetic of 8 bits, half the size or less", "none"
    )
    runtime: Annotated[str, Field(min_length=1)] | None = option(
        "format=web: the file onnxruntime-web-VERSION.tgz of npm; null: look around, or download",
        None,
    )
    license: Annotated[str, Field(pattern=r"^[A-Za-z0-9.+-]{1,64}$")] | None = option(
        "format=huggingface: of the weights, as the Hub calls it, e.g. mit or cc-by-4.0", None
    )
    push: Annotated[str, Field(pattern=r"^[\w.-]{1,96}/[\w.-]{1,96}$")] | None = option(
        "format=huggingface: USER/NAME on the Hub to send it to", None
    )
    plugins: list[str] = option(PLUGINS, [])


@options
class EditConfig:
    """What every edit of `gan-edit` takes."""

    checkpoint: Annotated[str, Field(min_length=1)] = Field(
        description="run directory, last, or the beginning of its name; also as the bare argument"
    )
    edit: str | None = option("the name of what is done, which has keys of its own", None)
    step: Literal["best", "newest"] | Annotated[int, Field(ge=0)] = option(
        "best, newest or a step", "best"
    )
    labels: int | str | list[int | str] | None = option(
        "of a model that is told the class: classes by name or number, given in turn; null: those "
        "that the extractor sees in pictures",
        None,
    )
    extractor: str | None = option(
        "network in which images are compared; auto: the run's own; null: none, but pixels at "
        "several scales",
        "auto",
    )
    seed: Seed = option("of all that is drawn", 0)
    batch_size: Annotated[int, Field(ge=1, le=65536)] = option("images computed at once", 64)
    output: str | None = option(
        "folder to write; null: named after run and edit, in this directory", None
    )
    plugins: list[str] = option(PLUGINS, [])


@options
class EvaluateConfig:
    """What `gan-evaluate` needs beside the data set, which is the run's own unless `data` names
    another.
    """

    checkpoint: str | None = option(
        "run directory, last, or the beginning of its name; also as the bare argument", None
    )
    samples: str | None = option(
        "folder, zip or npz of images that any program made, instead of checkpoint", None
    )
    compare: list[str] | None = option(
        "run directories to rank, instead of checkpoint; also as bare arguments", None
    )
    step: Literal["best", "newest"] | Annotated[int, Field(ge=0)] = option(
        "best, newest or a step", "best"
    )
    metrics: list[str] | None = option("which to measure; null: those that fit the extractor", None)
    extractor: str = option(
        "network that sees the images; auto: classifier where the data has labels, else random",
        "auto",
    )
    weights: str | None = option(
        "file with the weights of the extractor, where it reads one; null: look around", None
    )
    count: Annotated[int, Field(ge=16, le=10**6)] = option(
        "samples, and most real images to compare with", 10_000
    )
    split: Literal["auto", "test", "train"] = option(
        "real images to compare with; auto: the test split where it has 1,000", "auto"
    )
    repeats: Annotated[int, Field(ge=1, le=100)] = option("times it is done, with fresh samples", 2)
    seed: Seed = option("of the first samples", 0)
    batch_size: Annotated[int, Field(ge=1, le=65536)] = option("images computed at once", 64)
    people: bool = option("write a page on which people judge, instead of scores", False)
    people_count: Annotated[int, Field(ge=5, le=500)] = option(
        "real and generated images on that page, each", 50
    )
    exposure_ms: Annotated[int | None, Field(ge=50, le=60_000)] = option(
        "milliseconds that the page shows an image; null: no limit", None
    )
    answers: list[str] | None = option("files of people's answers to add to the scores", None)
    output: str | None = option(
        "where to write; null: scores/ in the run directory, or this directory", None
    )
    plugins: list[str] = option(PLUGINS, [])


@options
class PlotConfig:
    """Everything that `gan-plot` needs."""

    runs: Annotated[
        list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=24)
    ] = Field(description="run directories of gan-train, also as bare arguments")
    keys: Annotated[list[str], Field(min_length=1)] | None = option(
        "numbers of metrics.jsonl to draw, e.g. [loss_generator]; null: all", None
    )
    smooth: Annotated[float, Field(ge=0.0, le=0.99)] = option(
        "weight of the past in a moving average of losses, logits and speed; 0: none", 0.0
    )
    output: Annotated[str, Field(min_length=1)] | None = option(
        "PNG to write; null: named after the run, in this directory", None
    )


@options
class ReportConfig:
    """Everything that `gan-report` needs."""

    directory: Annotated[str, Field(min_length=1)] = Field(
        description="of a sweep, or any that holds run directories; also as the bare argument"
    )
    objective: Literal["frechet", "elbo_held_out"] | None = option(
        "score to rank by; null: evaluation.objective of the runs", None
    )
    samples: Annotated[int, Field(ge=0, le=256)] = option(
        "images in the grid of each job (at least 4 a class for up to 10 classes); 0: no grids", 16
    )
    output: Annotated[str, Field(min_length=1)] | None = option(
        "HTML file to write, its CSV beside it; null: report.html in the directory", None
    )
    plugins: list[str] = option(PLUGINS, [])


@options
class RunsConfig:
    """Everything that `gan-runs` needs."""

    folder: Annotated[str, Field(min_length=1)] = option(
        "folder whose runs are listed, or a run; also as the bare argument", "runs"
    )
    model: str | None = option("only runs of this model; * and ? stand for any letters", None)
    data: str | None = option("only runs on this data", None)
    state: str | None = option(
        "only runs in this state: training, waiting, stopped, pruned, failed, done, damaged", None
    )
    name: str | None = option("only runs of this name", None)
    sort: Literal["time", "score", "step", "size", "name"] = option(
        "the newest first, the best, the longest, the largest, or by name", "time"
    )
    format: Literal["table", "json"] = option("json: all that is known, for programs", "table")
    prune: bool | Literal["dry"] = option(
        "remove checkpoints but the best and the newest; dry: only say what that would free", False
    )


@options
class WatchConfig:
    """Everything that `gan-watch` needs."""

    folder: Annotated[str, Field(min_length=1)] = option(
        "folder of runs, or a run; also as the bare argument", "runs"
    )
    port: Annotated[int, Field(ge=1, le=65535)] | None = option(
        "of 127.0.0.1; null: 6061, or a free one where that is taken", None
    )


@options
class DataConfig:
    """What `gan-data` takes beside the keys of gan-train."""

    output: str | None = option(
        "folder of the report; null: gan-data-NAME, in this directory", None
    )
    steps: Annotated[int, Field(ge=0)] = option(
        "steps to time for the estimate; 0: without one", 10
    )
