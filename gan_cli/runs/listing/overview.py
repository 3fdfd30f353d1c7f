"""What is known of a run at a glance, without reading its weights; it may come from a stranger."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args

from gan_cli.base import files
from gan_cli.base.errors import ConfigError, GanError, RunDirectoryError
from gan_cli.runs import checkpoint, ranking, record
from gan_cli.runs.journal import LONGEST_LINE, is_number
from gan_cli.runs.listing import log
from gan_cli.runs.listing.log import Log
from gan_cli.runs.lock import in_use
from gan_cli.runs.reading import StoredRun, read_run
from gan_cli.runs.record import Job

State = Literal["training", "waiting", "stopped", "pruned", "failed", "done", "damaged"]
STATES: tuple[State, ...] = get_args(State)
LONGEST_TEXT, LONGEST_NOTES = 100, 2000
MOST_FOLDERS = 10_000
LARGEST = 2**62
OF_JOBS: Mapping[str, State] = {
    "waiting": "waiting",
    "pruned": "pruned",
    "failed": "failed",
    "done": "done",
}
"""State of a job's record -> of the run; any other: stopped."""


@dataclass(frozen=True)
class Overview:
    """A run, or a job that has not come to one.

    Attributes:
        name, notes: as it was given them.
        model, data: their names; empty where nothing tells.
        step: of the last line of metrics.jsonl while it trains, else of the newest checkpoint.
        steps: of the whole run; None where that is not known.
        score: Fréchet distance of the best checkpoint, the lower the better.
        score_step: its step.
        state: training (a process is at it), stopped (it can go on), failed (by an error, and can
            go on where that has gone), done, damaged (a file is not as written), and of sweeps
            waiting and pruned.
        began, ended: first and last time in train.log.
        damage: a line for each damaged file.
    """

    path: Path
    name: str | None
    notes: str | None
    model: str
    data: str
    step: int
    steps: int | None
    score: float | None
    score_step: int | None
    state: State
    began: datetime | None
    ended: datetime | None
    damage: tuple[str, ...]


def of(path: Path) -> Overview:
    """What is known of the run in a folder."""
    damage: list[str] = []
    job, busy, history = _job(path, damage), in_use(path), log.read(path / "train.log")
    run = _run(path, damage)
    if run is not None and not busy:  # files come and go while it trains
        damage += run.check(contents=False)
    config = run.config if run else {}
    folder = path / "checkpoints"
    best = next(iter(ranking.ranked(folder)), None)
    newest = next(iter(checkpoint.steps(folder)), 0)
    logged = last_entry(path / "metrics.jsonl").get("step")
    step = logged if type(logged) is int and 0 < logged < LARGEST and (busy or not newest) else 0
    steps = total(config)
    return Overview(
        path,
        text(config.get("name")),
        text(config.get("notes"), LONGEST_NOTES),
        _name(config.get("model")),
        _name(config.get("data")),
        step or newest,
        steps,
        None if best is None else best.score if best.full_score is None else best.full_score,
        None if best is None else best.step,
        _state(busy, damage, job, history, bool(steps) and newest >= (steps or 0)),
        history.began,
        history.ended,
        tuple(dict.fromkeys(damage)),
    )


def total(config: Mapping[str, Any]) -> int | None:
    """Steps of the whole run, of epochs too; None where config.json does not say."""
    training = config.get("training")
    steps = training.get("steps") if isinstance(training, dict) else None
    return steps if type(steps) is int and 0 < steps < LARGEST else None


def text(value: Any, most: int = LONGEST_TEXT) -> str | None:
    """A stranger's text, the beginning of it; None where it is none."""
    return value[:most] if isinstance(value, str) and value else None


def last_entry(path: Path) -> dict[str, Any]:
    """The numbers of the last whole line of a file of JSON lines, unchecked; empty without one."""
    try:
        with files.open_regular(path) as file:
            file.seek(-min(LONGEST_LINE, file.seek(0, os.SEEK_END)), os.SEEK_END)
            lines = file.read(LONGEST_LINE).split(b"\n")[:-1]
        found = json.loads(lines[-1]) if lines else {}
    except (OSError, RunDirectoryError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if is_number(value)}


def size(path: Path) -> int:
    """Bytes of the files in a run directory, links not followed."""
    found = 0
    for folder, _, names in islice(os.walk(path), MOST_FOLDERS):
        for name in names:
            with suppress(OSError):
                found += (Path(folder) / name).lstat().st_size
    return found


def _job(path: Path, damage: list[str]) -> Job | None:
    try:
        return record.read_job(path)
    except GanError as error:
        damage.append(str(error))
        return None


def _run(path: Path, damage: list[str]) -> StoredRun | None:
    """The run directory; None where there is none yet, or it cannot be read."""
    if not (path / "model.json").exists() and not checkpoint.steps(path / "checkpoints"):
        return None
    try:
        run = read_run(path)
        _ = run.card
    except ConfigError:
        return run  # of a plugin that is not loaded
    except (RunDirectoryError, OSError) as error:
        damage.append(str(error))
        return None
    return run


def _name(options: Any) -> str:
    return (text(options.get("name")) if isinstance(options, dict) else None) or ""


def _state(busy: bool, damage: list[str], job: Job | None, history: Log, complete: bool) -> State:
    if busy:
        return "training"
    if damage:
        return "damaged"
    if job is not None:
        return OF_JOBS.get(job.state, "stopped")
    if history.state is None:  # gan-train writes a log, others may not
        return "done" if complete else "stopped"
    return OF_JOBS.get(history.state, "stopped")
