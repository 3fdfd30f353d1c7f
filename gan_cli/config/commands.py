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


@options
class Processes:
    """Options of `hydra/launcher=processes`."""

    jobs: Literal["auto"] | Annotated[int, Field(ge=1, le=1024)] = option(
        "runs at a time; auto: one per GPU or, without GPUs, as many as cores and memory "
        "allow; with distribution=mirrored each run counts as its replicas",
        "auto",
    )
    memory_gb: Annotated[float, Field(gt=0.0, le=10_000.0)] = option(
        "memory that auto assumes for each run", 1.5
    )
    pin: bool = option(
        "give each run cores of its own, so that runs do not wait for each other's threads", True
    )
    timeout: Bound = option("seconds after which a job is saved and stopped; null: no limit", None)
    retries: Annotated[int, Field(ge=0, le=100)] = option(
        "how often a job whose process crashed is started again", 1
    )


@options
class Optuna:
    """Options of `hydra/sweeper=optuna`."""

    n_trials: Annotated[int, Field(ge=1, le=100_000)] = option(
        "trials of the whole study, including those before sweep.resume=", 20
    )
    n_jobs: Annotated[int, Field(ge=1, le=1024)] = option("trials that run at a time", 2)
    sampler: str | dict[str, Any] = option(
        "one of Optuna's: name (tpe, random, cmaes, gp, grid, ...), seed, arguments of its class",
        {"name": "tpe", "seed": None},
    )
    pruner: str | dict[str, Any] | None = option(
        "one of Optuna's: name (median, hyperband, ...) and arguments; needs sweep.halving",
        {"name": None},
    )
    params: dict[str, Any] | None = option("what to search over, by key, for YAML of your own", {})


@options
class SampleConfig:
    """Everything that `gan-sample` needs."""

    checkpoint: Annotated[str, Field(min_length=1)] = Field(
        description="run directory, the beginning of its name in runs/, or last; "
        "checkpoint= may be left out"
    )
    step: Literal["best", "newest"] | Annotated[int, Field(ge=0)] = option(
        "best, newest or a step", "best"
    )
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
    batch_size: Annotated[int, Field(ge=1, le=65536)] = option("images computed at once", 64)
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


@options
class ExportConfig:
    """Everything that `gan-export` needs."""

    checkpoint: Annotated[str, Field(min_length=1)] = Field(
        description="run directory, the beginning of its name in runs/, or last; "
        "checkpoint= may be left out"
    )
    format: Annotated[str, Field(min_length=1)] = Field(description="what to write")
    output: Annotated[str, Field(min_length=1)] | None = option(
        "file or folder to write; null: named after the run, in the current directory", None
    )
    overwrite: bool = option("replace what is at output", False)
    step: Literal["best", "newest"] | Annotated[int, Field(ge=0)] = option(
        "best, newest or a step", "best"
    )
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


@options
class EditConfig:
    """What every edit of `gan-edit` takes."""

    checkpoint: Annotated[str, Field(min_length=1)] = Field(
        description="run directory, the beginning of its name in runs/, or last; "
        "checkpoint= may be left out"
    )
    edit: str | None = option("what to do; each edit has keys of its own", None)
    step: Literal["best", "newest"] | Annotated[int, Field(ge=0)] = option(
        "best, newest or a step", "best"
    )
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
    batch_size: Annotated[int, Field(ge=1, le=65536)] = option("images computed at once", 64)
    output: str | None = option(
        "folder to write; null: named after run and edit, in the current directory", None
    )
    plugins: list[str] = option(PLUGINS, [])


@options
class EvaluateConfig:
    """What `gan-evaluate` needs beside the data set, which is the run's own unless `data` names
    another.
    """

    checkpoint: str | None = option(
        "run directory, the beginning of its name in runs/, or last; checkpoint= may be left out",
        None,
    )
    samples: str | None = option(
        "folder, zip or npz of images from any program, instead of checkpoint", None
    )
    compare: list[str] | None = option(
        "run directories to rank, instead of checkpoint; compare= may be left out", None
    )
    step: Literal["best", "newest"] | Annotated[int, Field(ge=0)] = option(
        "best, newest or a step", "best"
    )
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
    batch_size: Annotated[int, Field(ge=1, le=65536)] = option("images computed at once", 64)
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


@options
class PlotConfig:
    """Everything that `gan-plot` needs."""

    runs: Annotated[
        list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=24)
    ] = Field(description="run directories; runs= may be left out")
    keys: Annotated[list[str], Field(min_length=1)] | None = option(
        "numbers of metrics.jsonl to draw, e.g. [loss_generator]; null: all", None
    )
    smooth: Annotated[float, Field(ge=0.0, le=0.99)] = option(
        "smooth losses, logits and speed by a moving average: weight of the past, 0: off", 0.0
    )
    output: Annotated[str, Field(min_length=1)] | None = option(
        "PNG to write; null: named after the run, in the current directory", None
    )


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


@options
class WatchConfig:
    """Everything that `gan-watch` needs."""

    folder: Annotated[str, Field(min_length=1)] = option(
        "folder of runs, or a run; folder= may be left out", "runs"
    )
    port: Annotated[int, Field(ge=1, le=65535)] | None = option(
        "port at 127.0.0.1; null: 6061, or a free one if that is taken", None
    )


@options
class DataConfig:
    """What `gan-data` takes beside the keys of gan-train."""

    output: str | None = option(
        "folder of the report; null: gan-data-NAME in the current directory", None
    )
    steps: Annotated[int, Field(ge=0)] = option(
        "steps to time for the estimate; 0: no estimate", 10
    )
