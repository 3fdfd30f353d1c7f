"""The typed schema of the sections and groups that are not open: one dataclass each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from gan_cli.config.options import (
    Bound,
    Change,
    Count,
    OptionalCount,
    Rate,
    Seed,
    Share,
    option,
    options,
)


@options
class Augment:
    """Options of the group `augment`: random changes to images, new ones in every step."""

    horizontal_flip: bool = option("mirror half of the images left to right", False)
    vertical_flip: bool = option("mirror half of the images top to bottom", False)
    rotation: Annotated[float, Field(ge=0.0, le=180.0)] = option(
        "largest angle in degrees, to either side", 0.0
    )
    crop: Annotated[float, Field(gt=0.1, le=1.0)] = option(
        "smallest share of the sides that a random crop keeps; it is scaled back to the full size",
        1.0,
    )
    brightness: Share = option("largest change of brightness, as a share of the range", 0.0)
    contrast: Share = option("largest relative change of contrast", 0.0)
    saturation: Annotated[float, Field(ge=0.0, le=1.0)] = option(
        "largest relative change of saturation (RGB)", 0.0
    )
    hue: Annotated[float, Field(ge=0.0, le=180.0)] = option(
        "largest turn of the hue in degrees (RGB)", 0.0
    )
    differentiable: list[Change] = option(
        (
            "changes to real and generated images alike, on the discriminator's side: color, "
            "translation, cutout"
        ),
        [],
    )


@options
class PlayerOptimizer:
    """What one player may set for itself; null: as the optimizer of all."""

    learning_rate: Rate | None = option("step size", None)
    beta_1: Share | None = option("decay of the first moment (Adam, AdamW)", None)
    beta_2: Share | None = option("decay of the second moment (Adam, AdamW)", None)
    rho: Share | None = option("decay of the mean square (RMSprop)", None)
    momentum: Share | None = option("momentum (RMSprop, SGD)", None)
    epsilon: Rate | None = option("added to the denominator", None)
    weight_decay: Annotated[float | None, Field(ge=0.0, allow_inf_nan=False)] = option(
        "decoupled weight decay (AdamW)", None
    )
    clip_norm: Bound = option("largest global norm of a gradient", None)


@options
class Optimizer:
    """Options of the group `optimizer`: one setting for all players and an override per player."""

    name: Literal["adam", "adamw", "rmsprop", "sgd"]
    learning_rate: Rate = option("step size", 2e-4)
    beta_1: Share = option("decay of the first moment (Adam, AdamW)", 0.5)
    beta_2: Share = option("decay of the second moment (Adam, AdamW)", 0.999)
    rho: Share = option("decay of the mean square (RMSprop)", 0.9)
    momentum: Share = option("momentum (RMSprop, SGD)", 0.0)
    epsilon: Rate = option("added to the denominator", 1e-7)
    weight_decay: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = option(
        "decoupled weight decay (AdamW)", 0.0
    )
    clip_norm: Bound = option("largest global norm of a gradient; null: off", None)
    players: dict[str, PlayerOptimizer] = option(
        "any of these keys for one player alone, e.g. players.generator", {}
    )


@options
class Schedule:
    """Options of the group `schedule`: a factor on every learning rate."""

    name: Literal["constant", "linear", "cosine", "exponential"]
    warmup_steps: Annotated[int, Field(ge=0)] = option(
        "steps over which the rate rises linearly from 0", 0
    )
    end_factor: Annotated[float, Field(ge=0.0, le=1.0)] = option(
        "share of the rate that is left at the end", 0.0
    )
    steps: OptionalCount = option("step at which the decay ends; null: training.steps", None)


@options
class Training:
    """Options of the section `training`."""

    steps: Count = option("optimizer steps of the whole run", 3000)
    epochs: OptionalCount = option(
        "passes over the data, instead of steps; null: steps decides", None
    )
    batch_size: Count = option("images a step", 64)
    steps_per_call: OptionalCount = option(
        "steps in one call of the graph; null: half a second's worth", None
    )
    precision: Literal["float32", "bfloat16", "float16"] = option(
        "arithmetic of the networks: float32, bfloat16 or (mixed, with a loss scale) float16",
        "float32",
    )
    xla: bool = option("compile the step with XLA (slower on a CPU)", False)
    feed: Literal["auto", "resident", "stream"] = option(
        (
            "real images resident on the device, or streamed; auto: resident up to a quarter of "
            "its "
            "memory"
        ),
        "auto",
    )
    threads: OptionalCount = option("threads of one operation; null: one per core", None)
    ema_decay: Share = option(
        "decay of the averaged generator that previews and samples show; 0: off", 0.999
    )
    log_every: Count = option("steps between lines of metrics.jsonl", 100)
    preview_every: Count = option("steps between preview grids", 500)
    preview_count: Annotated[int, Field(ge=1, le=1024)] = option("images in a preview grid", 64)
    checkpoint_every: Count = option("steps between checkpoints", 1000)
    tensorboard: bool = option("also write TensorBoard events (extra: tensorboard)", False)


@options
class Evaluation:
    """Options of the section `evaluation`: a Fréchet distance while training, which chooses the
    best checkpoint.
    """

    every: OptionalCount = option("steps between scores; null: none", 1000)
    count: Annotated[int, Field(ge=16, le=10**6)] = option("samples of one score", 2000)
    final_count: Annotated[int | None, Field(ge=16, le=10**6)] = option(
        "samples with which the three best are scored again at the end; null: they are not", 10_000
    )
    extractor: str = option(
        "network that sees the images; auto: classifier where the data has labels, else random",
        "auto",
    )
    objective: Literal["frechet", "elbo_held_out"] = option(
        "what a sweep ranks runs by: frechet, or elbo_held_out of models with a likelihood",
        "frechet",
    )
    patience: OptionalCount = option(
        "scores without a better one after which the run ends early; null: it does not", None
    )


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
class Processes:
    """Options of `hydra/launcher=processes`."""

    jobs: Literal["auto"] | Annotated[int, Field(ge=1, le=1024)] = option(
        "runs at a time; auto: one per GPU, or without one as many as cores and memory allow",
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
class TrainConfig:
    """Everything that `gan-train` needs; `model`, `data` and `loss` are the options dataclasses of
    their names.
    """

    model: Any
    data: Any
    loss: Any
    optimizer: Optimizer
    schedule: Schedule
    training: Training
    augment: Augment = Augment()
    evaluation: Evaluation = Evaluation()
    watchdog: Literal["off", "warn", "rollback"] = option(
        (
            "a run that goes wrong: off, warn, or rollback to the best checkpoint with half the "
            "learning rate"
        ),
        "warn",
    )
    seed: Seed = option("every random draw follows from it", 0)
    init_from: Annotated[str, Field(min_length=1)] | None = option(
        (
            "run directory, or a step-N of its checkpoints, whose weights a new run starts with "
            "where "
            "they fit"
        ),
        None,
    )


@options
class SampleConfig:
    """Everything that `gan-sample` needs."""

    checkpoint: Annotated[str, Field(min_length=1)]
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
    truncation: Annotated[float | None, Field(gt=0.0, le=100.0)] = option(
        "largest absolute value of a drawn latent: nearer to the mean, less varied; null: off", None
    )
    latents: Annotated[str, Field(min_length=1)] | None = option(
        ".npy file with latents [N, ...] to use instead of drawn ones", None
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


@options
class EvaluateConfig:
    """What `gan-evaluate` needs beside the data set, which is the run's own unless `data` names
    another.
    """

    checkpoint: str | None = option("run directory of gan-train", None)
    samples: str | None = option(
        "folder, zip or npz of images that any program made, instead of checkpoint", None
    )
    compare: list[str] | None = option("run directories to rank, instead of checkpoint", None)
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


@options
class DataConfig:
    """What `gan-data` takes beside the keys of gan-train."""

    output: str | None = option(
        "folder of the report; null: gan-data-NAME, in this directory", None
    )
    steps: Annotated[int, Field(ge=0)] = option(
        "steps to time for the estimate; 0: without one", 10
    )
