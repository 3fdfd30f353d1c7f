"""The jobs of a sweep, or all runs below a folder, as rows: read only, without TensorFlow, and of
strangers too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gan_cli.base.errors import CheckpointError, ConfigError, RunDirectoryError
from gan_cli.base.lazy import np
from gan_cli.reports import find, provenance, settings
from gan_cli.reports.find import Found
from gan_cli.reports.rows import BESIDE, Collected, Row
from gan_cli.reports.series import averaged, thinned
from gan_cli.reports.settings import Settings
from gan_cli.runs import checkpoint, record
from gan_cli.runs.checkpoint import SAMPLER, Manifest
from gan_cli.runs.curves import Series
from gan_cli.runs.listing import overview
from gan_cli.runs.reading import StoredRun, read_run
from gan_cli.runs.rundir import CARD
from gan_cli.sweeps.outcome import OBJECTIVES, Outcome, of_checkpoint, outcome

MOST_JOBS = 1000
MOST_POINTS, PARTS = 400, 100
"""Of a curve of scores, and of losses: a thousand jobs stay small."""
SPEED = "images_per_second"
LARGEST_SCORE, LARGEST_COUNT = 1e30, 2**63
"""What is beyond them is nothing that a run could have reached, and would not fit into the
arithmetic.
"""


def collect(directory: Path, objective: str | None = None) -> Collected:
    """Every job of a directory.

    Args:
        objective: a key of OBJECTIVES; None: the one that the runs' configurations name.

    Raises:
        RunDirectoryError: there is no such directory, or no run in it.
        ConfigError: the runs have several objectives.
    """
    warnings: list[str] = []
    sweep = find.warned(lambda: record.read_sweep(directory), warnings)
    found = [find.look(path, directory) for path in find.directories(directory, warnings)]
    found += find.waiting(directory, sweep, {each.name for each in found}, MOST_JOBS)
    if not found:
        raise RunDirectoryError(f"{directory}: no run in it, nor one folder below")
    if len(found) > MOST_JOBS:
        warnings.append(
            f"{directory}: {len(found):,} jobs, of which the first {MOST_JOBS:,} are shown"
        )
    found = found[:MOST_JOBS]
    chosen = objective or _objective([each.config for each in found])
    given = settings.completed([_given(each) for each in found], [each.config for each in found])
    rows = [_row(each, own, chosen) for each, own in zip(found, given, strict=True)]
    return Collected(directory, chosen, rows, sweep, warnings)


def _objective(configs: list[Mapping[str, Any]]) -> str:
    evaluations = [each.get("evaluation") for each in configs]
    named = {
        str(each.get("objective", "frechet")) for each in evaluations if isinstance(each, dict)
    } & OBJECTIVES.keys()
    if len(named) > 1:
        raise ConfigError(
            f"the runs have the objectives {' and '.join(sorted(named))}; objective=NAME "
            "chooses one"
        )
    return next(iter(named), "frechet")


def _given(found: Found) -> Settings | None:
    if found.job is not None:
        return settings.typed([*found.job.arguments, *found.job.overrides])
    arguments = found.planned if found.planned is not None else found.arguments
    return None if arguments is None else settings.typed(arguments)


def _row(found: Found, given: Settings, objective: str) -> Row:
    job, history = found.job, found.log
    if settings.SEED not in given and "seed" in found.config:
        given = given | {settings.SEED: settings.of_value(found.config["seed"])}
    row = Row(
        name=found.name,
        path=found.path,
        run=None,
        state=job.state if job else _state(found),
        settings=given,
        outcome=Outcome(objective),
        called=overview.text(found.config.get("name")) or "",
        notes=overview.text(found.config.get("notes"), overview.LONGEST_NOTES) or "",
        reason=(job.reason if job else None) or history.reason,
        attempts=_bounded(job.attempts) if job else None,
        exit_code=_bounded(job.exit_code) if job else None,
        seconds=job.seconds if job else None,
        peak_bytes=_bounded(job.peak_bytes) if job else None,
        arguments=_again(found),
        began=history.began,
        ended=history.ended,
        damage=found.damage,
    )
    if not (found.path / CARD).exists() and not checkpoint.steps(found.path / "checkpoints"):
        return row  # it has not begun
    damage = [*found.damage]
    made = find.warned(lambda: _with_run(row, found, damage), damage) or row
    return replace(made, damage=tuple(damage))


def _state(found: Found) -> str:
    """How a job without a record stands: by its log, or by how far its checkpoints come."""
    if found.planned is not None:
        return "waiting"
    if found.log.state is not None:
        return found.log.state
    training = found.config.get("training")
    total = training.get("steps") if isinstance(training, dict) else None
    newest = next(iter(checkpoint.steps(found.path / "checkpoints")), 0)
    return "done" if isinstance(total, int) and newest >= total else "unfinished"


def _again(found: Found) -> list[str] | None:
    """The arguments that do the run again; its directory would be in the way."""
    if found.arguments is None:
        return None
    return [argument for argument in found.arguments if not argument.startswith("run_dir=")]


def _with_run(row: Row, found: Found, damage: list[str]) -> Row:
    """The row with all that the run directory tells; `damage` takes a line for each part that is
    damaged.

    Raises:
        GanError, OSError: nothing can be read of it.
    """
    stored = read_run(found.path)
    run = stored.directory
    damage += [line for line in stored.check() if line not in damage]
    scored = _score(stored, row.outcome.objective)
    series = stored.metrics.series if stored.metrics else {}
    last = {key: float(each.values[-1]) for key, each in series.items()}
    facts = provenance.read(run)
    manifest = _best(stored)
    return replace(
        row,
        run=stored,
        outcome=scored,
        provenance=None if scored.score is None else provenance.of(scored, facts, found.config),
        seconds=row.seconds if row.seconds is not None else last.get("seconds"),
        images_per_second=float(np.median(series[SPEED].values)) if SPEED in series else None,
        beside={
            key: _at(series[key], scored.step)
            for key in BESIDE
            if key in series and key != scored.objective
        },
        curves=_curves(series),
        versions=manifest.versions if manifest else {},
    )


def _curves(series: Mapping[str, Series]) -> dict[str, Series]:
    """What is drawn: scores as they are, of losses, which are noisy, the means of equal parts of
    the run.
    """
    scores = {key: thinned(each, MOST_POINTS) for key, each in series.items() if key in OBJECTIVES}
    return scores | {
        key: averaged(each, PARTS) for key, each in series.items() if key.startswith("loss_")
    }


def _best(stored: StoredRun) -> Manifest | None:
    """The checkpoint that the pictures are drawn from."""
    try:
        return stored.checkpoint("best", (SAMPLER,))
    except CheckpointError:
        return None  # which is among the damage


def _score(stored: StoredRun, objective: str) -> Outcome:
    """The score, of the checkpoint that the pictures are drawn from where checkpoints have it."""
    run = stored.directory
    scored = of_checkpoint(_best(stored)) if objective == "frechet" else outcome(run, objective)
    if scored.score is not None and abs(scored.score) > LARGEST_SCORE:
        raise RunDirectoryError(f"{run.path}: its score is beyond {LARGEST_SCORE:g}")
    return replace(scored, step=_bounded(scored.step), count=_bounded(scored.count))


def _bounded(value: int | None) -> int | None:
    return value if value is not None and abs(value) < LARGEST_COUNT else None


def _at(series: Series, step: int | None) -> float:
    """The value of a step, or the last one."""
    there = np.flatnonzero(series.steps == step)
    return float(series.values[there[0] if len(there) else -1])
