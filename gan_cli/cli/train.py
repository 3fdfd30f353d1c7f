"""`gan-train`: one run, a resumed run, or one run for each job of a multirun."""

from __future__ import annotations

import os
import re
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from tqdm import tqdm

from gan_cli import data, fit
from gan_cli.cli import app
from gan_cli.cli.quiet import quiet
from gan_cli.cli.stored import plain, resumed, stored_values
from gan_cli.errors import GanError, Interrupted, SweepError
from gan_cli.options import all_keys
from gan_cli.registry import train_config
from gan_cli.training import init_from
from gan_cli.training.rundir import RunDirectory

FAILED: list[str] = []
"""Of this process's multirun: a line for each job that failed."""


_PLAYERS_KEY = re.compile(r"^\+{0,2}(?=optimizer\.players\.)")
"""Players differ from model to model, so an override of one may add its key: Hydra's ++."""
_ANY_KEY = re.compile(r"^\+{0,2}(?=\w+\.[\w.]+=)")
"""With resume= the options of model and data are the run's own, which Hydra has not read: the schema checks the keys."""


def main() -> int:
    """The console script; returns the exit code."""
    FAILED.clear()
    OmegaConf.register_new_resolver("gan_sweep_dir", _sweep_directory, use_cache=True, replace=True)
    opened = _ANY_KEY if any(argument.startswith("resume=") for argument in sys.argv) else _PLAYERS_KEY
    sys.argv[1:] = [re.sub(opened, "++", argument) for argument in sys.argv[1:]]
    return app.run("train", job, all_keys(), _report_failures)


def job(composed: DictConfig) -> None:
    """One composed configuration; in a multirun a failure is recorded and the next job starts."""
    if HydraConfig.get().mode != RunMode.MULTIRUN:
        train(composed, None)
        return
    directory = Path(HydraConfig.get().runtime.output_dir)
    overrides = " ".join(_overrides())
    _say(f"\njob {directory.name}: {overrides}")
    try:
        train(composed, str(directory))
    except Interrupted as error:
        raise SystemExit(app.fail("train", error)) from None  # ends the sweep too
    except Exception as error:  # whatever it is, the other jobs shall run
        expected = isinstance(error, GanError)
        line = str(error) if expected else f"{type(error).__name__}: {error}".splitlines()[0]
        _log(directory, line if expected else traceback.format_exc())
        FAILED.append(f"  {directory.name}  {overrides}: {line}")
        print(f"job {directory.name} failed: {line}", file=sys.stderr, flush=True)


def train(composed: DictConfig, directory: str | None) -> None:
    """Check, load, and only then import TensorFlow and train."""
    OmegaConf.set_struct(composed, False)
    resume, run_dir = composed.pop("resume"), composed.pop("run_dir")
    if run_dir is None:
        run_dir = _hydra_directory() or directory
    stored = stored_values(composed)
    if resume is not None:
        run = RunDirectory.resume(str(resume))
        stored, values = resumed(run, stored, composed, _overrides())
    else:
        values = plain(composed)
    config = train_config(values)
    source = data.load(config.data)
    source.batches(config.training.batch_size)
    fit.check_run(config, source.spec)
    if resume is None:
        if config.init_from is not None:
            init_from.locate(config.init_from)  # a mistake shows before TensorFlow is imported
        run = RunDirectory.create(run_dir and str(run_dir), f"{config.model.name}-{config.data.name}")
        _keep_for_people(run.path, composed)
    try:
        _log(run.path, " ".join(["gan-train", *_overrides()]))
        _train(config, stored, source, run)
        _log(run.path, "done")
    except GanError as error:
        _log(run.path, str(error))
        raise
    finally:
        if directory is None:
            run.discard_if_empty()
        run.release()


def _train(config: Any, stored: dict[str, Any], source: Any, run: RunDirectory) -> None:
    with quiet():
        from gan_cli.training import run as training_run
    last = training_run.train(config, stored, source, run, _say)
    if last is not None:
        _say(f"run directory  {run.path}")
        _say(f"last grid      {last}")


def _hydra_directory() -> str | None:
    """hydra.run.dir, where the user has set it: Hydra's own name for run_dir."""
    chosen = str(HydraConfig.get().run.dir)
    return None if chosen == "." else chosen


def _overrides() -> list[str]:
    """The overrides of this job as they were typed: what the environment holds stays out of logs."""
    typed: list[str] = OmegaConf.to_container(HydraConfig.get().overrides.task, resolve=False)  # type: ignore[assignment]
    return typed


def _keep_for_people(path: Path, composed: DictConfig) -> None:
    """Hydra's usual file, not resolved, so that values from the environment stay out of it; nothing reads it back."""
    folder = path / ".hydra"
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(OmegaConf.to_yaml(composed), encoding="utf-8")


def _say(line: str) -> None:
    tqdm.write(line)  # above the bar, where there is one
    sys.stdout.flush()


def _log(directory: Path, text: str) -> None:
    try:
        with (directory / "train.log").open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {text}\n")
    except OSError:
        pass  # a full disk has its own message


def _report_failures() -> None:
    if FAILED:
        failures = "\n".join(FAILED)
        raise SweepError(f"{len(FAILED)} of the sweep's jobs failed, each has its error in its train.log:\n{failures}")


def _sweep_directory() -> str:
    """runs/DATE/TIME-sweep, numbered where another sweep of the same second has it."""
    first = f"runs/{datetime.now():%Y-%m-%d/%H-%M-%S}-sweep"
    path, number = first, 1
    while os.path.exists(path):
        number += 1
        path = f"{first}-{number}"
    return path
