"""SIGKILL at any moment, most of them inside a save: before one of the calls to the system that it
is made of, drawn at random. One run is killed and resumed over and over.

What must hold after each kill: the newest checkpoint is whole and not older than the last save that
was over, and the next start begins with it. At the end nothing is left over.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from harness import KILLED, Case, Section, run
from worlds import TINY, UNSCORED

CALLS = 60
"""About as many calls as a save makes; a kill beyond the last one meets the next save."""
EVENTS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir",
          "shutil.rmtree", "os.truncate", "os.chmod", "os.link", "os.symlink")  # fmt: skip


def killed_in_save(call: int, announced: Path):
    """In the child: SIGKILL before the call with this number after the first save is begun; the
    step of each save that is over goes to the file `announced`.
    """

    def inside() -> None:
        from gan_cli.runs import checkpoint

        counted = {"calls": 0, "saving": False}
        save, descriptor = checkpoint.save, os.open(announced, os.O_WRONLY | os.O_CREAT)

        def count() -> None:
            if counted["saving"]:
                counted["calls"] += 1
                if counted["calls"] > call:
                    os.kill(os.getpid(), signal.SIGKILL)

        def watched(folder: Path, step: int, *others: object, **named: object) -> object:
            counted["saving"] = True
            saved = save(folder, step, *others, **named)
            os.pwrite(descriptor, f"{step:12}".encode(), 0)
            counted["saving"] = False
            return saved

        sync = os.fsync

        def synced(file: int) -> None:
            count()
            sync(file)

        os.fsync = synced
        sys.addaudithook(lambda event, _: count() if event in EVENTS else None)
        for module in list(sys.modules.values()):
            if getattr(module, "save", None) is save:
                module.save = watched

    return inside


def section(place: Path, times: int, draw: random.Random) -> Section:
    """One kill in five at a random moment, all others inside a save."""
    found, began = Section("kill"), time.monotonic()
    (place / "chain").mkdir(parents=True)
    run_, announced = place / "chain" / "run", place / "announced"
    first = [*TINY, UNSCORED, "training.checkpoint_every=3", f"run_dir={run_}"]
    inside_a_save, resumed_from = 0, -1
    for number in range(times):
        start = [f"resume={run_}"] if (run_ / "model.json").exists() else first
        case = Case(f"kill {number + 1}", ["gan-train", *start, "training.steps=1000000000"])
        if number % 5:
            case = replace(case, inside=killed_in_save(draw.randrange(CALLS), announced))
        else:
            announced.write_text(f"{resumed_from:12}")
            moment = time.monotonic() + draw.uniform(0.2, 4.0)
            case = replace(case, meanwhile=_killed_at(moment))
        outcome = run(case, place / f"{number:05d}")
        inside_a_save += bool(list(run_.glob("checkpoints/*.tmp")))
        wrong = None if outcome.code == KILLED else f"it ended by itself: {outcome.words[-300:]}"
        step, damage = _newest(run_)
        seen = int(announced.read_text() or -1) if announced.exists() else -1
        if outcome.code == KILLED and (damage or step < max(seen, resumed_from)):
            wrong = f"newest {step}, announced {seen}, {damage}"
        began_with = f"resumed at step {resumed_from}"
        if (
            resumed_from >= 0
            and outcome.out.strip()
            and began_with not in outcome.out.replace(",", "")
        ):
            wrong = wrong or f"not resumed at {resumed_from}: {outcome.words[-300:]}"
        found.cases += 1
        found.codes[outcome.code] = found.codes.get(outcome.code, 0) + 1
        if wrong:
            found.failed.append(f"{case.name}: {wrong}")
            print(f"  FAILED {found.failed[-1]}", flush=True)
        resumed_from = step
    last = [f"resume={run_}", f"training.steps={resumed_from + 4}"]
    outcome = run(Case("the last one", ["gan-train", *last]), place / "last")
    left = [path.name for path in run_.rglob("*.tmp")]
    lines = [json.loads(line)["step"] for line in (run_ / "metrics.jsonl").read_text().splitlines()]
    if outcome.code or left or lines != sorted(set(lines)):
        found.failed.append(f"at the end: {outcome.words[-300:]}, left over {left}, logged {lines}")
        print(f"  FAILED {found.failed[-1]}")
    found.name = f"kill ({inside_a_save} left a save half done)"
    found.seconds = time.monotonic() - began
    return found


def _killed_at(moment: float):
    def meanwhile(folder: Path, child: int) -> bool:
        if time.monotonic() < moment:
            return False
        os.kill(child, signal.SIGKILL)
        return True

    return meanwhile


def _newest(run_: Path) -> tuple[int, list[str]]:
    from gan_cli.runs import checkpoint

    said: list[str] = []
    if not (run_ / "checkpoints").exists():
        return -1, []
    newest = checkpoint.newest(run_ / "checkpoints", said.append)
    return (newest.step if newest else -1), said
