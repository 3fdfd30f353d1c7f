"""`gan-train`: one run, a resumed run, or one run for each job of a multirun."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from gan_cli.base.errors import ConfigError
from gan_cli.cli import app, bare, jobs, single, sweeper
from gan_cli.cli.options import all_keys
from gan_cli.sweeps import plan

MULTIRUN = {"-m", "--multirun", "hydra.mode=MULTIRUN"}
SWEEP_DIRECTORY, SWEEP_RESUME = "hydra.sweep.dir=", "sweep.resume="
_PLAYERS_KEY = re.compile(r"^\+{0,2}(?=optimizer\.players\.)")
"""Players differ from model to model, so an override of one may add its key: Hydra's ++."""
_ANY_KEY = re.compile(r"^\+{0,2}(?=\w+\.[\w.]+=)")
"""With resume= the options of model and data are the run's own, which Hydra has not read: the
schema checks the keys.
"""


def main() -> int:
    """The console script; returns the exit code."""
    if not MULTIRUN & set(sys.argv[1:]):
        return start(job)
    try:
        directory, sys.argv[1:] = _in_directory(sys.argv[1:])
    except ConfigError as error:
        return app.fail("train", error)
    code = start(job, sweeper.ending(directory))
    plan.discard_if_empty(directory)
    return code


def start(
    job: Callable[[DictConfig], float | None], around: AbstractContextManager[None] | None = None
) -> int:
    """Compose this process's arguments and call a job with the result; returns the exit code."""
    opened = (
        _ANY_KEY if any(argument.startswith("resume=") for argument in sys.argv) else _PLAYERS_KEY
    )
    sys.argv[1:] = [re.sub(opened, "++", argument) for argument in sys.argv[1:]]
    return app.run("train", job, all_keys(), around)


def job(composed: DictConfig) -> float | None:
    """One composed configuration."""
    if HydraConfig.get().mode == RunMode.MULTIRUN:
        return jobs.job(composed)
    elsewhere = HydraConfig.get().runtime.choices.get("cluster") not in (None, "none")
    if composed.sweep.resume is not None or composed.sweep.halving is not None or elsewhere:
        raise ConfigError(
            "sweep.resume=, sweep.halving= and cluster= are for a sweep, be it of one job: add -m"
        )
    single.train(composed)
    return None


def _in_directory(arguments: list[str]) -> tuple[Path, list[str]]:
    """Where a sweep writes, and its arguments with that said to Hydra.

    Raises:
        ConfigError: both a new directory and one to go on in are given.
    """
    given = {
        key: [each for each in arguments if each.startswith(key)]
        for key in (SWEEP_DIRECTORY, SWEEP_RESUME)
    }
    if given[SWEEP_RESUME] and given[SWEEP_DIRECTORY]:
        raise ConfigError(
            "sweep.resume= goes on in the sweep's own directory; leave out hydra.sweep.dir="
        )
    if given[SWEEP_DIRECTORY]:
        return Path(
            given[SWEEP_DIRECTORY][-1].removeprefix(SWEEP_DIRECTORY).strip("'\"")
        ), arguments
    resumed = (
        given[SWEEP_RESUME][-1].removeprefix(SWEEP_RESUME).strip("'\"")
        if given[SWEEP_RESUME]
        else None
    )
    path = resumed or _new_directory()
    overrides = [
        place for place, each in enumerate(arguments) if "=" in each and not each.startswith("-")
    ]
    place = (
        overrides[0] if overrides else len(arguments)
    )  # Hydra takes overrides in one piece, flags before or after it
    return Path(path), [
        *arguments[:place],
        f"{SWEEP_DIRECTORY}{bare.quoted(path)}",
        *arguments[place:],
    ]


def _new_directory() -> str:
    """runs/DATE/TIME-sweep, numbered where another sweep of the same second has it."""
    first = f"runs/{datetime.now():%Y-%m-%d/%H-%M-%S}-sweep"
    path, number = first, 1
    while os.path.exists(path):
        number += 1
        path = f"{first}-{number}"
    return path
