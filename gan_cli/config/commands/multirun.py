"""What the launcher and the search of `gan-train -m` take."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from gan_cli.config.options import Bound, option, options


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
