"""A pool of processes, one for each job: started, watched, stopped, tried again. It knows nothing
of what they compute.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil

from gan_cli.base.errors import DiskFullError, Interrupted
from gan_cli.base.machines import machine
from gan_cli.runs.record import Job
from gan_cli.sweeps import exits
from gan_cli.sweeps.slots import Slot
from gan_cli.training.signals import Signals

CONSOLE = "console.log"
"""In a job's directory: what its process printed."""
POLL, PATIENCE = 0.1, 120.0
"""Seconds between two looks at the processes; seconds that one has for saving before it is killed.
"""


@dataclass
class Task:
    """A job, and what the pool knows of it.

    Attributes:
        steps: of the whole run, where they are known.
        until: the step at which it pauses.
        tries: processes started for it by this pool.
        spent: seconds that those which have ended took.
    """

    number: int
    directory: Path
    record: Job
    steps: int | None = None
    until: int | None = None
    tries: int = 0
    spent: float = 0.0


@dataclass
class Running:
    """A task's process."""

    task: Task
    process: psutil.Popen
    slot: Slot
    began: float = field(default_factory=time.monotonic)
    peak: int = 0
    asked: exits.Asked | None = None
    asked_at: float = 0.0
    killed_before: int = field(default_factory=lambda: machine.killed_for_memory())

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


class View(Protocol):
    """What is shown of the jobs while they run."""

    def started(self, task: Task) -> None: ...

    def ended(self, task: Task) -> None: ...

    def show(self, running: list[Task]) -> None: ...


class Pool:
    """Runs tasks, as many at a time as there are slots.

    Args:
        command: of a task's process.
        slots: for each job that may run at a time, what it has.
        timeout: seconds that a task may take; None: any.
        retries: times that a task whose process crashed is started again.
        environment: of a task's process, but for its slot's; None: this one's.
    """

    def __init__(
        self,
        command: Callable[[Task], list[str]],
        slots: list[Slot],
        timeout: float | None,
        retries: int,
        view: View,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command, self._free, self.view = command, list(slots), view
        self._timeout, self._retries = timeout, retries
        self._environment = dict(os.environ if environment is None else environment)
        self._running: list[Running] = []
        self._full = False

    def run(self, tasks: Iterable[Task]) -> None:
        """Run them all; each has its record in its directory then.

        Raises:
            Interrupted: a signal came; all processes have saved and ended.
            DiskFullError: the disk is full; likewise.
        """
        waiting = deque(tasks)
        with Signals().heard() as signals:
            while waiting or self._running:
                if signals.received is not None or self._full:
                    waiting.clear()
                    for each in self._running:
                        self._ask(each, "stop")
                while waiting and self._free:
                    self._start(waiting.popleft())
                for each in list(self._running):
                    self._look(each, waiting)
                self.view.show([each.task for each in self._running])
                time.sleep(POLL)
        if self._full:
            raise DiskFullError("the disk is full, so the sweep has stopped; make room, then go on")
        if signals.received is not None:
            raise Interrupted("the sweep has stopped, and its jobs have saved", signals.received)

    def _start(self, task: Task) -> None:
        slot = self._free.pop(0)
        task.tries += 1
        task.directory.mkdir(parents=True, exist_ok=True)
        self._record(
            task, state="running", reason=None, exit_code=None, attempts=task.record.attempts + 1
        )
        with (task.directory / CONSOLE).open("ab") as console:
            process = psutil.Popen(
                self._command(task),
                stdin=subprocess.PIPE,  # a process whose pool is gone reads its end, and saves
                stdout=console,
                stderr=subprocess.STDOUT,
                env=self._environment | slot.environment,
                start_new_session=True,  # Ctrl-C is the pool's to pass on
            )
        if slot.processors:
            with suppress(
                psutil.Error, OSError, AttributeError
            ):  # it has ended already; or the system has no such thing
                process.cpu_affinity(
                    list(slot.processors)
                )  # before it has threads, which inherit it
        self._running.append(Running(task, process, slot))
        self.view.started(task)

    def _look(self, each: Running, waiting: deque[Task]) -> None:
        code = each.process.poll()
        if code is not None:
            self._end(each, code, waiting)
            return
        try:
            each.peak = max(each.peak, each.process.memory_info().rss)
        except psutil.Error:
            return  # it has just ended
        if self._timeout is not None and each.task.spent + each.seconds > self._timeout:
            self._ask(each, "timeout")
        if each.asked and time.monotonic() - each.asked_at > PATIENCE:
            each.process.kill()

    def _ask(self, each: Running, why: exits.Asked) -> None:
        """Have a process save and end."""
        if each.asked is None:
            each.asked, each.asked_at = why, time.monotonic()
            each.process.send_signal(signal.SIGTERM)

    def _end(self, each: Running, code: int, waiting: deque[Task]) -> None:
        task = each.task
        each.process.stdin.close()
        self._running.remove(each)
        self._free.append(each.slot)
        task.spent += each.seconds
        short_of_memory = machine.killed_for_memory() > each.killed_before
        end = exits.Process(
            code, each.asked, short_of_memory, each.peak, self._timeout, task.directory / CONSOLE
        )
        self._full = self._full or code == DiskFullError.exit_code
        self._record(task, **exits.explain(end, task.directory), **self._costs(each, code))
        if exits.crashed(end) and task.tries <= self._retries and not self._full:
            waiting.appendleft(task)
        self.view.ended(task)

    def _costs(self, each: Running, code: int) -> dict[str, object]:
        record = each.task.record
        peak = max(each.peak, record.peak_bytes or 0)
        return {
            "exit_code": code,
            "seconds": round(record.seconds + each.seconds, 1),
            "peak_bytes": peak,
        }

    def _record(self, task: Task, **changes: object) -> None:
        """Keep what is known of a task, also where the disk does not."""
        try:
            task.record = task.record.update(task.directory, **changes)
        except OSError:
            self._full = True
