"""How a run shows its progress: a bar or lines on the terminal, metrics.jsonl."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gan_cli.base import terminal
from gan_cli.runs import journal
from gan_cli.training.hooks.hook import Progress

MEASURED, WORTH_WATCHING = 3.0, 60.0
"""Seconds that tell how fast a run is, and that make one look for something to see."""


class Outlook:
    """Says once, by the speed of the first seconds, how long the run will take.

    Args:
        steps: of what it is a part, in words.
        where: its files go.
        scored: whether scores take time beside it.
        interval: steps between lines of the log, before the first of which it is said.
    """

    every = 0

    def __init__(
        self, steps: str, where: Path, scored: bool, interval: int, say: Callable[[str], None]
    ) -> None:
        self._steps, self._where, self._scored = steps, where, scored
        self._interval, self._say, self._is_said = interval, say, False

    def __call__(self, progress: Progress) -> None:
        # the first call traces the graph, which may take longer than that, and tells no speed
        measured = progress.seconds >= MEASURED and progress.images_per_second > 0.0
        if self._is_said or not (measured or _due(progress, self._interval)):
            return
        self._is_said = True
        left = progress.seconds_left
        about = f", about {in_words(left)}" if left >= 1.0 else ""
        apart = " plus scoring" if about and self._scored else ""
        shown = (
            "; gan-watch shows the run" if left >= WORTH_WATCHING and find_spec("starlette") else ""
        )
        self._say(f"{self._steps}{about}{apart}; files in {self._where}{shown}")

    def close(self) -> None:
        pass


def in_words(seconds: float) -> str:
    """A time in the unit that fits it: 50 s, 5 min, 2 h 10 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


class ProgressBar:
    """A tqdm bar on a terminal: it moves with every call of the graph."""

    every = 0

    def __init__(self, start: int, total: int) -> None:
        layout = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{desc}{postfix}]"
        self._score: list[str] = []
        self._bar = tqdm(
            desc="?",
            initial=start,
            total=total,
            bar_format=layout,
            dynamic_ncols=True,
            file=sys.stdout,
        )

    def __call__(self, progress: Progress) -> None:
        losses = [
            f"{_initial(name)} {value:.3g}"
            for name, value in progress.logs.items()
            if name.startswith("loss_")
        ]
        if "frechet" in progress.scores:
            self._score = [f"FD {progress.scores['frechet']:.3g}"]
        # tqdm's own estimate takes what the start cost for the speed of all steps
        left = tqdm.format_interval(progress.seconds_left) if progress.seconds_left else "?"
        self._bar.set_description_str(left, refresh=False)
        parts = [f"{progress.images_per_second:,.0f} img/s", *losses, *self._score]
        self._bar.set_postfix_str(", ".join(parts), refresh=False)
        self._bar.update(progress.step - self._bar.n)

    def close(self) -> None:
        self._bar.close()


class ProgressLines:
    """A plain line every interval and at every score, where the output is no terminal."""

    every = 0

    def __init__(self, interval: int, say: Callable[[str], None]) -> None:
        self._interval, self._say = interval, say

    def __call__(self, progress: Progress) -> None:
        if not _due(progress, self._interval):
            return
        losses = "  ".join(
            f"{name[5:]} {value:.4g}"
            for name, value in progress.logs.items()
            if name.startswith("loss_")
        )
        left = tqdm.format_interval(progress.seconds_left)
        speed = f"{progress.images_per_second:,.0f} images/s"
        score = (
            f"  Fréchet {progress.scores['frechet']:.4g}" if "frechet" in progress.scores else ""
        )
        self._say(f"step {progress.step}/{progress.total}  {speed}  {losses}{score}  {left} left")

    def close(self) -> None:
        pass


class MetricsLog:
    """metrics.jsonl: one object per line, with a checksum; a resumed run first drops what was
    written after its checkpoint.

    `seconds` counts on from part to part of a run.
    """

    every = 0

    def __init__(self, path: Path, interval: int, start: int) -> None:
        self._interval, self._chain = interval, journal.Chain()
        self._seconds_before, end = 0.0, 0
        for entry, position in journal.lines(path, start):
            self._seconds_before, end = float(entry["seconds"]), position
        self._file = path.open("rb+" if end else "wb")
        for line in self._file if end else ():
            self._chain.holds(line)
            if self._file.tell() >= end:
                break
        self._file.truncate(end)
        self._file.seek(0, 2)

    def __call__(self, progress: Progress) -> None:
        if not progress.logs or not _due(progress, self._interval):
            return
        seconds, speed = (
            round(self._seconds_before + progress.seconds, 3),
            round(progress.images_per_second, 1),
        )
        line = (
            {"step": progress.step, "seconds": seconds, "images_per_second": speed}
            | progress.logs
            | dict(progress.scores)
        )
        self._file.write(self._chain.sealed(line))
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def _due(progress: Progress, interval: int) -> bool:
    """Whether a line is written: at multiples of the interval, at scores and at the end."""
    return progress.step % interval == 0 or progress.step == progress.total or bool(progress.scores)


def _initial(name: str) -> str:
    return name.removeprefix("loss_")[:1].upper()


def bar_or_lines(start: int, total: int, every: int, say: Callable[[str], None]) -> Any:
    """The bar where all is said on a terminal, lines elsewhere."""
    if say is terminal.say and sys.stdout.isatty():
        return ProgressBar(start, total)
    return ProgressLines(every, say)
