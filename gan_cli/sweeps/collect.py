"""The jobs of a sweep, or all runs below a folder, as rows: read only, without TensorFlow, and of strangers too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.data.listing import shown
from gan_cli.errors import ConfigError, GanError, RunDirectoryError
from gan_cli.nested import flatten
from gan_cli.plotting import Series, thinned
from gan_cli.sweeps import log, provenance, record, settings
from gan_cli.sweeps.log import Log
from gan_cli.sweeps.outcome import OBJECTIVES, Outcome, outcome
from gan_cli.sweeps.provenance import Provenance
from gan_cli.sweeps.record import Job, Sweep
from gan_cli.sweeps.settings import Settings
from gan_cli.training import checkpoint, curves
from gan_cli.training.rundir import RunDirectory

MOST_JOBS, MOST_ENTRIES = 1000, 20_000
MOST_POINTS = 400
"""Of a curve: a thousand jobs stay small."""
SPEED = "images_per_second"
BESIDE = ("frechet", "diversity", "elbo_held_out")
"""Scores that are shown beside the one that ranks."""


@dataclass(frozen=True)
class Row:
    """A job.

    Attributes:
        name: its directory, below the sweep's.
        run: None where there is no run directory (yet), or a damaged one.
        state: of `record.State`, or waiting (planned, not begun) or unfinished (begun, and no word of its end).
        settings: what it was told; `varying` and `constant` of the sweep divide them.
        provenance: with what the score was measured; None where nothing was scored.
        beside: other scores, of the step of the score.
        curves: losses and scores over the steps, thinned out.
        arguments: of the gan-train that does it again; None where only `resume=` can.
        began, ended: times in train.log.
    """

    name: str
    path: Path
    run: RunDirectory | None
    state: str
    settings: Settings
    outcome: Outcome
    provenance: Provenance | None = None
    reason: str | None = None
    attempts: int | None = None
    exit_code: int | None = None
    seconds: float | None = None
    peak_bytes: int | None = None
    images_per_second: float | None = None
    beside: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, Series] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    arguments: list[str] | None = None
    began: datetime | None = None
    ended: datetime | None = None

    @property
    def setting(self) -> tuple[tuple[str, str], ...]:
        """What it was told, but for the seed: jobs that share it are repetitions of each other."""
        return tuple((key, value) for key, value in self.settings.items() if key != settings.SEED)


@dataclass(frozen=True)
class Collected:
    """All jobs.

    Attributes:
        sweep: what sweep.json says; None where there is none.
        warnings: what was left out, a line each.
    """

    directory: Path
    objective: str
    rows: list[Row]
    sweep: Sweep | None
    warnings: list[str]

    @cached_property
    def varying(self) -> list[str]:
        return settings.varying([row.settings for row in self.rows])

    @cached_property
    def constant(self) -> Settings:
        return settings.constant([row.settings for row in self.rows])


@dataclass(frozen=True)
class _Found:
    """What is read of each job before all are compared."""

    name: str
    path: Path
    job: Job | None
    log: Log
    config: Mapping[str, Any]
    planned: list[str] | None = None


def collect(directory: Path, objective: str | None = None) -> Collected:
    """Every job of a directory.

    Args:
        objective: a key of OBJECTIVES; None: the one that the runs' configurations name.

    Raises:
        RunDirectoryError: there is no such directory, or no run in it.
        ConfigError: the runs have several objectives.
    """
    warnings: list[str] = []
    sweep = _warned(lambda: record.read_sweep(directory), warnings)
    found = [_look(path, directory, warnings) for path in _directories(directory, warnings)]
    found += _waiting(directory, sweep, {each.name for each in found})
    if not found:
        raise RunDirectoryError(f"{directory}: no run in it, nor one folder below")
    if len(found) > MOST_JOBS:
        warnings.append(f"{directory}: {len(found):,} jobs, of which the first {MOST_JOBS:,} are shown")
    found = found[:MOST_JOBS]
    chosen = objective or _objective([each.config for each in found])
    told = settings.completed([_told(each) for each in found], [each.config for each in found])
    rows = [_row(each, own, chosen, warnings) for each, own in zip(found, told, strict=True)]
    return Collected(directory, chosen, rows, sweep, [shown(line) for line in warnings])


def _directories(directory: Path, warnings: list[str]) -> list[Path]:
    """The folders that hold a job, at most two floors down; links are not followed."""
    if not directory.is_dir():
        raise RunDirectoryError(f"{directory}: no such directory")
    if _is_job(directory):
        raise RunDirectoryError(f"{directory}: is a run itself; gan-report takes the folder that holds runs, gan-plot this one")
    found: list[Path] = []
    for folder in _folders(directory, warnings):
        found += [folder] if _is_job(folder) else filter(_is_job, _folders(folder, warnings))
    return found


def _folders(directory: Path, warnings: list[str]) -> list[Path]:
    """Folders by name, numbers in their order."""
    found: list[Path] = []
    try:
        for count, entry in enumerate(directory.iterdir()):
            if count == MOST_ENTRIES:
                warnings.append(f"{directory}: more than {MOST_ENTRIES:,} entries, the rest is not looked at")
                break
            if not entry.name.startswith(".") and not entry.is_symlink() and entry.is_dir():
                found.append(entry)
    except OSError as error:
        warnings.append(f"{directory}: {error.strerror}")
    return sorted(found, key=lambda path: [(int(part or 0), word) for word, part in re.findall(r"(\D*)(\d{0,15})", path.name)])


def _is_job(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (record.JOB, "model.json", "train.log"))


def _look(path: Path, directory: Path, warnings: list[str]) -> _Found:
    job = _warned(lambda: record.read_job(path), warnings)
    return _Found(path.relative_to(directory).as_posix(), path, job, log.read(path / "train.log"), _config(path, warnings))


def _config(path: Path, warnings: list[str]) -> dict[str, Any]:
    if not (path / "config.json").exists():
        return {}
    try:
        config = _warned(lambda: RunDirectory(path).read_config(), warnings) or {}
        for value in flatten(config).values():
            settings.of_value(value)
    except RecursionError:
        warnings.append(f"{path}/config.json: nested too deeply")
        return {}
    return config


def _warned(read: Any, warnings: list[str]) -> Any:
    """What `read` gives; None, and a warning, where it is damaged."""
    try:
        return read()
    except GanError as error:
        warnings.append(str(error))
        return None
    except OSError as error:
        warnings.append(f"{error.filename}: {error.strerror}")
        return None


def _waiting(directory: Path, sweep: Sweep | None, there: set[str]) -> list[_Found]:
    planned = enumerate(sweep.jobs[:MOST_JOBS]) if sweep else ()
    return [
        _Found(str(number), directory / str(number), None, Log(), {}, list(overrides))
        for number, overrides in planned
        if str(number) not in there
    ]


def _objective(configs: list[Mapping[str, Any]]) -> str:
    evaluations = [each.get("evaluation") for each in configs]
    named = {str(each.get("objective", "frechet")) for each in evaluations if isinstance(each, dict)} & OBJECTIVES.keys()
    if len(named) > 1:
        raise ConfigError(f"the runs have the objectives {' and '.join(sorted(named))}; objective=NAME chooses one")
    return next(iter(named), "frechet")


def _told(found: _Found) -> Settings | None:
    if found.job is not None:
        return settings.typed([*found.job.arguments, *found.job.overrides])
    arguments = found.planned if found.planned is not None else found.log.arguments
    return None if arguments is None else settings.typed(arguments)


def _row(found: _Found, told: Settings, objective: str, warnings: list[str]) -> Row:
    job, history = found.job, found.log
    if settings.SEED not in told and "seed" in found.config:
        told = told | {settings.SEED: settings.of_value(found.config["seed"])}
    row = Row(
        name=found.name,
        path=found.path,
        run=None,
        state=job.state if job else _state(found),
        settings=told,
        outcome=Outcome(objective),
        reason=(job.reason if job else None) or history.reason,
        attempts=job.attempts if job else None,
        exit_code=job.exit_code if job else None,
        seconds=job.seconds if job else None,
        peak_bytes=job.peak_bytes if job else None,
        arguments=_again(found),
        began=history.began,
        ended=history.ended,
    )
    if not (found.path / "model.json").exists():
        return row
    return _warned(lambda: _with_run(row, found), warnings) or row


def _state(found: _Found) -> str:
    """How a job without a record stands: by its log, or by how far its checkpoints come."""
    if found.planned is not None:
        return "waiting"
    if found.log.state is not None:
        return found.log.state
    training = found.config.get("training")
    total = training.get("steps") if isinstance(training, dict) else None
    newest = next(iter(checkpoint.steps(found.path / "checkpoints")), 0)
    return "done" if isinstance(total, int) and newest >= total else "unfinished"


def _again(found: _Found) -> list[str] | None:
    """The arguments that do the run again; its directory would be in the way."""
    if found.job is not None:
        return list(found.job.arguments)
    if found.log.arguments is None:
        return None
    return [argument for argument in found.log.arguments if not argument.startswith("run_dir=")]


def _with_run(row: Row, found: _Found) -> Row:
    """The row with all that the run directory tells.

    Raises:
        GanError, OSError: it is damaged.
    """
    run = RunDirectory.read(str(found.path))
    scored = outcome(run, row.outcome.objective)
    series = curves.read(run.metrics).series if run.metrics.exists() else {}
    last = {key: float(each.values[-1]) for key, each in series.items()}
    facts = provenance.read(run)
    step = scored.step if scored.step is not None else next(iter(checkpoint.steps(run.checkpoints)), 0)
    manifest = checkpoint.manifest_of(run.checkpoints, step)
    return replace(
        row,
        run=run,
        outcome=scored,
        provenance=None if scored.score is None else provenance.of(scored, facts, found.config),
        seconds=row.seconds if row.seconds is not None else last.get("seconds"),
        images_per_second=float(np.median(series[SPEED].values)) if SPEED in series else None,
        beside={key: _at(series[key], scored.step) for key in BESIDE if key in series and key != scored.objective},
        curves={
            key: thinned(each, MOST_POINTS) for key, each in series.items() if key in OBJECTIVES or key.startswith("loss_")
        },
        versions=manifest.versions if manifest else {},
    )


def _at(series: Series, step: int | None) -> float:
    """The value of a step, or the last one."""
    there = np.flatnonzero(series.steps == step)
    return float(series.values[there[0] if len(there) else -1])
