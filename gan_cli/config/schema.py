"""The typed schema of the sections and groups that are not open: one dataclass each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from gan_cli.config.options import (
    AdaptiveChange,
    Bound,
    Change,
    Count,
    OptionalCount,
    Rate,
    RunName,
    Seed,
    Share,
    Threads,
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
            "changes to real and generated images alike, before the discriminator sees them: "
            "color, translation, cutout"
        ),
        [],
    )
    ada: list[AdaptiveChange] = option(
        (
            "changes to real and generated images alike, with a probability that follows the "
            "discriminator's overfitting: flip, quarter_turns, translation, scale, rotation, "
            "anisotropic_scale, fractional_translation, brightness, contrast, luma_flip, hue, "
            "saturation"
        ),
        [],
    )
    ada_target: Annotated[float, Field(gt=0.0, lt=1.0)] = option(
        "overfitting that this probability aims at: 0 is none, 1 means real images are learnt"
        " by heart",
        0.6,
    )
    ada_images: Count = option("real images in which this probability can go from 0 to 1", 500_000)
    ada_interval: Count = option(
        "change this probability in every n-th update of the discriminator", 4
    )


@options
class PlayerOptimizer:
    """What one player may set for itself; null: as the optimizer of all."""

    learning_rate: Rate | None = option("step size", None)
    rate_factor: Rate = option("times the step size: the balance between players", 1.0)
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
        "any of these keys for one network alone, e.g. players.generator", {}
    )


@options
class Schedule:
    """Options of the group `schedule`: a factor on every learning rate, and what else changes along
    the same curve.
    """

    name: Literal["constant", "linear", "cosine", "exponential"]
    warmup_steps: Annotated[int, Field(ge=0)] = option(
        "steps over which the rate rises linearly from 0", 0
    )
    end_factor: Annotated[float, Field(ge=0.0, le=1.0)] = option(
        "share of the rate that is left at the end", 0.0
    )
    steps: OptionalCount = option("step at which the decay ends; null: training.steps", None)
    end_beta_2: Share | None = option(
        "optimizer.beta_2 at the end (Adam, AdamW); null: it stays", None
    )
    end_penalty_factor: Annotated[float, Field(ge=0.0, le=1.0)] = option(
        "share of the weights of all penalties that is left at the end", 1.0
    )


@options
class Training:
    """Options of the section `training`."""

    steps: Count = option("optimizer steps of the whole run", 3000)
    epochs: OptionalCount = option(
        "passes over the data, instead of steps; null: steps counts", None
    )
    minutes: Annotated[float | None, Field(gt=0.0, allow_inf_nan=False)] = option(
        "minutes of training, instead of steps; a new run measures the speed of its first "
        "steps; null: steps counts",
        None,
    )
    batch_size: Count = option("images per step", 64)
    steps_per_call: OptionalCount = option(
        "steps in one call of the graph; null: half a second's worth", None
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = option(
        (
            "arithmetic of the networks: float32, bfloat16, or float16 (mixed, with a loss "
            "scale); auto: bfloat16 if the device has it and scores do not suffer, else float32"
        ),
        "auto",
    )
    xla: bool = option("compile the step with XLA (slower on a CPU)", False)
    feed: Literal["auto", "resident", "stream"] = option(
        (
            "whether real images are resident on the device or streamed; auto: resident, up to a "
            "quarter of its memory"
        ),
        "auto",
    )
    threads: Threads = option(
        "threads of one operation; null: one per core; auto: one for narrow networks, else null",
        "auto",
    )
    ema_decay: Share = option(
        "decay of the moving average of the generator, which previews and samples use; 0: off",
        0.999,
    )
    ema_half_life: OptionalCount = option(
        "images after which that average has forgotten half, instead of ema_decay; null: "
        "ema_decay counts",
        None,
    )
    log_every: Count = option("steps between lines of metrics.jsonl", 100)
    preview_every: Count = option("steps between preview grids", 500)
    preview_count: Annotated[int, Field(ge=1, le=1024)] = option("images in a preview grid", 64)
    checkpoint_every: Count = option("steps between checkpoints", 1000)


@options
class Evaluation:
    """Options of the section `evaluation`: a Fréchet distance while training, which chooses the
    best checkpoint.
    """

    every: OptionalCount = option("steps between scores; null: none", 1000)
    count: Annotated[int, Field(ge=16, le=10**6)] = option("samples for one score", 2000)
    final_count: Annotated[int | None, Field(ge=16, le=10**6)] = option(
        "samples with which the three best checkpoints are scored again at the end; null: "
        "they are not",
        10_000,
    )
    extractor: str = option(
        "network in whose features images are compared; auto: classifier if the data has "
        "labels, else random",
        "auto",
    )
    objective: Literal["frechet", "elbo_held_out"] = option(
        "what runs are ranked by: frechet, or elbo_held_out for models with a likelihood",
        "frechet",
    )
    patience: OptionalCount = option(
        "how many scores without improvement end the run early; null: none do", None
    )


@options
class Distribution:
    """Options of the group `distribution`: the devices that share each batch."""

    name: Literal["none", "mirrored", "multi_worker"] = "none"
    replicas: OptionalCount = option(
        "devices of this machine (mirrored); null: every GPU, or one per core", None
    )
    workers: OptionalCount = option(
        "processes to start on this machine (multi_worker); null: those of TF_CONFIG or Slurm",
        None,
    )


GROUPS = ("model", "data", "loss", "optimizer", "schedule", "augment", "distribution")
"""The sections of a run's configuration whose values are chosen by the name of a YAML or entry."""


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
    training: Training = Field(default_factory=Training)
    augment: Augment = Field(default_factory=Augment)
    evaluation: Evaluation = Field(default_factory=Evaluation)
    distribution: Distribution = Field(default_factory=Distribution)
    watchdog: Literal["off", "warn", "rollback"] = option(
        (
            "when a run goes wrong: off, warn, or rollback to the best checkpoint with half the "
            "learning rate"
        ),
        "warn",
    )
    seed: Seed = option("decides every random number of the run", 0)
    init_from: Annotated[str, Field(min_length=1)] | None = option(
        "run, or a folder step-N of its checkpoints, whose weights a new run starts from "
        "where they fit",
        None,
    )
    name: RunName | None = option(
        "name of the run (letters, digits and ._+-), instead of model-data in the name of its"
        " directory",
        None,
    )
    notes: Annotated[str, Field(min_length=1, max_length=2000)] | None = option(
        "what you want to remember about the run", None
    )
