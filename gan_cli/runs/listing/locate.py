"""What people call a run: its path, `last`, or the beginning of its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from gan_cli.base import files
from gan_cli.base.errors import RunDirectoryError
from gan_cli.base.terminal import printable
from gan_cli.runs.listing import folders

RUNS, FLOORS = Path("runs"), 3
"""Where names are looked up, and how deep runs lie there: DATE/TIME-sweep/NUMBER."""
LAST = "last"
SHOWN = 5
"""Runs that a message names."""
_TIME = re.compile(r"\d\d-\d\d-\d\d-")


def run(given: str | Path) -> Path:
    """The directory of a run.

    Args:
        given: a path; or `last`, of the runs in `runs` and right here the one that began, went on
            or ended last; or what one of those in `runs` alone begins with: its path there, the
            name of its folder, with or without the time, or its `name=`.

    Returns:
        `given` itself where nothing is found: whoever opens it says that it is not there.

    Raises:
        RunDirectoryError: several begin so; or `last`, and there is none.
    """
    if _is_path(given):
        return Path(given)
    found = folders.below(RUNS, FLOORS, [])
    if str(given) == LAST:
        found += folders.below(Path(), 1, [])
    whole = [path for path in found if (path / "model.json").is_file()]
    if str(given) == LAST:
        return _newest({path: _touched(path) for path in whole}, f"run in {RUNS} or here")
    return _chosen(str(given), {path: _names(path) for path in whole}, "run")


def folder(given: str | Path) -> Path:
    """A folder of runs, by the same names: `last` is the sweep whose jobs were last at work.

    Raises:
        RunDirectoryError: as `run`.
    """
    if _is_path(given):
        return Path(given)
    jobs = [path for path in folders.below(RUNS, FLOORS, []) if path.name.isdecimal()]
    times: dict[Path, float] = {}
    for path in jobs:
        times[path.parent] = max(times.get(path.parent, 0.0), _touched(path))
    if str(given) == LAST:
        return _newest(times, f"sweep in {RUNS}")
    return _chosen(str(given), {path: _ends(path) for path in times}, "sweep")


def _is_path(given: str | Path) -> bool:
    path = Path(given)
    return path.exists() or path.is_symlink() or path.is_absolute()


def _newest(times: Mapping[Path, float], kind: str) -> Path:
    if not times:
        raise RunDirectoryError(f"{LAST}: there is no {kind}; give its directory")
    return max(times, key=times.__getitem__)


def _chosen(given: str, names: Mapping[Path, set[str]], kind: str) -> Path:
    beginning = given.removeprefix(f"{RUNS}/").rstrip("/")
    same = [path for path, own in names.items() if beginning in own]
    alike = same or [path for path, own in names.items() if _begins(beginning, own)]
    if beginning and len(alike) == 1:
        return alike[0]
    if beginning and alike:
        listed = ", ".join(str(path) for path in alike[:SHOWN])
        more = f" and {len(alike) - SHOWN} more" if len(alike) > SHOWN else ""
        raise RunDirectoryError(
            f"{given}: {len(alike)} {kind}s begin so: {printable(listed)}{more}; give more of it"
        )
    return Path(given)


def _begins(beginning: str, names: Iterable[str]) -> bool:
    return any(name.startswith(beginning) for name in names)


def _names(path: Path) -> set[str]:
    """Every name of a run, those of its folder and its own."""
    return _ends(path) | ({own} if (own := own_name(path)) else set())


def _ends(path: Path) -> set[str]:
    """The ends of a path below `runs`, also without the time of day."""
    parts = path.relative_to(RUNS).parts
    ends = {"/".join(parts[start:]) for start in range(len(parts))}
    return ends | {_TIME.sub("", end, count=1) for end in ends if _TIME.match(end)}


def own_name(path: Path) -> str | None:
    """The `name` in config.json, which may be a stranger's; None where it has none."""
    try:
        name = files.read_json(path / "config.json").get("name")
    except RunDirectoryError:
        return None
    return name if isinstance(name, str) and name else None


def _touched(path: Path) -> float:
    """When a run began, went on or ended: each leaves a line in its log."""
    for name in ("train.log", "model.json"):
        try:
            return (path / name).lstat().st_mtime
        except OSError:
            continue
    return 0.0
