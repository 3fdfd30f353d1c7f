"""Faults, counted: `python scripts/faults [SECTION ...] [--quick] [--seed N]`.

resume: N steps straight against k + (N - k): SHA-256 of state and grid.
kill: SIGKILL between any two calls to the system of a save, and at random moments.
damage: every file of a run, damaged in nine ways, read by five commands.
configuration, system: mistakes and random letters; limits, signals, streams, disks.
load: runs at once on a disk that fills, pictures that change while they are read, a long run.
runs, data: what strangers may send.

First the harness is shown a reader that believes everything, and must notice. Every case is checked
for its exit code, its one line, tracebacks, control characters and an end; see `harness.py`. A
failure prints its case with its own seed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import configuration
import damage
import hostile
import kill
import load
import proof
import system
import worlds
from harness import Case, Section, run, run_section, warm

SECTIONS = ("resume", "kill", "damage", "configuration", "system", "load", "runs", "data")
COUNTS = {"kill": (200, 4), "configuration": (400, 20), "runs": (400, 16), "data": (600, 24)}
"""Random cases of a whole and of a quick run."""
LOAD = ((100_000, 50_000), (1000, 2000))
"""Pictures that change, steps of a long run."""
SHARE, SHARE_OF_SYSTEM = (1.0, 0.04), (1.0, 0.25)
"""Of all kinds of damage and of all moments of a save, and of all that the system does."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="a few of each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--times", type=int, help="random cases of each section")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    if strange := set(arguments.sections) - set(SECTIONS):
        parser.error(f"unknown sections {', '.join(strange)} (accepted: {', '.join(SECTIONS)})")
    warm()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        os.environ["GAN_CACHE_DIR"] = str(Path(folder) / "cache")
        place, found = Path(folder), []
        finished = worlds.finished(place / "finished")
        unnoticed = list(proof.cases(finished, place / "proof"))
        for line in unnoticed:
            print(f"THE HARNESS DOES NOT SEE: {line}")
        if unnoticed:
            return 1
        print("the harness notices a broken reader, a traceback and a wrong exit code", flush=True)
        for name in arguments.sections or SECTIONS:
            print(name, flush=True)
            draw = random.Random(f"{arguments.seed} {name}")
            count = arguments.times or COUNTS.get(name, (10, 3))[arguments.quick]
            if name == "load":
                found += load.sections(place / name, draw, *LOAD[arguments.quick])
            else:
                found.append(_section(name, place / name, finished, draw, count, arguments))
    print(f"\n{'section':<44}{'cases':>7}{'passed':>8}{'seconds':>9}  exit codes")
    for each in found:
        codes = ", ".join(f"{code}: {number}" for code, number in sorted(each.codes.items()))
        passed = each.cases - len(each.failed)
        print(f"{each.name:<44}{each.cases:>7}{passed:>8}{each.seconds:>9.0f}  {codes}")
    total = sum(each.cases for each in found)
    passed = total - sum(len(each.failed) for each in found)
    seconds = sum(each.seconds for each in found)
    print(f"{f'all, seed {arguments.seed}':<44}{total:>7}{passed:>8}{seconds:>9.0f}")
    return int(any(each.failed or not each.cases for each in found))


def _section(
    name: str,
    place: Path,
    finished: Path,
    draw: random.Random,
    count: int,
    arguments: argparse.Namespace,
) -> Section:
    if name == "kill":
        return kill.section(place, count, draw, SHARE[arguments.quick], arguments.jobs)
    if name == "resume":
        return _resume(place, count, draw)
    cases = {
        "damage": lambda: damage.cases(finished, place / "whole", draw, SHARE[arguments.quick]),
        "configuration": lambda: configuration.cases(draw, count),
        "system": lambda: _some(system.cases(finished), draw, SHARE_OF_SYSTEM[arguments.quick]),
        "runs": lambda: hostile.runs(finished, draw, count),
        "data": lambda: hostile.data(worlds.pictures(place / "pictures"), draw, count),
    }
    return run_section(name, cases[name](), place, arguments.jobs)


def _some(cases: Iterable[Case], draw: random.Random, share: float) -> Iterator[Case]:
    return (case for case in cases if draw.random() < share)


def _resume(place: Path, times: int, draw: random.Random) -> Section:
    """N steps straight against k + (N - k), in other processes."""
    found, steps = Section("resume"), 300
    small = ["data=digits", "model.width=16", "schedule=constant", worlds.UNSCORED]

    def train(*more: str) -> None:
        outcome = run(Case("", ["gan-train", *more]), place / f"{len(list(place.glob('*')))}")
        if outcome.code:
            raise SystemExit(f"a run of section resume fails: {outcome.words}")

    def digests(run_: Path) -> list[str]:
        state = run_ / "checkpoints" / f"step-{steps:08d}" / "state.safetensors"
        files = (state, run_ / "samples" / f"step-{steps:08d}.png")
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]

    straight = place / "straight"
    train(*small, f"training.steps={steps}", f"run_dir={straight}")
    for k in draw.sample(range(1, steps), times):
        cut = place / f"cut-{k}"
        train(*small, f"training.steps={k}", f"run_dir={cut}")
        train(f"resume={cut}", f"training.steps={steps}")
        found.cases += 1
        if digests(cut) != digests(straight):
            found.failed.append(f"{k} + {steps - k} steps are other bits than {steps}")
            print(f"  FAILED {found.failed[-1]}")
    return found


if __name__ == "__main__":
    sys.exit(main())
