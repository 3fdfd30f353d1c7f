"""A case is a few lines: arrange a folder, run a command in it, say what must hold.

Commands run in children of this process, which has imported TensorFlow and computed nothing: a case
costs what its command does, not what a start does.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

SECONDS = 90.0
"""A command that takes longer hangs."""
DOCUMENTED = {0, *range(2, 11), 128 + signal.SIGINT, 128 + signal.SIGTERM, 128 + signal.SIGHUP,
              128 + signal.SIGPIPE}  # fmt: skip
KILLED = -signal.SIGKILL
Nothing = Callable[[Path], None]


@dataclass
class Outcome:
    """How a command ended: its exit code (negative: the signal), its words, and its folder."""

    code: int
    out: str
    err: str
    seconds: float
    folder: Path

    @property
    def words(self) -> str:
        return self.out + self.err


Holds = Callable[[Outcome], "str | None"]
"""What is wrong with an outcome, or None."""


def documented(outcome: Outcome, ends: Collection[int] = DOCUMENTED) -> str | None:
    """What every command promises: a documented exit code, one line for a mistake, no traceback, no
    control characters, an end.
    """
    if outcome.code == KILLED and outcome.seconds >= SECONDS and KILLED not in ends:
        return f"no end after {SECONDS:.0f} s"
    if outcome.code not in ends:
        return f"exit code {outcome.code}: {outcome.words[-400:]}"
    if "Traceback" in outcome.words:
        return f"a traceback: {outcome.words[-400:]}"
    if re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x1b]", outcome.words):
        return f"control characters: {outcome.words[-200:]!r}"
    last = (outcome.err.strip().splitlines() or [""])[-1]
    if 2 <= outcome.code <= 10 and not last.startswith("gan-"):
        return f"exit code {outcome.code} without its line: {outcome.words[-300:]!r}"
    return None


@dataclass(frozen=True)
class Case:
    """One thing that goes wrong.

    Attributes:
        command: gan-NAME and its arguments, run in the folder.
        ends: exit codes that may be.
        arrange: makes the folder bad.
        holds: asked after `documented`.
        inside: called in the child before the command.
        world: a folder that the case's own begins as a copy of.
        meanwhile: called with the folder and the child's number while it runs, again and again,
            until it is true.
    """

    name: str
    command: Sequence[str]
    holds: Holds = documented
    arrange: Nothing = lambda folder: None
    inside: Callable[[], None] = lambda: None
    world: Path | None = None
    meanwhile: Callable[[Path, int], bool] | None = None
    seconds: float = SECONDS
    ends: Collection[int] = tuple(DOCUMENTED)


@dataclass
class Section:
    """What came of the cases of a section."""

    name: str
    cases: int = 0
    seconds: float = 0.0
    failed: list[str] = field(default_factory=list)
    codes: dict[int, int] = field(default_factory=dict)


def run_section(name: str, cases: Iterable[Case], folder: Path, jobs: int) -> Section:
    """Run every case, some at a time, and say what failed as it fails."""
    section, began = Section(name), time.monotonic()
    running: list[Running] = []
    queue = enumerate(cases)
    while True:
        while len(running) < jobs and (item := next(queue, None)) is not None:
            running.append(Running(item[1], folder / f"{item[0]:05d}"))
        if not running:
            break
        for each in running[:]:
            outcome = each.outcome()
            if outcome is None:
                continue
            running.remove(each)
            wrong = documented(outcome, each.case.ends) or each.case.holds(outcome)
            section.cases += 1
            section.codes[outcome.code] = section.codes.get(outcome.code, 0) + 1
            if wrong:
                section.failed.append(f"{each.case.name}: {wrong}")
                print(f"  FAILED {section.failed[-1]}", flush=True)
            shutil.rmtree(outcome.folder, ignore_errors=True)
        time.sleep(0.005)
    section.seconds = time.monotonic() - began
    return section


def run(case: Case, folder: Path) -> Outcome:
    """Run one case to its end; its folder stays."""
    running = Running(case, folder)
    while (outcome := running.outcome()) is None:
        time.sleep(0.002)
    return outcome


class Running:
    """A case under way."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case, self._folder = case, folder
        self._work = folder / "work"
        if case.world is None:
            self._work.mkdir(parents=True)
        else:
            shutil.copytree(case.world, self._work, symlinks=True)
        case.arrange(self._work)
        sys.stdout.flush()
        sys.stderr.flush()
        self._seen, self._seconds = time.monotonic(), 0.0
        self._met = case.meanwhile is None
        self._child = os.fork()
        if self._child == 0:
            self._run()

    def _run(self) -> None:
        """In the child: never returns."""
        code = 1
        try:
            os.setpgid(0, 0)
            signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background: ignored
            os.chdir(self._work)
            for number, name in ((1, "out"), (2, "err")):
                file = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
                os.dup2(file, number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            sys.argv = list(self.case.command)
            self.case.inside()
            from gan_cli.cli import commands

            code = getattr(commands, sys.argv[0].removeprefix("gan-"))()
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:
            import traceback

            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)

    def outcome(self) -> Outcome | None:
        """None while it runs."""
        now = time.monotonic()
        self._seconds += min(now - self._seen, 1.0)  # it may have been stopped, and its child too
        self._seen = now
        ended, status = os.waitpid(self._child, os.WNOHANG)
        if not ended:
            if not self._met and self.case.meanwhile is not None:
                self._met = self.case.meanwhile(self._work, self._child)
            if self._seconds > self.case.seconds:
                os.killpg(self._child, signal.SIGKILL)
            return None
        words = [self._text(name) for name in ("out", "err")]
        return Outcome(os.waitstatus_to_exitcode(status), *words, self._seconds, self._work)

    def _text(self, name: str) -> str:
        path = self._folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def warm() -> None:
    """Import what commands need; nothing may be computed, or children would hang."""
    from gan_cli.base.quiet import quiet

    with quiet():
        for name in ("data", "edit", "evaluate", "plot", "report", "sample", "train"):
            import_module(f"gan_cli.cli.{name}")
        for name in ("keras", "tensorflow", "logging.config", "pandas", "matplotlib.pyplot"):
            import_module(name)


def files_of(folder: Path) -> Iterator[Path]:
    """Every plain file below, sorted, as a path relative to the folder."""
    yield from sorted(each.relative_to(folder) for each in folder.rglob("*") if each.is_file())
