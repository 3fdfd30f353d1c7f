"""What was asked for, as data: sweep.json says which jobs a sweep has, job.json in the directory of
each how it stands, command.json what a run by itself was started with.

All of them may come from a stranger: plain JSON of a known form, nothing is executed.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from gan_cli.base import files
from gan_cli.base.errors import ConfigError, RunDirectoryError
from gan_cli.config.options import parse

FORMAT: Literal[1] = 1
SWEEP, JOB, COMMAND = "sweep.json", "job.json", "command.json"
_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)

Arguments = Annotated[list[Annotated[str, Field(max_length=4096)]], Field(max_length=1000)]
State = Literal["waiting", "running", "paused", "stopped", "done", "pruned", "failed"]
OVER: tuple[State, ...] = ("done", "pruned")
"""A job in another state goes on when its sweep is resumed."""


Name = TypeVar("Name")


def differing(jobs: Mapping[Name, Sequence[str]]) -> dict[Name, list[str]]:
    """Of each job the overrides that not all have."""
    common = set.intersection(*map(set, jobs.values())) if len(jobs) > 1 else set()
    return {
        name: [each for each in overrides if each not in common] for name, overrides in jobs.items()
    }


@dataclass(frozen=True, config=_STRICT)
class Sweep:
    """sweep.json.

    Attributes:
        arguments: of the gan-train that began it, as they were typed.
        jobs: the overrides of each job that was planned; job N has the directory N.
    """

    format: Literal[1]
    arguments: Arguments
    jobs: Annotated[list[Arguments], Field(max_length=100_000)]


@dataclass(frozen=True, config=_STRICT)
class Command:
    """command.json.

    Attributes:
        arguments: of the gan-train that began the run, as they were typed, each as it reached the
            process.
    """

    format: Literal[1]
    arguments: Arguments


@dataclass(frozen=True, config=_STRICT)
class Job:
    """job.json.

    Attributes:
        overrides: what makes this job this one, as they were typed.
        arguments: all that gan-train needs to do the same run again, without a directory.
        state: waiting, running (or killed while it ran), paused (at a rung of halving), stopped (by
            a signal), done, pruned (ended early, others were better), failed.
        reason: of a failure or an early end, one line.
        attempts: processes that were started for it.
        exit_code: of the last one; negative: the signal that ended it.
        seconds: wall time of all of them.
        peak_bytes: most memory that one of them held, where it was watched.
    """

    format: Literal[1]
    overrides: Arguments
    arguments: Arguments
    state: State
    reason: Annotated[str, Field(max_length=10_000)] | None = None
    attempts: Annotated[int, Field(ge=0)] = 1
    exit_code: int | None = None
    seconds: Annotated[float, Field(ge=0.0)] = 0.0
    peak_bytes: Annotated[int, Field(ge=0)] | None = None

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def command(self) -> str:
        """What does the same run again, for a shell."""
        return shlex.join(["gan-train", *self.arguments])

    def write(self, directory: Path) -> None:
        """Into a job's directory, whole or not at all."""
        files.write_checked(directory / JOB, asdict(self))

    def update(self, directory: Path, **changes: object) -> Job:
        """The record with `changes`, written."""
        changed = replace(self, **changes)  # type: ignore[arg-type]
        changed.write(directory)
        return changed


Record = TypeVar("Record", Sweep, Job, Command)


def read_sweep(directory: Path) -> Sweep | None:
    """sweep.json; None where there is none, as launchers on a cluster write none.

    Raises:
        RunDirectoryError: it is not what its name says.
    """
    return _read(Sweep, directory / SWEEP)


def read_job(directory: Path) -> Job | None:
    """job.json; None where the job has not begun, or its launcher has not said so yet.

    Raises:
        RunDirectoryError: it is not what its name says.
    """
    return _read(Job, directory / JOB)


def read_command(directory: Path) -> Command | None:
    """command.json; None where there is none, as a sweep's jobs have their own record.

    Raises:
        RunDirectoryError: it is not what its name says.
    """
    return _read(Command, directory / COMMAND)


def write_command(directory: Path, arguments: Sequence[str]) -> None:
    files.write_checked(directory / COMMAND, {"format": FORMAT, "arguments": [*arguments]})


def write_sweep(directory: Path, sweep: Sweep) -> None:
    files.write_checked(directory / SWEEP, asdict(sweep))


def _read(schema: type[Record], path: Path) -> Record | None:
    if not path.exists():
        return None
    try:
        return parse(schema, files.read_checked(path))
    except ConfigError as error:
        raise RunDirectoryError(f"{path}: {error}") from None
