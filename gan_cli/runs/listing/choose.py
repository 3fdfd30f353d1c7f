"""Runs below a folder, those that are asked for, in the order that is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from fnmatch import fnmatchcase
from math import inf
from pathlib import Path
from typing import Any

from gan_cli.base.errors import ConfigError, RunDirectoryError, unknown
from gan_cli.runs.listing import folders, locate, overview
from gan_cli.runs.listing.overview import Overview

ORDERS: Mapping[str, Callable[[Overview], Any]] = {
    "time": lambda run: -_time(run),
    "score": lambda run: inf if run.score is None else run.score,
    "step": lambda run: -run.step,
    "size": lambda run: -overview.size(run.path),
    "name": lambda run: str(run.path),
}
"""What runs are sorted by: the newest, the best, the longest, the largest first."""
FILTERS = ("model", "data", "state", "name")
"""What runs are chosen by."""


def listed(
    folder: str | Path,
    wanted: Mapping[str, str | None],
    order: str = "time",
    warnings: list[str] | None = None,
) -> list[Overview]:
    """The runs of a folder, at most three floors down.

    Args:
        folder: or a run, by any of its names.
        wanted: attribute of `Overview` -> the value that it must have, in which * and ? stand for
            any letters; None: any.
        order: a key of ORDERS.
        warnings: takes a line for each folder that is not looked at to its end.

    Raises:
        RunDirectoryError: there is no such folder.
        ConfigError: there is no such order, attribute or state.
    """
    _check(wanted, order)
    path = locate.run(folder)
    if not path.is_dir():
        raise RunDirectoryError(f"{folder}: no such directory")
    found = [path] if folders.is_run(path) else folders.below(path, locate.FLOORS, warnings or [])
    runs = [run for run in map(overview.of, found) if _fits(run, wanted)]
    return sorted(runs, key=ORDERS[order])


def table(runs: Sequence[Overview]) -> tuple[list[str], list[list[Any]]]:
    """Names of columns, and a row for each run with all that is known of it."""
    names = [field.name for field in fields(Overview)]
    return names, [[getattr(run, name) for name in names] for run in runs]


def _check(wanted: Mapping[str, str | None], order: str) -> None:
    """Refuse what no run can have."""
    state = wanted.get("state")
    for key, names, given in (("sort", ORDERS, [order]), ("filter", FILTERS, wanted)):
        for name in given:
            if name not in names:
                raise ConfigError(unknown(key, name, list(names)))
    if state is not None and not any(fnmatchcase(each, state) for each in overview.STATES):
        raise ConfigError(f"state={state}: none of {', '.join(overview.STATES)}")


def short(runs: Sequence[Overview], folder: Path) -> list[str]:
    """What each is called on a terminal: its path below the folder, without model and data where
    the rest says which run it is.
    """
    whole = [run.path.relative_to(folder).as_posix() for run in runs]
    cut = [
        name.removesuffix(f"-{run.model}-{run.data}")
        if re.search(r"\d\d-\d\d-\d\d-", name)
        else name
        for name, run in zip(whole, runs, strict=True)
    ]
    return [
        part if sum(name.startswith(part) for name in whole) == 1 else name
        for part, name in zip(cut, whole, strict=True)
    ]


def _fits(run: Overview, wanted: Mapping[str, str | None]) -> bool:
    return all(
        fnmatchcase(getattr(run, key) or "", value)
        for key, value in wanted.items()
        if value is not None
    )


def _time(run: Overview) -> float:
    return run.began.timestamp() if run.began else -inf
