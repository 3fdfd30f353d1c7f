"""A sweep's job: what it is called by, what it leaves in its record, and what it returns to a
sweeper.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict

from gan_cli.base.errors import ConfigError, DiskFullError, GanError, Interrupted, RunDirectoryError
from gan_cli.base.machines import cluster, machine
from gan_cli.base.terminal import say
from gan_cli.cli import app
from gan_cli.cli.training.single import ORPHAN, log, train, typed_overrides
from gan_cli.runs.lock import lock
from gan_cli.runs.record import FORMAT, Job, read_job
from gan_cli.runs.rundir import RunDirectory
from gan_cli.sweeps.outcome import outcome
from gan_cli.sweeps.plan import difference


def job(composed: DictConfig) -> float | None:
    """A job of a launcher that calls it as a function: Hydra's own, submitit, Ray. A failure is
    recorded, not raised.

    Returns:
        The run's score, for sweepers that optimise; None where it has none.

    Raises:
        RunDirectoryError, ConfigError: the directory is not this job's, or it runs already; the
            sweep is at fault, not the job.
    """
    directory = Path(HydraConfig.get().runtime.output_dir)
    if _one_of_several_tasks(composed):
        _follow(composed, directory)
        return None
    overrides = own(typed_overrides())
    more = additions(composed)
    refuse_places(composed)
    lock(directory, "this job is running already", wait=ORPHAN).release()
    record = begin(
        directory, overrides, [*overrides, *more], composed.sweep.resume is not None or _requeued()
    )
    try:
        if not record.over:
            say(f"\njob {directory.name}: {' '.join(overrides)}")
            record.update(directory, state="running", attempts=record.attempts + 1)
            with _timed(directory):
                work(_with(composed, more), directory)
    except (Interrupted, DiskFullError) as error:
        raise SystemExit(app.fail("train", error)) from None  # ends the sweep too
    except Exception as error:  # whatever it is, the other jobs shall run
        print(f"job {directory.name} failed: {reason_of(error)}", file=sys.stderr, flush=True)
        return None
    return score(directory)


def _follow(composed: DictConfig, directory: Path) -> None:
    """As a worker that is not the chief, which has the job's directory and its record."""
    try:
        train(composed, directory)
    except Interrupted as error:
        raise SystemExit(app.fail("train", error)) from None
    except Exception as error:  # the chief's too, or one that it notices
        print(reason_of(error), file=sys.stderr, flush=True)


def _one_of_several_tasks(composed: DictConfig) -> bool:
    """Whether this is a task of Slurm's job beside the first: `hydra.launcher.nodes=2` starts
    several, which are the workers of one run.
    """
    worker = cluster.worker() if cluster.is_slurm() else None
    if worker is None:
        return False
    with open_dict(composed):
        composed.distribution.name = "multi_worker"
    return worker.index > 0


def work(composed: DictConfig, directory: Path, until: int | None = None) -> None:
    """Train in a job's directory and leave the end in its record.

    Raises:
        Exception: what has ended it, recorded.
    """
    record = read_job(directory)
    assert record is not None
    try:
        ended = train(composed, directory, until)
    except Interrupted as error:
        log(directory, str(error))
        record.update(directory, state="stopped")
        raise
    except Exception as error:
        expected = isinstance(error, GanError)
        log(directory, reason_of(error) if expected else traceback.format_exc())
        record.update(directory, state="failed", reason=reason_of(error)[:10_000])
        raise
    record.update(directory, state="paused" if ended.paused else "done")


def begin(directory: Path, overrides: list[str], arguments: list[str], resuming: bool) -> Job:
    """The record of the job in a directory; a new one, not written yet, where it has none.

    Raises:
        RunDirectoryError: there is one, but no sweep is resumed.
        ConfigError: there is another job's.
    """
    record = read_job(directory)
    if record is None:
        if (directory / "model.json").exists():
            raise RunDirectoryError(
                f"{directory}: already holds a run; hydra.sweep.dir= takes another directory"
            )
        return Job(FORMAT, overrides, arguments, "waiting", attempts=0)
    if not resuming:
        raise RunDirectoryError(
            f"{directory}: already holds a job; sweep.resume={directory.parent} continues it, "
            "hydra.sweep.dir= takes another"
        )
    if record.overrides != overrides:
        differs = difference(str(directory), record.overrides, overrides)
        raise ConfigError(f"{differs}; sweep.resume= takes the command that began the sweep")
    return replace(
        record, arguments=arguments
    )  # never those of the file, which may be a stranger's: they are run


def refuse_places(composed: DictConfig) -> None:
    """A sweep gives each job its directory.

    Raises:
        ConfigError: the configuration names one as well.
    """
    if composed.run_dir is not None or composed.resume is not None:
        raise ConfigError(
            "run_dir= and resume= are for one run; hydra.sweep.dir= and sweep.resume= for a sweep"
        )


def own(overrides: list[str]) -> list[str]:
    """Those of a job's overrides that make it this job; how and where the sweep is driven does
    not.
    """
    return [
        override
        for override in overrides
        if not override.lstrip("+").startswith(("sweep.", "cluster="))
    ]


def additions(composed: DictConfig, threads: int | None = None) -> list[str]:
    """What a sweep adds to a job's overrides: threads, and a score at the end of a run that is too
    short for one.

    Args:
        threads: for each job, where the user has not chosen.
    """
    more = []
    steps, every = composed.training.steps, composed.evaluation.every
    if every is not None and has_steps(composed) and steps < every:
        more.append(f"evaluation.every={steps}")
    chosen = composed.training.threads
    shared = threads is not None and threads < machine.cores()
    if (chosen is None and threads is not None) or (chosen == "auto" and shared):
        more.append(f"training.threads={threads}")
    return more


def has_steps(composed: DictConfig) -> bool:
    """Whether training.steps says how long a run is."""
    return composed.training.epochs is None and composed.training.minutes is None


def score(directory: Path) -> float | None:
    """The score of a job's run, by its own evaluation.objective; None where it has none."""
    try:
        run = RunDirectory.read(str(directory))
        return outcome(run, objective_of(run)).score
    except RunDirectoryError:
        return None


def objective_of(run: RunDirectory) -> str:
    """evaluation.objective of a stored run."""
    evaluation = run.read_config().get("evaluation")
    return (
        str(evaluation.get("objective", "frechet")) if isinstance(evaluation, dict) else "frechet"
    )


def reason_of(error: Exception) -> str:
    """An expected failure's own line; of a bug its kind as well."""
    return (
        str(error)
        if isinstance(error, GanError)
        else f"{type(error).__name__}: {error}".splitlines()[0]
    )


@contextmanager
def _timed(directory: Path) -> Iterator[None]:
    """Add the time that a job takes to its record; a launcher's own processes are timed from
    outside.
    """
    began = time.monotonic()
    try:
        yield
    finally:
        record = read_job(directory)
        if record is not None:
            record.update(directory, seconds=round(record.seconds + time.monotonic() - began, 1))


def _with(composed: DictConfig, more: list[str]) -> DictConfig:
    for key, value in (each.split("=", 1) for each in more):
        OmegaConf.update(composed, key, int(value))
    return composed


def _requeued() -> bool:
    """Whether Slurm has started this job again, after a preemption."""
    return os.environ.get("SLURM_RESTART_COUNT", "0") != "0"
