"""What holds for a sweep whichever sweeper and launcher drive it: refused before its first job,
said after its last.

Hydra calls it as a callback. Sweepers such as Optuna's ask for scores, so that more can be wrong
with them than with a grid.
"""

from __future__ import annotations

import shlex
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from gan_cli.base.errors import ConfigError, GanError, Interrupted, RunDirectoryError, SweepError
from gan_cli.base.terminal import printable
from gan_cli.cli import app

if TYPE_CHECKING:
    from gan_cli.runs.record import Job

PROCESSES, OPTUNA = "hydra_plugins.gan_cli.Processes", "hydra_plugins.gan_cli.Optuna"


class Sweep(Callback):
    """Hydra's interface. What it raises Hydra would only warn of, but not an exit."""

    directory: ClassVar[Path | None] = None
    """Where the sweep of this process writes; None before there is one."""

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        try:
            check(config)
            Sweep.directory = Path(str(config.hydra.sweep.dir))
        except GanError as error:
            raise SystemExit(app.fail("train", error)) from None
        if _runs_elsewhere(config):
            directory = config.hydra.sweep.dir
            print(
                f"sweep in {directory}; what its jobs print is in {directory}/.submitit", flush=True
            )

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        directory = Path(str(config.hydra.sweep.dir))
        print(f"ranking: gan-report {shlex.quote(str(directory))}", flush=True)
        if config.hydra.sweeper._target_ == OPTUNA:
            print(f"study: optuna-dashboard {shlex.quote(str(directory / 'study.journal'))}")
            print(best(directory, str(config.evaluation.objective)) or "", flush=True)


def check(config: DictConfig) -> None:
    """Refuse what cannot work.

    Raises:
        ConfigError: with the key.
        RunDirectoryError: there is nothing to go on in.
    """
    chosen = any(each.startswith("hydra.sweep.dir=") for each in config.hydra.overrides.hydra)
    if config.sweep.resume is not None and chosen:
        raise ConfigError(
            "sweep.resume= goes on in the sweep's own directory; leave out hydra.sweep.dir="
        )
    if config.sweep.resume is not None and not Path(str(config.sweep.resume)).is_dir():
        raise RunDirectoryError(f"sweep.resume={config.sweep.resume}: no such directory")
    if config.sweep.halving is not None and config.hydra.launcher.get("_target_") != PROCESSES:
        raise ConfigError(
            "sweep.halving= pauses jobs and goes on with them: it needs hydra/launcher=processes"
        )
    if "SlurmLauncher" in str(config.hydra.launcher.get("_target_")) and not shutil.which("srun"):
        raise ConfigError(
            "cluster=slurm: no srun is found here; start it where Slurm's commands are, or try "
            "cluster=local"
        )


def _runs_elsewhere(config: DictConfig) -> bool:
    """Whether submitit runs the jobs, of which nothing is to be seen here."""
    return "submitit" in str(config.hydra.launcher.get("_target_", ""))


@contextmanager
def ending() -> Iterator[None]:
    """Around a command: where it has become a sweep, what its jobs have left says how it has ended.

    Raises:
        SweepError: jobs have failed, or none has a score for a sweeper that needs one.
        Interrupted: by Ctrl-C while only others worked.
    """
    Sweep.directory = None
    try:
        yield
    except KeyboardInterrupt:
        if Sweep.directory is None:
            raise
        line = (
            "the sweep is left; jobs that a cluster was given go on there, sweep.resume= runs "
            "what is missing then"
        )
        raise Interrupted(line, signal.SIGINT) from None
    except Exception as error:
        if Sweep.directory is None or (expected := _expected(error)) is None:
            raise
        _report_failures(Sweep.directory)  # says more than what a sweeper has stumbled over
        raise expected from None
    else:
        if Sweep.directory is not None:
            _report_failures(Sweep.directory)
    finally:
        if Sweep.directory is not None:
            from gan_cli.sweeps import plan

            plan.discard_if_empty(Sweep.directory)


def _expected(error: Exception) -> SweepError | None:
    """What a sweeper or a cluster says when jobs have failed, as a failure of ours; None for
    anything else.
    """
    if isinstance(error, SweepError):
        return error
    library = type(error).__module__.split(".")[0]
    if library in ("submitit", "ray"):  # of a job that was killed, or a cluster that takes none
        line = (str(error).strip() or type(error).__name__).splitlines()[0]
        return SweepError(f"{library} has no answer of a job: {line}; sweep.resume= continues it")
    return None


def _report_failures(directory: Path) -> None:
    """By the records that the jobs have left, whichever launcher ran them where."""
    from gan_cli.runs.record import differing

    records, failures = _records(directory)
    own = differing({name: record.overrides for name, record in records.items()})
    for name, record in records.items():
        if record.state == "failed":
            failures.append(printable(f"  {name}  {' '.join(own[name])}: {record.reason}"))
    if failures:
        lines = "\n".join(failures)
        raise SweepError(
            f"{len(failures)} of the sweep's jobs failed, each has its error in its "
            f"train.log:\n{lines}"
        )


def best(directory: Path, objective: str) -> str | None:
    """One line on the job of a sweep with the best score; None where none has one."""
    from gan_cli.cli.multirun import jobs
    from gan_cli.runs.record import differing
    from gan_cli.sweeps.outcome import OBJECTIVES
    from gan_cli.sweeps.view import LABELS  # and with it rich, which help and mistakes do without

    records, _ = _records(directory)
    scores = {
        name: score for name in records if (score := jobs.score(directory / name)) is not None
    }
    if not scores:
        return None
    name = min(scores, key=lambda each: OBJECTIVES[objective] * scores[each])
    settings = " ".join(
        differing({each: record.overrides for each, record in records.items()})[name]
    )
    return printable(f"best: job {name}, {LABELS[objective]} {scores[name]:.4g}: {settings}")


def _records(directory: Path) -> tuple[dict[str, Job], list[str]]:
    """The jobs of a sweep in their order, and a line for each record that cannot be read."""
    from gan_cli.runs.record import read_job

    found, unreadable = {}, []
    for path in sorted(
        directory.glob("*/job.json"), key=lambda path: (len(path.parent.name), path)
    ):
        try:
            if record := read_job(path.parent):
                found[path.parent.name] = record
        except RunDirectoryError as error:
            unreadable.append(f"  {error}")
    return found, unreadable
