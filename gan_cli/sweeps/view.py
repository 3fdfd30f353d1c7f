"""What a sweep shows while it runs: a live table on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text
from tqdm import tqdm

from gan_cli.base.terminal import printable
from gan_cli.runs import journal
from gan_cli.runs.record import differing
from gan_cli.runs.rundir import RunDirectory
from gan_cli.sweeps.outcome import OBJECTIVES, outcome
from gan_cli.sweeps.processes import Task, View

LABELS = {"frechet": "Fréchet", "elbo_held_out": "ELBO"}
EVERY = 30.0
"""Seconds between two lines on where the sweep stands."""
ROOM, OTHER_COLUMNS = 7, 42
"""Lines that the table's rows leave free, and characters that its settings do."""


@contextmanager
def view(directory: Path, tasks: Sequence[Task], objective: str, parallel: int) -> Iterator[View]:
    """A view of some tasks, of which `parallel` run at a time."""
    standing = Standing(directory, tasks, objective, parallel)
    if sys.stdout.isatty():
        with Live(console=Console(), auto_refresh=False) as live:
            yield LiveTable(standing, live)
    else:
        yield Lines(standing)
        print(standing.heading(), flush=True)


class Standing:
    """What is known of the tasks: from their records, and from what running ones have logged."""

    def __init__(
        self, directory: Path, tasks: Sequence[Task], objective: str, parallel: int
    ) -> None:
        self.directory, self.tasks, self.objective = directory, tasks, objective
        self._parallel, self._began, self._labels = parallel, time.monotonic(), _labels(tasks)
        self._followers = {
            task.number: journal.Follower(task.directory / "metrics.jsonl") for task in tasks
        }
        self._last: dict[int, dict[str, Any]] = {}
        self._best: dict[int, float] = {}

    def read(self, tasks: Sequence[Task]) -> None:
        """What tasks have logged since the last time."""
        for task in tasks:
            for entry in self._followers[task.number].new():
                if journal.is_number(entry.get("step")) and journal.is_number(entry.get("seconds")):
                    self._last[task.number] = entry
                score: Any = entry.get(self.objective)
                if journal.is_number(score):
                    better = min if OBJECTIVES[self.objective] > 0 else max
                    self._best[task.number] = better(score, self._best.get(task.number, score))

    def settle(self, task: Task) -> None:
        """The score that a task's run ends with: of many samples, where its best checkpoints were
        scored again.
        """
        self.read([task])
        best = outcome(RunDirectory(task.directory), self.objective).score
        if best is not None:
            self._best[task.number] = best

    def cells(self, task: Task) -> tuple[str, str, str, str, str]:
        """Number, settings, state with step, best score, time left."""
        step = int(self._last.get(task.number, {}).get("step", 0))
        goal = task.until or task.steps
        where = f"{step}/{goal}" if goal else f"step {step}"
        state = where if task.record.state == "running" else task.record.state
        best = f"{self._best[task.number]:.4g}" if task.number in self._best else ""
        left = self.left(task) if task.record.state == "running" else None
        return str(task.number), self._labels[task.number], state, best, _time(left)

    def left(self, task: Task) -> float | None:
        """Seconds that a running task still needs, by its speed so far; None where that is not
        known.
        """
        last, goal = self._last.get(task.number), task.until or task.steps
        if not last or not goal or not last["step"]:
            return None
        return float(max(0, goal - last["step"]) * last["seconds"] / last["step"])

    def heading(self) -> str:
        """How many jobs are in which state, and when all will have ended."""
        states = [task.record.state for task in self.tasks]
        names = ("done", "running", "paused", "pruned", "failed", "stopped", "waiting")
        parts = [f"{states.count(name)} {name}" for name in names if name in states]
        return f"{self.directory}: {len(states)} jobs, {', '.join(parts)}; {self._rest()}"

    def _rest(self) -> str:
        spent = [task.spent for task in self.tasks if task.record.over and task.spent]
        waiting = sum(task.record.state in ("waiting", "stopped", "paused") for task in self.tasks)
        elapsed = tqdm.format_interval(time.monotonic() - self._began)
        running = [self.left(task) for task in self.tasks if task.record.state == "running"]
        if not spent or not (waiting or running):
            return f"{elapsed} in all"
        whole = sum(spent) / len(spent)  # of a job, also of one that has just begun
        rest = sum(whole if left is None else left for left in [None] * waiting + running)
        rest /= self._parallel
        return f"{elapsed} so far, about {tqdm.format_interval(rest)} left"

    def ending(self, task: Task) -> str:
        """One line on a task that has ended."""
        number, settings, _, best, _ = self.cells(task)
        score = f", {LABELS[self.objective]} {best}" if best else ""
        reason = f": {printable(task.record.reason)}" if task.record.reason else ""
        return (
            f"job {number} ({settings}) {task.record.state}{score}, "
            f"{tqdm.format_interval(task.spent)}{reason}"
        )


class Lines:
    """A line at each start and end, and now and then how things stand."""

    def __init__(self, standing: Standing) -> None:
        self._standing, self._printed = standing, time.monotonic()

    def started(self, task: Task) -> None:
        self._print(
            f"job {task.number} ({self._standing.cells(task)[1]}) started in {task.directory}"
        )

    def ended(self, task: Task) -> None:
        self._standing.settle(task)
        self._print(self._standing.ending(task))

    def show(self, running: list[Task]) -> None:
        if time.monotonic() - self._printed < EVERY:
            return
        self._standing.read(running)
        for task in running:
            number, settings, where, best, left = self._standing.cells(task)
            score = f"  {LABELS[self._standing.objective]} {best}" if best else ""
            self._print(
                (
                    f"job {number} ({settings})  {where}{score}  {left + ' left' if left else ''}"
                ).rstrip()
            )
        self._print(self._standing.heading())

    def _print(self, line: str) -> None:
        self._printed = time.monotonic()
        print(line, flush=True)


class LiveTable:
    """A table that is drawn again about twice a second; failures stay above it."""

    def __init__(self, standing: Standing, live: Live) -> None:
        self._standing, self._live, self._drawn = standing, live, 0.0

    def started(self, task: Task) -> None:
        self._drawn = 0.0

    def ended(self, task: Task) -> None:
        self._standing.settle(task)
        if task.record.state == "failed":
            self._live.console.print(Text(self._standing.ending(task)), soft_wrap=True)
        self._draw()

    def show(self, running: list[Task]) -> None:
        if time.monotonic() - self._drawn > 0.5:
            self._standing.read(running)
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        table = Table(box=None, pad_edge=False, expand=False)
        for name in ("job", "settings", "step", LABELS[self._standing.objective], "left"):
            side: Any = "left" if name == "settings" else "right"
            widest = (
                max(20, self._live.console.width - OTHER_COLUMNS) if name == "settings" else None
            )
            table.add_column(
                name, justify=side, no_wrap=True, overflow="ellipsis", max_width=widest
            )
        for task in self._shown():
            table.add_row(*map(Text, self._standing.cells(task)))
        self._live.update(Group(Text(self._standing.heading()), table), refresh=True)

    def _shown(self) -> list[Task]:
        """As many tasks as there is room for: those that run first, then those that ended, then
        those that wait.
        """
        room = max(3, self._live.console.height - ROOM)
        order = {"running": 0, "done": 1, "failed": 1, "pruned": 1}
        chosen = sorted(self._standing.tasks, key=lambda task: order.get(task.record.state, 2))[
            :room
        ]
        return sorted(chosen, key=lambda task: task.number)


def _labels(tasks: Sequence[Task]) -> dict[int, str]:
    """Of each task the overrides that not all have, by the last parts of their keys."""
    own = differing({task.number: task.record.overrides for task in tasks})
    return {
        number: " ".join(map(_short, overrides)) or "defaults" for number, overrides in own.items()
    }


def _short(override: str) -> str:
    key, _, value = override.lstrip("+~").partition("=")
    return printable(f"{key.rpartition('.')[2]}={value}")


def _time(seconds: float | None) -> str:
    return "" if seconds is None else str(tqdm.format_interval(seconds))
