"""Typed schema of every config group. No TensorFlow, no Hydra: plain values in, dataclasses out."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from gan_cli.base.errors import ConfigError, unknown

STRICT = ConfigDict(extra="forbid", strict=True)

Count = Annotated[int, Field(ge=1, le=2**62)]
OptionalCount = Annotated[int | None, Field(ge=1, le=2**62)]
Side = Annotated[int, Field(ge=8, le=2048)]
Size = Annotated[Side | Annotated[list[Side], Field(min_length=2, max_length=2)] | None, Field()]
Rate = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Bound = Annotated[float | None, Field(gt=0.0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Weight = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Change = Literal["color", "translation", "cutout"]


def describe(text: str, default: Any) -> Any:
    """A field with the line that docs/options.md shows."""
    return Field(default=default, description=text)


@dataclass(frozen=True, config=STRICT)
class Augment:
    """Options of the group `augment`: random changes to images, new ones in every step."""

    horizontal_flip: bool = describe("mirror half of the images left to right", False)
    vertical_flip: bool = describe("mirror half of the images top to bottom", False)
    rotation: Annotated[float, Field(ge=0.0, le=180.0)] = describe(
        "largest angle in degrees, to either side", 0.0
    )
    crop: Annotated[float, Field(gt=0.1, le=1.0)] = describe(
        "smallest share of the sides that a random crop keeps; it is scaled back to the full size",
        1.0,
    )
    brightness: Share = describe("largest change of brightness, as a share of the range", 0.0)
    contrast: Share = describe("largest relative change of contrast", 0.0)
    saturation: Annotated[float, Field(ge=0.0, le=1.0)] = describe(
        "largest relative change of saturation (RGB)", 0.0
    )
    hue: Annotated[float, Field(ge=0.0, le=180.0)] = describe(
        "largest turn of the hue in degrees (RGB)", 0.0
    )
    differentiable: list[Change] = describe(
        (
            "changes to real and generated images alike, on the discriminator's side: color, "
            "translation, cutout"
        ),
        [],
    )


@dataclass(frozen=True, config=STRICT)
class Loss:
    """Options of the group `loss`; `name` is a key of `gan_cli.objectives.losses.ADVERSARIAL`."""

    name: Literal[
        "minimax", "non_saturating", "least_squares", "hinge", "wasserstein", "relativistic_paired"
    ]
    weight_clip: Bound = describe(
        "largest absolute weight of the discriminator (Wasserstein); null: unbounded", None
    )
    discriminator_steps: Annotated[int, Field(ge=1, le=100)] = describe(
        "updates of the discriminator for one of the generator, each with images of its own", 1
    )
    label_smoothing: Annotated[float, Field(ge=0.0, lt=0.5)] = describe(
        "one-sided: real images count as real by 1 minus this (cross-entropy and least squares)",
        0.0,
    )
    instance_noise: Weight = describe(
        "standard deviation of noise on all images that the discriminator sees", 0.0
    )
    instance_noise_steps: OptionalCount = describe(
        "steps in which that noise falls linearly to 0; null: it stays", None
    )
    pack: Annotated[int, Field(ge=1, le=16)] = describe(
        "images that the discriminator judges together (PacGAN)", 1
    )
    gradient_penalty: Weight = describe(
        "weight of the gradient penalty between real and generated images; 0: off", 0.0
    )
    gradient_penalty_sides: Literal["two", "one"] = describe(
        "two: gradient norms other than 1 cost; one: only those above 1", "two"
    )
    gradient_penalty_interval: Count = describe(
        "updates of the discriminator from one penalty to the next", 1
    )
    r1: Weight = describe("weight of the penalty on gradients at real images; 0: off", 0.0)
    r1_interval: Count = describe("updates of the discriminator from one R1 penalty to the next", 1)
    r2: Weight = describe("weight of the penalty on gradients at generated images; 0: off", 0.0)
    r2_interval: Count = describe("updates of the discriminator from one R2 penalty to the next", 1)
    dragan: Weight = describe("weight of the gradient penalty around real images; 0: off", 0.0)
    dragan_interval: Count = describe(
        "updates of the discriminator from one DRAGAN penalty to the next", 1
    )


@dataclass(frozen=True, config=STRICT)
class PlayerOptimizer:
    """What one player may set for itself; null: as the optimizer of all."""

    learning_rate: Rate | None = describe("step size", None)
    beta_1: Share | None = describe("decay of the first moment (Adam, AdamW)", None)
    beta_2: Share | None = describe("decay of the second moment (Adam, AdamW)", None)
    rho: Share | None = describe("decay of the mean square (RMSprop)", None)
    momentum: Share | None = describe("momentum (RMSprop, SGD)", None)
    epsilon: Rate | None = describe("added to the denominator", None)
    weight_decay: Annotated[float | None, Field(ge=0.0, allow_inf_nan=False)] = describe(
        "decoupled weight decay (AdamW)", None
    )
    clip_norm: Bound = describe("largest global norm of a gradient", None)


@dataclass(frozen=True, config=STRICT)
class Optimizer:
    """Options of the group `optimizer`: one setting for all players and an override per player."""

    name: Literal["adam", "adamw", "rmsprop", "sgd"]
    learning_rate: Rate = describe("step size", 2e-4)
    beta_1: Share = describe("decay of the first moment (Adam, AdamW)", 0.5)
    beta_2: Share = describe("decay of the second moment (Adam, AdamW)", 0.999)
    rho: Share = describe("decay of the mean square (RMSprop)", 0.9)
    momentum: Share = describe("momentum (RMSprop, SGD)", 0.0)
    epsilon: Rate = describe("added to the denominator", 1e-7)
    weight_decay: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = describe(
        "decoupled weight decay (AdamW)", 0.0
    )
    clip_norm: Bound = describe("largest global norm of a gradient; null: off", None)
    players: dict[str, PlayerOptimizer] = describe(
        "any of these keys for one player alone, e.g. players.generator", {}
    )


@dataclass(frozen=True, config=STRICT)
class Schedule:
    """Options of the group `schedule`: a factor on every learning rate."""

    name: Literal["constant", "linear", "cosine", "exponential"]
    warmup_steps: Annotated[int, Field(ge=0)] = describe(
        "steps over which the rate rises linearly from 0", 0
    )
    end_factor: Annotated[float, Field(ge=0.0, le=1.0)] = describe(
        "share of the rate that is left at the end", 0.0
    )
    steps: OptionalCount = describe("step at which the decay ends; null: training.steps", None)


@dataclass(frozen=True, config=STRICT)
class Training:
    """Options of the section `training`."""

    steps: Count = describe("optimizer steps of the whole run", 3000)
    epochs: OptionalCount = describe(
        "passes over the data, instead of steps; null: steps decides", None
    )
    batch_size: Count = describe("images a step", 64)
    steps_per_call: OptionalCount = describe(
        "steps in one call of the graph; null: half a second's worth", None
    )
    precision: Literal["float32", "bfloat16", "float16"] = describe(
        "arithmetic of the networks: float32, bfloat16 or (mixed, with a loss scale) float16",
        "float32",
    )
    xla: bool = describe("compile the step with XLA (slower on a CPU)", False)
    feed: Literal["auto", "resident", "stream"] = describe(
        (
            "real images resident on the device, or streamed; auto: resident up to a quarter of "
            "its "
            "memory"
        ),
        "auto",
    )
    threads: OptionalCount = describe("threads of one operation; null: one per core", None)
    ema_decay: Share = describe(
        "decay of the averaged generator that previews and samples show; 0: off", 0.999
    )
    log_every: Count = describe("steps between lines of metrics.jsonl", 100)
    preview_every: Count = describe("steps between preview grids", 500)
    preview_count: Annotated[int, Field(ge=1, le=1024)] = describe("images in a preview grid", 64)
    checkpoint_every: Count = describe("steps between checkpoints", 1000)
    tensorboard: bool = describe("also write TensorBoard events (extra: tensorboard)", False)


@dataclass(frozen=True, config=STRICT)
class Evaluation:
    """Options of the section `evaluation`: a Fréchet distance while training, which chooses the
    best checkpoint.
    """

    every: OptionalCount = describe("steps between scores; null: none", 1000)
    count: Annotated[int, Field(ge=16, le=10**6)] = describe("samples of one score", 2000)
    final_count: Annotated[int | None, Field(ge=16, le=10**6)] = describe(
        "samples with which the three best are scored again at the end; null: they are not", 10_000
    )
    extractor: Literal["auto", "classifier", "random", "inception", "vgg16", "pixels"] = describe(
        "network that sees the images; auto: classifier where the data has labels, else random",
        "auto",
    )
    objective: Literal["frechet", "elbo_held_out"] = describe(
        "what a sweep ranks runs by: frechet, or elbo_held_out of models with a likelihood",
        "frechet",
    )
    patience: OptionalCount = describe(
        "scores without a better one after which the run ends early; null: it does not", None
    )


@dataclass(frozen=True, config=STRICT)
class Sweep:
    """Options of the section `sweep`: of gan-train -m."""

    resume: Annotated[str, Field(min_length=1)] | None = describe(
        "directory of a sweep to go on in, with the command that began it: runs what is not done",
        None,
    )
    halving: Annotated[int | None, Field(ge=2, le=16)] = describe(
        (
            "successive halving: one of so many settings goes on at each rung; null: all run to "
            "their end"
        ),
        None,
    )


@dataclass(frozen=True, config=STRICT)
class Processes:
    """Options of `hydra/launcher=processes`."""

    jobs: Literal["auto"] | Annotated[int, Field(ge=1, le=1024)] = describe(
        "runs at a time; auto: one per GPU, or without one as many as cores and memory allow",
        "auto",
    )
    memory_gb: Annotated[float, Field(gt=0.0, le=10_000.0)] = describe(
        "memory that auto counts with for each run", 1.5
    )
    pin: bool = describe(
        "keep each run on cores of its own, so that runs do not wait for each other's threads", True
    )
    timeout: Bound = describe(
        "seconds that a job may take before it is stopped, saved; null: any", None
    )
    retries: Annotated[int, Field(ge=0, le=100)] = describe(
        "times that a job whose process crashed is started again", 1
    )


@dataclass(frozen=True, config=STRICT)
class Optuna:
    """Options of `hydra/sweeper=optuna`."""

    n_trials: Annotated[int, Field(ge=1, le=100_000)] = describe(
        "trials of the whole study, those before sweep.resume= too", 20
    )
    n_jobs: Annotated[int, Field(ge=1, le=1024)] = describe(
        "trials that are drawn, and run, at a time", 2
    )
    sampler: str | dict[str, Any] = describe(
        "one of Optuna's: name (tpe, random, cmaes, gp, grid, ...), seed, arguments of its class",
        {"name": "tpe", "seed": None},
    )
    pruner: str | dict[str, Any] | None = describe(
        "one of Optuna's: name (median, hyperband, ...) and arguments; it is for sweep.halving",
        None,
    )
    params: dict[str, Any] | None = describe(
        "what is searched over, by key, for YAML of your own", None
    )


@dataclass(frozen=True, config=STRICT)
class TrainConfig:
    """Everything that `gan-train` needs; `model` and `data` are the options dataclasses of their
    names.
    """

    model: Any
    data: Any
    loss: Loss
    optimizer: Optimizer
    schedule: Schedule
    training: Training
    augment: Augment = Augment()
    evaluation: Evaluation = Evaluation()
    watchdog: Literal["off", "warn", "rollback"] = describe(
        (
            "a run that goes wrong: off, warn, or rollback to the best checkpoint with half the "
            "learning rate"
        ),
        "warn",
    )
    seed: Seed = describe("every random draw follows from it", 0)
    init_from: Annotated[str, Field(min_length=1)] | None = describe(
        (
            "run directory, or a step-N of its checkpoints, whose weights a new run starts with "
            "where "
            "they fit"
        ),
        None,
    )


@dataclass(frozen=True, config=STRICT)
class SampleConfig:
    """Everything that `gan-sample` needs."""

    checkpoint: Annotated[str, Field(min_length=1)]
    step: Literal["best", "newest"] | Annotated[int, Field(ge=0)] = describe(
        "best, newest or a step", "best"
    )
    count: Annotated[int | None, Field(ge=1, le=10**9)] = describe(
        "how many images or sequences; null: 64, or all of latents", None
    )
    seed: Seed = describe("the same seed gives the same images", 0)
    labels: int | str | list[int | str] | None = describe(
        (
            "classes by name or number, e.g. [cat,dog], given in turn; null: drawn, or a row for "
            "each "
            "in a grid"
        ),
        None,
    )
    truncation: Annotated[float | None, Field(gt=0.0, le=100.0)] = describe(
        "largest absolute value of a drawn latent: nearer to the mean, less varied; null: off", None
    )
    latents: Annotated[str, Field(min_length=1)] | None = describe(
        ".npy file with latents [N, ...] to use instead of drawn ones", None
    )
    steps: Annotated[int | None, Field(ge=1, le=1024)] = describe(
        "frames of a sequence; null: as many as the data has", None
    )
    batch_size: Annotated[int, Field(ge=1, le=65536)] = describe("images computed at once", 64)
    format: Literal["grid", "png", "npz", "gif"] = describe(
        "one grid, a folder of PNG files, one npz, or (sequences) a grid that plays", "grid"
    )
    fps: Annotated[int, Field(ge=1, le=50)] = describe("frames per second of format=gif", 10)
    output: str | None = describe(
        "file or folder to write; null: named after the run, in this directory", None
    )


@dataclass(frozen=True, config=STRICT)
class EvaluateConfig:
    """What `gan-evaluate` needs beside the data set, which is the run's own unless `data` names
    another.
    """

    checkpoint: str | None = describe("run directory of gan-train", None)
    samples: str | None = describe(
        "folder, zip or npz of images that any program made, instead of checkpoint", None
    )
    compare: list[str] | None = describe("run directories to rank, instead of checkpoint", None)
    step: Literal["best", "newest"] | Annotated[int, Field(ge=0)] = describe(
        "best, newest or a step", "best"
    )
    metrics: list[str] | None = describe(
        "which to measure; null: those that fit the extractor", None
    )
    extractor: Literal["auto", "classifier", "random", "inception", "vgg16", "pixels"] = describe(
        "network that sees the images; auto: classifier where the data has labels, else random",
        "auto",
    )
    weights: str | None = describe(
        "file with the weights of extractor=inception or vgg16; null: look around", None
    )
    count: Annotated[int, Field(ge=16, le=10**6)] = describe(
        "samples, and most real images to compare with", 10_000
    )
    split: Literal["auto", "test", "train"] = describe(
        "real images to compare with; auto: the test split where it has 1,000", "auto"
    )
    repeats: Annotated[int, Field(ge=1, le=100)] = describe(
        "times it is done, with fresh samples", 2
    )
    seed: Seed = describe("of the first samples", 0)
    batch_size: Annotated[int, Field(ge=1, le=65536)] = describe("images computed at once", 64)
    people: bool = describe("write a page on which people judge, instead of scores", False)
    people_count: Annotated[int, Field(ge=5, le=500)] = describe(
        "real and generated images on that page, each", 50
    )
    exposure_ms: Annotated[int | None, Field(ge=50, le=60_000)] = describe(
        "milliseconds that the page shows an image; null: no limit", None
    )
    answers: list[str] | None = describe("files of people's answers to add to the scores", None)
    output: str | None = describe(
        "where to write; null: scores/ in the run directory, or this directory", None
    )


@dataclass(frozen=True, config=STRICT)
class PlotConfig:
    """Everything that `gan-plot` needs."""

    runs: Annotated[
        list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=24)
    ] = Field(description="run directories of gan-train, also as bare arguments")
    keys: Annotated[list[str], Field(min_length=1)] | None = describe(
        "numbers of metrics.jsonl to draw, e.g. [loss_generator]; null: all", None
    )
    smooth: Annotated[float, Field(ge=0.0, le=0.99)] = describe(
        "weight of the past in a moving average of losses, logits and speed; 0: none", 0.0
    )
    output: Annotated[str, Field(min_length=1)] | None = describe(
        "PNG to write; null: named after the run, in this directory", None
    )


@dataclass(frozen=True, config=STRICT)
class ReportConfig:
    """Everything that `gan-report` needs."""

    directory: Annotated[str, Field(min_length=1)] = Field(
        description="of a sweep, or any that holds run directories; also as the bare argument"
    )
    objective: Literal["frechet", "elbo_held_out"] | None = describe(
        "score to rank by; null: evaluation.objective of the runs", None
    )
    samples: Annotated[int, Field(ge=0, le=256)] = describe(
        "images in the grid of each job (at least 4 a class for up to 10 classes); 0: no grids", 16
    )
    output: Annotated[str, Field(min_length=1)] | None = describe(
        "HTML file to write, its CSV beside it; null: report.html in the directory", None
    )


@dataclass(frozen=True, config=STRICT)
class DataConfig:
    """What `gan-data` takes beside the keys of gan-train."""

    output: str | None = describe(
        "folder of the report; null: gan-data-NAME, in this directory", None
    )
    steps: Annotated[int, Field(ge=0)] = describe(
        "steps to time for the estimate; 0: without one", 10
    )


Options = TypeVar("Options")


def parse(schema: type[Options], values: Any, section: str = "") -> Options:
    """Plain `values` as the dataclass `schema`, or a ConfigError of one line with the key and what
    is accepted.
    """
    try:
        return TypeAdapter(schema).validate_json(
            json.dumps(values)
        )  # strict types, yet a mapping for a dataclass
    except ValidationError as error:
        raise ConfigError(_explain(schema, error, section)) from None


def _explain(schema: type, error: ValidationError, section: str) -> str:
    problem = error.errors(include_url=False)[0]
    path = [str(part) for part in problem["loc"] if _is_key(part)]
    key = ".".join([section, *path] if section else path)
    if problem["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return unknown("key", key, accepted_keys(schema, path, section))
    if problem["type"] in ("missing", "missing_argument"):
        return f"{key} is missing"
    return f"{key}={problem['input']}: {_sentence(error)}"


def _is_key(part: int | str) -> bool:
    """Pydantic adds the tried alternative of a union ('int', 'literal[...]') to the path of a
    key.
    """
    return isinstance(part, str) and not re.fullmatch(
        r"(constrained-)?(int|float|str|bool|none|list)|.*[\[(].*", part
    )


def _sentence(error: ValidationError) -> str:
    reasons = [str(problem["msg"]) for problem in error.errors(include_url=False)]
    return "; or ".join(dict.fromkeys(reason[0].lower() + reason[1:] for reason in reasons[:3]))


def accepted_keys(schema: type, path: list[str], section: str) -> list[str]:
    """The full names of the keys beside the unknown one."""
    for part in path[:-1]:
        field = getattr(schema, "__pydantic_fields__", {}).get(part)
        if field is not None:  # a dataclass, or a mapping to one
            schema = (get_args(field.annotation) or [field.annotation])[-1]
    parents = [section, *path[:-1]] if section else path[:-1]
    return [".".join([*parents, name]) for name in getattr(schema, "__pydantic_fields__", {})]
