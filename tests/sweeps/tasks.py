"""Sweeps made by hand: tasks whose processes are a few lines of Python, and directories of runs
that nobody trained.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gan_cli.runs.record import FORMAT, Job
from gan_cli.sweeps.processes import Pool, Task
from gan_cli.sweeps.slots import Slot

SAYS = """
import json, os, signal, sys, time
def say(**changes):
    with open("job.json") as file:
        record = json.load(file)
    with open("job.tmp", "w") as file:
        json.dump({k: v for k, v in (record | changes).items() if k != "sha256"}, file)
    os.replace("job.tmp", "job.json")
def stop(*_):
    say(state="stopped")
    sys.exit(143)
"""
"""A job's process that can write its record, as `gan_cli.cli.multirun.worker` does."""


class Seen:
    """A view that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int]] = []
        self.most = 0

    def started(self, task: Task) -> None:
        self.events.append(("started", task.number))

    def ended(self, task: Task) -> None:
        self.events.append((task.record.state, task.number))

    def show(self, running: list[Task]) -> None:
        self.most = max(self.most, len(running))


def task(folder: Path, number: int, *overrides: str, steps: int | None = None) -> Task:
    directory = folder / str(number)
    directory.mkdir(parents=True, exist_ok=True)
    record = Job(FORMAT, list(overrides), list(overrides), "waiting", attempts=0)
    record.write(directory)
    return Task(number, directory, record, steps)


def pool(
    script: str,
    seen: Seen,
    slots: int | list[Slot] = 1,
    timeout: float | None = None,
    retries: int = 0,
) -> Pool:
    """A pool whose tasks all run one script, in their directory, with `until` as a variable."""

    def command(task: Task) -> list[str]:
        place = f"import os\nos.chdir({str(task.directory)!r})\nuntil = {task.until}\n"
        return [sys.executable, "-S", "-c", f"{place}{SAYS}\n{script}"]

    places = [Slot() for _ in range(slots)] if isinstance(slots, int) else slots
    return Pool(command, places, timeout, retries, seen)


def logged(directory: Path, **scores: list[tuple[int, float]]) -> None:
    """A metrics.jsonl with scores at steps."""
    lines: dict[int, dict[str, float]] = {}
    for name, pairs in scores.items():
        for step, value in pairs:
            lines.setdefault(step, {"step": step, "seconds": step / 10})[name] = value
    text = "".join(json.dumps(lines[step]) + "\n" for step in sorted(lines))
    (directory / "metrics.jsonl").write_text(text)
