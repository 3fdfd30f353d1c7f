"""The directory of a sweep: taken by one process at a time, for one list of jobs."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gan_cli.base.errors import ConfigError, RunDirectoryError
from gan_cli.base.terminal import printable
from gan_cli.runs.lock import lock
from gan_cli.runs.record import FORMAT, Sweep, read_sweep, write_sweep

if TYPE_CHECKING:
    from filelock import FileLock


class Plan:
    """A sweep's directory, locked while this object or its process lives, and the jobs planned in
    it.
    """

    def __init__(self, directory: Path, sweep: Sweep, held: FileLock) -> None:
        self.directory, self._sweep, self._lock = directory, sweep, held

    @property
    def planned(self) -> int:
        """How many jobs have been planned."""
        return len(self._sweep.jobs)

    def add(self, jobs: Sequence[list[str]], first: int) -> None:
        """Plan jobs from number `first` on, each by its overrides.

        Raises:
            ConfigError: another job was planned at one of these numbers.
        """
        planned = self._sweep.jobs
        for number, (was, now) in enumerate(zip(planned[first:], jobs, strict=False), first):
            if was != now:
                began = shlex.join(["gan-train", *self._sweep.arguments])
                raise ConfigError(
                    f"{self.directory}: {difference(f'job {number}', was, now)}; "
                    f"sweep.resume= takes the command that began the sweep: {printable(began)}"
                )
        if first + len(jobs) > len(planned):
            self._sweep = replace(self._sweep, jobs=[*planned[:first], *jobs])
        write_sweep(self.directory, self._sweep)

    def release(self) -> None:
        """Give the lock back; the process's end does so too."""
        self._lock.release()


def difference(job: str, was: list[str], now: list[str]) -> str:
    """In what two lists of overrides differ, in words."""
    gone, new = (
        shlex.join(each for each in one if each not in other)
        for one, other in ((was, now), (now, was))
    )
    gone, new = printable(gone), printable(new)
    return (
        f"{job} had {gone or 'nothing'} where {new or 'nothing'} is given now"
        if gone or new
        else f"{job} had another order"
    )


def discard_if_empty(directory: Path) -> None:
    """Remove a directory in which no sweep came about, because the command did not compose."""
    ours = {".lock", "multirun.yaml", "study.journal"}
    if directory.is_dir() and {entry.name for entry in directory.iterdir()} <= ours:
        shutil.rmtree(directory, ignore_errors=True)


def opened(directory: Path, arguments: list[str], resuming: bool) -> Plan:
    """Take a directory: a new or empty one, or with `resuming` that of a sweep.

    Raises:
        RunDirectoryError: it is in use, holds a sweep and is not resumed, or the other way round.
    """
    if resuming and not directory.is_dir():
        raise RunDirectoryError(f"sweep.resume={directory}: no such directory")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        held = lock(directory, "another sweep is running in it")
    except OSError as error:
        raise RunDirectoryError(
            f"{error.filename or directory}: {error.strerror}; choose another hydra.sweep.dir="
        ) from None
    sweep = read_sweep(directory)
    if resuming and sweep is None:
        raise RunDirectoryError(f"sweep.resume={directory}: holds no sweep (it has no sweep.json)")
    if not resuming and sweep is not None:
        raise RunDirectoryError(
            f"{directory}: already holds a sweep; sweep.resume={directory} continues it, "
            "hydra.sweep.dir= takes another directory"
        )
    return Plan(directory, sweep or Sweep(FORMAT, arguments, []), held)
