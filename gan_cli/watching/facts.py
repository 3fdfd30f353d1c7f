"""What the page shows of runs, as plain values; strangers' runs too, and nothing is changed."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from gan_cli.base.errors import GanError
from gan_cli.base.nested import flatten
from gan_cli.base.terminal import printable
from gan_cli.reports.series import averaged, thinned
from gan_cli.runs import journal
from gan_cli.runs.curves import Series
from gan_cli.runs.listing import folders, locate, log, overview
from gan_cli.runs.listing.overview import Overview
from gan_cli.runs.lock import in_use
from gan_cli.runs.reading import StoredRun, read_run
from gan_cli.watching import pictures

MOST_RUNS, MOST_WORDS, MOST_LINES, MOST_SETTINGS = 1000, 50, 100_000, 400
POINTS, SCORES = 300, ("frechet", "diversity", "elbo_held_out")
"""Of a curve; scores are shown as they are, all else as means of equal parts of the run."""
RECENT = 20
"""Last lines of metrics.jsonl that the time left is estimated from."""
LONGEST = 300
"""Characters of a text."""
SEEN = ("train.log", "metrics.jsonl", "watchdog.jsonl", "config.json", "model.json", "job.json")
FOLDERS = ("samples", "checkpoints")
"""What changes when a run gets on."""


SLOW, RESTS = 0.5, 20
"""Seconds of reading after which a run is left alone for so many times as long: the page must not
take the processor from the training that it shows."""


class Known(NamedTuple):
    """What was read, of which state of the files, and until when it counts whatever they do."""

    mark: list[Any]
    value: Any
    until: float


class Watched:
    """The runs of a folder, each by its path below it; what has not changed is not read again."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._clock = folder, clock
        self._paths: dict[str, Path] = {}
        self._known: dict[tuple[str, str], Known] = {}

    def runs(self) -> dict[str, Any]:
        """Those that there are, the newest first."""
        alone = folders.is_run(self._folder)
        found = [self._folder] if alone else folders.below(self._folder, locate.FLOORS, [])
        self._paths = {self._name(path): path for path in found[-MOST_RUNS:]}
        shown = [
            {"id": name} | brief(self._once("brief", name, path, overview.of))
            for name, path in self._paths.items()
        ]
        shown.sort(key=lambda run: run["began"] or "", reverse=True)
        return {"folder": printable(str(self._folder)), "runs": shown}

    def run(self, name: str) -> dict[str, Any]:
        """All that the page shows of one.

        Raises:
            KeyError: there is none of that name.
        """
        path = self.path(name)
        found: dict[str, Any] = self._once("whole", name, path, whole)
        return {"id": name} | found

    def path(self, name: str) -> Path:
        """The folder of a run that was found: a name leads nowhere else.

        Raises:
            KeyError: there is none of that name.
        """
        if name not in self._paths:
            self.runs()
        return self._paths[name]

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix() if path != self._folder else "."

    def _once(self, kind: str, name: str, path: Path, read: Callable[[Path], Any]) -> Any:
        known = self._known.get((kind, name))
        began = self._clock()
        if known is not None and began < known.until:
            return known.value
        mark = [in_use(path), *(_mark(path / part) for part in (*SEEN, *FOLDERS))]
        if known is None or known.mark != mark:
            value, took = read(path), self._clock() - began
            until = began + RESTS * took if took > SLOW else 0.0
            known = self._known[kind, name] = Known(mark, value, until)
        return known.value


def brief(run: Overview) -> dict[str, Any]:
    """A line of the list."""
    values = {key: value for key, value in asdict(run).items() if key not in ("path", "damage")}
    texts = {key: printable(value) for key, value in values.items() if isinstance(value, str)}
    return values | texts | {key: _time(values[key]) for key in ("began", "ended")}


def whole(path: Path) -> dict[str, Any]:
    """All of one run; what is damaged is left out and said."""
    found = overview.of(path)
    damage, run = [*found.damage], None
    try:
        run = read_run(path)
    except GanError as error:
        damage += [] if not found.model else [str(error)]
    series = run.metrics.series if run and run.metrics else {}
    settings, said = _settings(run), words(run) if run else []
    damage += run.damage if run else []
    return brief(found) | {
        "damage": [printable(line[:LONGEST]) for line in dict.fromkeys(damage)],
        "curves": {printable(key): _drawn(key, each) for key, each in series.items()},
        "seconds_left": seconds_left(series, found) if found.state == "training" else None,
        "images_per_second": _last(series, "images_per_second"),
        "seconds": _last(series, "seconds"),
        "watchdog": said,
        "pictures": {kind: list(of) for kind, of in pictures.names(path / "samples").items()},
        "settings": settings,
        "reason": _reason(found),
    }


def words(run: StoredRun) -> list[dict[str, Any]]:
    """What the watchdog said, the last first."""
    try:
        entries = deque(islice(run.warnings(), MOST_LINES), MOST_WORDS)
    except (GanError, OSError) as error:
        run.note(f"{error}; the page is shown without what the watchdog said")
        return []
    return [
        {"step": entry["step"] if journal.is_number(entry.get("step")) else None}
        | {
            key: printable(overview.text(entry.get(key), LONGEST) or "")
            for key in ("text", "advice")
        }
        | {"back": entry.get("action") == "rollback"}
        for entry in reversed(entries)
    ]


def seconds_left(series: Mapping[str, Series], run: Overview) -> float | None:
    """Of the whole run, by its last lines, scores and checkpoints included; None: not known."""
    seconds = series.get("seconds")
    if run.steps is None or seconds is None or len(seconds.steps) < 2:
        return None
    steps, times = seconds.steps[-RECENT:], seconds.values[-RECENT:]
    done, took = float(steps[-1] - steps[0]), float(times[-1] - times[0])
    if done <= 0 or took <= 0:
        return None
    return max(0.0, (run.steps - float(steps[-1])) * took / done)


def _drawn(key: str, series: Series) -> list[list[float]]:
    shown = thinned(series, POINTS) if key in SCORES else averaged(series, POINTS)
    return [shown.steps.tolist(), shown.values.tolist()]


def _last(series: Mapping[str, Series], key: str) -> float | None:
    return float(series[key].values[-1]) if key in series else None


def _settings(run: StoredRun | None) -> list[tuple[str, str]]:
    try:
        pairs = flatten(run.config).items() if run else ()
        texts = [(key, each if isinstance(each, str) else json.dumps(each)) for key, each in pairs]
    except RecursionError:
        return []
    shown = [(key, text) for key, text in texts if text != "null" and key not in ("name", "notes")]
    return [
        (printable(key[:LONGEST]), printable(text[:LONGEST])) for key, text in shown[:MOST_SETTINGS]
    ]


def _reason(run: Overview) -> str | None:
    reason = log.read(run.path / "train.log").reason if run.state == "failed" else None
    return printable(reason[:LONGEST]) if reason else None


def _time(value: Any) -> str | None:
    return value.isoformat(" ") if value else None


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
