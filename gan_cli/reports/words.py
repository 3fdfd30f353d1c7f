"""Numbers and names of a sweep as people read them, in the page and on the terminal."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from gan_cli.reports.rows import Collected, Row
from gan_cli.reports.settings import SEED, short
from gan_cli.sweeps.outcome import OBJECTIVES

NAMES = {"frechet": "Fréchet", "diversity": "diversity", "elbo_held_out": "ELBO"}
LONG_NAMES = {
    "frechet": "Fréchet distance",
    "elbo_held_out": "evidence lower bound of held-out images, in nats",
}
NOTHING = "\u2013"
ENDED = ("done", "pruned", "failed")
"""States of a job that is over, one way or another."""


def better(objective: str) -> str:
    return "lower is better" if OBJECTIVES[objective] > 0 else "higher is better"


def decimals(values: Iterable[float]) -> int:
    """Places after the point that give the middle one of the values four digits."""
    sizes = sorted(abs(value) for value in values if value)
    middle = sizes[len(sizes) // 2] if sizes else 1.0
    return min(6, max(0, 3 - math.floor(math.log10(middle))))


def fixed(value: float | None, places: int) -> str:
    """A number with so many places; one that is far too large for that as a power."""
    if value is None:
        return NOTHING
    return f"{value:.3e}" if abs(value) >= 1e9 else f"{value:,.{places}f}"


def significant(value: float | None, digits: int = 3) -> str:
    """A number of no fixed places, e.g. 0.195 or 19,900."""
    if value is None:
        return NOTHING
    if value == 0 or not 1e-6 < abs(value) < 1e9:
        return f"{value:.{digits}g}"
    return f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"


def minutes(seconds: float | None) -> str:
    if seconds is None or not 600 <= seconds < 1e9:
        return significant(seconds and seconds / 60.0, 2)
    return f"{seconds / 60.0:,.0f}"


def memory(size: int | None) -> str:
    """Bytes as GB."""
    return significant(size and size / 1e9)


def described(row: Row, varying: Sequence[str]) -> str:
    """What makes a job this one: learning_rate=0.001, loss=hinge, seed=1."""
    given, seed = pairs(row.settings, varying), row.settings.get(SEED)
    return ", ".join([*([given] if given else []), *([f"seed={seed}"] if seed else [])])


def pairs(settings: Mapping[str, str], keys: Sequence[str]) -> str:
    """Those of the keys that have a value, by their short names."""
    return ", ".join(
        f"{name}={settings[key]}" for key, name in short(keys).items() if settings.get(key)
    )


def command(row: Row) -> str:
    """What does the run again; of a run whose command is not known, what goes on in it; nothing
    where there is none.
    """
    if row.arguments is not None:
        return shlex.join(["gan-train", *row.arguments])
    return shlex.join(["gan-train", f"resume={row.path}"]) if row.run else ""


def date(time: datetime) -> str:
    return f"{time.day} {time:%B %Y, %H:%M}"


def period(times: Sequence[datetime]) -> str:
    """From the first to the last of sorted times; the day once where it is the same."""
    first, last = times[0], times[-1]
    return f"{date(first)} to {f'{last:%H:%M}' if first.date() == last.date() else date(last)}"


def versions(rows: Iterable[Row]) -> Mapping[str, list[str]]:
    """Package -> its versions in the rows, of at most ten packages."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for name, version in list(row.versions.items())[:10]:
            if version not in found.setdefault(name, []):
                found[name].append(version)
    return dict(list(found.items())[:10])


def title(collected: Collected) -> str:
    """The name of the sweep: its directory's, and the day that holds it, without what is above."""
    path = collected.directory.resolve()
    day = re.fullmatch(r"\d{4}-\d\d-\d\d", path.parent.name)
    return f"{path.parent.name}, {path.name}" if day else path.name or "sweep"


def jobs(count: int) -> str:
    return f"{count:,} job{'s' if count != 1 else ''}"


def job(row: Row) -> str:
    """What a job is called: a directory that is a mere number needs a word before it, and one that
    does not say the job's own name has that behind it.
    """
    name = f"job {row.name}" if row.name.isdecimal() else row.name
    return f"{name} ({row.called})" if row.called and row.called not in row.name else name


def states(rows: Iterable[Row]) -> dict[str, int]:
    """State -> how many jobs, those that are over first."""
    names = [row.state for row in rows]
    return {name: names.count(name) for name in dict.fromkeys([*ENDED, *names]) if name in names}
