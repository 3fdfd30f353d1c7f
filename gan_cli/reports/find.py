"""Which folders hold a job, and what is read of each before all are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from gan_cli.base.errors import GanError, RunDirectoryError
from gan_cli.runs import record
from gan_cli.runs.listing import folders, log
from gan_cli.runs.listing.log import Log
from gan_cli.runs.reading import StoredRun
from gan_cli.runs.record import Command, Job, Sweep
from gan_cli.runs.rundir import RunDirectory

DEEPEST = 20
"""Levels of a configuration."""


@dataclass(frozen=True)
class Found:
    """What is read of each job before all are compared.

    Attributes:
        arguments: of the gan-train that does the run again; None where they are not known.
        planned: overrides of a job that has not begun.
        damage: which of its files are damaged and what is the matter with them.
    """

    name: str
    path: Path
    job: Job | None
    log: Log
    config: Mapping[str, Any]
    arguments: list[str] | None = None
    planned: list[str] | None = None
    damage: tuple[str, ...] = ()


def directories(directory: Path, warnings: list[str]) -> list[Path]:
    """The folders that hold a job, at most two floors down; links are not followed."""
    if not directory.is_dir():
        raise RunDirectoryError(f"{directory}: no such directory")
    if folders.is_run(directory):
        raise RunDirectoryError(
            f"{directory}: is a run itself; gan-report takes the folder that holds runs, "
            "gan-plot "
            "this one"
        )
    return folders.below(directory, 2, warnings)


def look(path: Path, directory: Path) -> Found:
    """What is read of a job; its own files that are damaged are as if they were not there."""
    damage: list[str] = []
    job = warned(lambda: record.read_job(path), damage)
    known: Job | Command | None = job or warned(lambda: record.read_command(path), damage)
    return Found(
        path.relative_to(directory).as_posix(),
        path,
        job,
        log.read(path / "train.log"),
        _config(path, damage),
        known.arguments if known else None,
        damage=tuple(damage),
    )


def _config(path: Path, damage: list[str]) -> dict[str, Any]:
    if not (path / "config.json").exists():
        return {}
    config = StoredRun(RunDirectory(path), damage.append).config
    if _is_deeper(config, DEEPEST):
        damage.append(f"{path}/config.json: nested too deeply")
        return {}
    return config


def _is_deeper(value: Any, most: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(most == 0 or _is_deeper(each, most - 1) for each in inner)


Value = TypeVar("Value")


def warned(read: Callable[[], Value], warnings: list[str]) -> Value | None:
    """What `read` gives; None, and a warning, where it is damaged."""
    try:
        return read()
    except GanError as error:
        warnings.append(str(error))
        return None
    except OSError as error:
        warnings.append(f"{error.filename}: {error.strerror}")
        return None


def waiting(directory: Path, sweep: Sweep | None, there: set[str], most: int) -> list[Found]:
    planned = enumerate(sweep.jobs[:most]) if sweep else ()
    return [
        Found(str(number), directory / str(number), None, Log(), {}, planned=list(overrides))
        for number, overrides in planned
        if str(number) not in there
    ]
