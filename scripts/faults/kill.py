"""SIGKILL inside saves, at the begin and at the end of each call to the system that they make, and
at random moments of a run.

What must hold: the newest checkpoint is whole, nothing of what is left looks damaged, and it is not
older than the last save that was over. A run that goes on after a kill, all of those at a random
moment and some of the others, gets to the files of one that nothing has stopped, bit for bit but
for times, with nothing left over.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from harness import KILLED, Case, Outcome, Section, files_of, run, run_section
from worlds import SCORED, TINY

STEPS = "training.steps=15"
COMMAND = ["gan-train", *TINY, *SCORED, "evaluation.final_count=128", "schedule=constant",
           "training.checkpoint_every=3", "training.log_every=1"]  # fmt: skip
GONE_ON_WITH = 0.02
"""Of the runs that were killed inside a save."""
TIMES = {"seconds", "images_per_second", "crc32"}
TRACE_ME, UP_TO_A_CALL, SET_OPTIONS, END_WITH_ME = 0, 24, 0x4200, 1 << 20
"""Of ptrace(2)."""


def ptrace(request: int, child: int = 0, value: int = 0) -> None:
    ctypes.CDLL(None).ptrace(request, child, None, ctypes.c_void_p(value))


def in_a_fork(call: Callable[[], object], last: int | None = None) -> tuple[int, int]:
    """Call a function in a fork, which is killed at a stop, the begin or the end of a call to the
    system: (how it ended, stops that it made).
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            ptrace(TRACE_ME)
            os.kill(os.getpid(), signal.SIGSTOP)
            call()
            code = 0
        finally:
            os._exit(code)
    os.waitpid(child, 0)
    ptrace(SET_OPTIONS, child, END_WITH_ME)
    stops = 0
    while True:
        ptrace(UP_TO_A_CALL, child)
        _, status = os.waitpid(child, 0)
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status), stops
        stops += 1
        if stops == last:
            os.kill(child, signal.SIGKILL)


class Killing:
    """In a child that trains: whatever changes the folder of checkpoints is first done in forks
    that are killed, at every stop or at a share of them.

    Args:
        kept: a folder for some of the run directories that they leave, and for the file `kills`: a
            line for each kill, empty or with what is wrong.
    """

    def __init__(self, kept: Path, draw: random.Random, share: float) -> None:
        self._kept, self._draw, self._share = kept, draw, share

    def __call__(self) -> None:
        from gan_cli.runs import checkpoint, ranking

        self._kept.mkdir()
        self._kills = (self._kept / "kills").open("w", buffering=1)
        changes = ((checkpoint, "save"), (ranking, "prune"), (checkpoint, "add_full_score"))
        for module, name in changes:
            setattr(module, name, partial(self._change, getattr(module, name)))

    def _change(self, change: Callable[..., object], folder: Path, *arguments: object) -> object:
        call, before = partial(change, folder, *arguments), self._kept / "before"
        _copy(folder, before)
        newest, _ = looked_at(folder)
        _, stops = in_a_fork(call)
        for stop in range(1, stops + 1):
            if self._draw.random() < self._share:
                _copy(before, folder)
                code, _ = in_a_fork(call, stop)
                step, damage = looked_at(folder)
                good = code == KILLED and step >= newest and not damage
                what = f"{change.__name__}-{newest}-{stop}"
                wrong = f"{what}: ended with {code}, newest {step} after {newest}, {damage}"
                print("" if good else wrong, file=self._kills)
                if self._draw.random() < GONE_ON_WITH:
                    _copy(folder.parent, self._kept / what / "run")
        _copy(before, folder)
        return call()


def _copy(folder: Path, target: Path) -> None:
    """A folder, or that there is none."""
    shutil.rmtree(target, ignore_errors=True)
    if folder.exists():
        shutil.copytree(folder, target)


def looked_at(folder: Path) -> tuple[int, list[str]]:
    """The step of the newest checkpoint, and what is said of damage to it and to the best one."""
    from gan_cli.runs import checkpoint, ranking

    said: list[str] = []
    ranking.best(folder, said.append)
    newest = checkpoint.newest(folder, said.append)
    return (newest.step if newest else -1), said


def section(place: Path, times: int, draw: random.Random, share: float, jobs: int) -> Section:
    """A run whose saves are killed at every stop, or at a share of them, and `times` runs that are
    killed at a random moment.
    """
    began, kept, whole = time.monotonic(), place / "kept", place / "whole" / "run"
    unbroken = run(_begun(whole), place / "unbroken")
    if unbroken.code:
        raise SystemExit(f"a run fails that nothing kills: {unbroken.words}")
    killing = replace(
        _begun(place / "killed" / "run"), inside=Killing(kept, draw, share), seconds=3600.0
    )
    outcome = run(killing, place / "killing")
    kills = (kept / "kills").read_text().splitlines()
    (kept / "before").rename(place / "before")
    cases = [_gone_on(each, whole) for each in (place / "killed" / "run", *kept.glob("*-*/run"))]
    cases += [
        _killed(place / f"{number}" / "run", draw.uniform(0.0, unbroken.seconds), whole)
        for number in range(times)
    ]
    found = run_section("", cases, place / "cases", jobs)
    wrong = [line for line in kills if line]
    wrong += [] if outcome.code == 0 and kills else [f"it did not end: {outcome.words[-300:]}"]
    for line in wrong:
        print(f"  FAILED {line}", flush=True)
    found.name = f"kill ({len(kills)} inside saves, {times} at any moment)"
    found.cases, found.failed = found.cases + len(kills), wrong + found.failed
    found.seconds = time.monotonic() - began
    return found


def _begun(run_: Path) -> Case:
    return Case(f"run {run_.parent.name}", [*COMMAND, STEPS, f"run_dir={run_}"])


def _gone_on(run_: Path, whole: Path) -> Case:
    """A run that was killed goes on to its end."""
    holds = partial(as_whole, run_, whole)
    return Case(f"{run_.parent.name} goes on", ["gan-train", f"resume={run_}", STEPS], holds)


def as_whole(run_: Path, whole: Path, outcome: Outcome) -> str | None:
    """Whether a run is as one that nothing has stopped."""
    if outcome.code:
        return f"exit code {outcome.code}: {outcome.words[-300:]}"
    found, expected = contents(run_), contents(whole)
    others = [name for name in {**expected, **found} if found.get(name) != expected.get(name)]
    return f"not as in an unbroken run: {', '.join(others)}" if others else None


def _killed(run_: Path, moment: float, whole: Path) -> Case:
    """A run that is killed a moment after its begin, and then goes on, or begins anew."""
    end = 0.0

    def meanwhile(folder: Path, child: int) -> bool:
        nonlocal end
        end = end or time.monotonic() + moment
        if time.monotonic() >= end:
            os.kill(child, signal.SIGKILL)
        return time.monotonic() >= end

    def holds(outcome: Outcome) -> str | None:
        if damage := looked_at(run_ / "checkpoints")[1]:
            return f"after {moment:.2f} s: {damage}"
        again = _gone_on(run_, whole) if (run_ / "model.json").exists() else _begun(run_)
        return as_whole(run_, whole, run(again, outcome.folder / "again"))

    case = replace(_begun(run_), holds=holds, meanwhile=meanwhile, ends=(0, KILLED))
    return replace(case, name=f"{case.name} killed after {moment:.2f} s")


def contents(run_: Path) -> dict[str, object]:
    """The digest of each file, and the lines of metrics.jsonl without times; of those that say how
    and when it was started, that they are there.
    """
    found: dict[str, object] = {
        str(file): hashlib.sha256((run_ / file).read_bytes()).hexdigest() for file in files_of(run_)
    }
    lines = map(json.loads, (run_ / "metrics.jsonl").read_text().splitlines())
    return found | {
        "command.json": None,
        "train.log": None,
        "metrics.jsonl": [{key: line[key] for key in line.keys() - TIMES} for line in lines],
    }
