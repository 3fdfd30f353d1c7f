"""Figures of sweeps: `python scripts/sweep_figures.py [wall memory kill]`, in this folder or the
one that --folder names.

`wall` runs a sweep of 12 jobs of 200 steps on data=digits, and the same 12 commands one
after another, in turns; `memory` prints what the sweep's own process and each job's held; `kill`
kills the sweep at three random moments (SIGKILL to its process, or to a job and its process),
resumes it, and compares its table with that of an uninterrupted one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROUNDS = 3
VARIED = {
    "optimizer.learning_rate": ("2e-4", "1e-3"),
    "loss": ("hinge", "non_saturating"),
    "seed": ("0", "1", "2"),
}
FIXED = [
    "data=digits",
    "training.steps=200",
    "training.log_every=20",
    "training.preview_every=200",
    "evaluation.every=100",
]
SWEEP = [*(f"{key}={','.join(values)}" for key, values in VARIED.items()), *FIXED]


def train(*arguments: str, log: Path) -> psutil.Popen:
    code = "import sys; from gan_cli.cli.train import main; sys.exit(main())"
    with log.open("ab") as file:
        return psutil.Popen(
            [sys.executable, "-c", code, *arguments], stdout=file, stderr=subprocess.STDOUT
        )


def finished(process: psutil.Popen, log: Path) -> None:
    if process.wait():
        raise SystemExit(log.read_text())


def wall(folder: Path) -> None:
    """Whole processes on both sides, caches warm: the first sweep is not counted."""
    ratios, sweeps, singles = [], [], []
    for turn in range(ROUNDS + 1):
        sweep = seconds_of_sweep(folder / f"wall-{turn}")
        if turn == 0:
            continue
        single = seconds_of_singles(folder / f"single-{turn}")
        ratios.append(sweep / single)
        sweeps.append(sweep)
        singles.append(single)
        print(
            (
                f"round {turn}: sweep {sweep:.1f} s, one after another {single:.1f} s, ratio "
                f"{sweep / single:.3f}"
            ),
            flush=True,
        )
    low, high = min(ratios), max(ratios)
    print(
        (
            f"sweep of 12 jobs over 12 commands: {statistics.median(ratios):.3f} ({low:.3f} to "
            f"{high:.3f}), "
        ),
        end="",
    )
    print(f"{statistics.median(sweeps):.0f} s against {statistics.median(singles):.0f} s")


def seconds_of_sweep(path: Path) -> float:
    log = path.with_suffix(".log")
    began = time.perf_counter()
    finished(train("-m", *SWEEP, f"hydra.sweep.dir={path}", log=log), log)
    return time.perf_counter() - began


def seconds_of_singles(path: Path) -> float:
    """As a user would type them: TensorFlow has all cores."""
    log = path.with_suffix(".log")
    began = time.perf_counter()
    combinations = [[]]
    for key, values in VARIED.items():
        combinations = [[*before, f"{key}={value}"] for before in combinations for value in values]
    for number, overrides in enumerate(combinations):
        finished(train(*overrides, *FIXED, f"run_dir={path}/{number}", log=log), log)
    return time.perf_counter() - began


def memory(folder: Path) -> None:
    """The sweep's own process after each job, and the most that each job's held."""
    path = folder / "memory"
    log = path.with_suffix(".log")
    process = train("-m", *SWEEP, f"hydra.sweep.dir={path}", log=log)
    held: dict[int, float] = {}
    while process.poll() is None:
        done = sum(record["state"] == "done" for record in records(path))
        try:
            held[done] = process.memory_info().rss / 1e6
        except psutil.Error:
            break
        time.sleep(0.2)
    finished(process, log)
    print(
        "sweep's own process, MB by jobs done: "
        + " ".join(f"{done}:{size:.0f}" for done, size in sorted(held.items()))
    )
    peaks = [record["peak_bytes"] / 1e6 for record in records(path)]
    print(f"jobs, peak MB in their order: {' '.join(f'{peak:.0f}' for peak in peaks)}")


def kill(folder: Path) -> None:
    """SIGKILL, at moments drawn from the length of a whole sweep."""
    draw = random.Random(0)
    whole = folder / "whole"
    seconds = seconds_of_sweep(whole)
    path, log = folder / "killed", folder / "killed.log"
    where = f"hydra.sweep.dir={path}"
    for turn in range(3):
        process = train("-m", *SWEEP, where, log=log)
        where = f"sweep.resume={path}"
        moment = draw.uniform(0.1, 0.35) * seconds
        time.sleep(moment)
        victims = [process, *process.children(recursive=True)] if turn % 2 else [process]
        for victim in victims:
            victim.send_signal(signal.SIGKILL)
        process.wait()
        states = [record["state"] for record in records(path)]
        print(
            (
                f"killed {len(victims)} processes after {moment:.1f} s: {states.count('done')} "
                "done "
                f"of {len(states)}"
            ),
            flush=True,
        )
    finished(train("-m", *SWEEP, where, log=log), log)
    tables = [table(each) for each in (whole, path)]
    attempts = [record["attempts"] for record in records(path)]
    print(
        f"same table: {tables[0] == tables[1]} ({len(tables[0])} jobs; processes started for "
        f"each: {attempts})"
    )
    print("same bits of all last checkpoints:", digests(whole) == digests(path))
    if tables[0] != tables[1]:
        print(
            *(f"{one}\n{other}\n" for one, other in zip(*tables, strict=True) if one != other),
            sep="\n",
        )
        raise SystemExit(1)


def table(path: Path) -> list[tuple[object, ...]]:
    """Of each job: settings, state, best score with its step and count."""
    from gan_cli.runs.rundir import RunDirectory
    from gan_cli.sweeps.outcome import outcome

    found = []
    for number, record in enumerate(records(path)):
        best = outcome(RunDirectory.read(str(path / str(number))), "frechet")
        found.append(
            (tuple(record["overrides"]), record["state"], best.score, best.step, best.count)
        )
    return found


def digests(path: Path) -> list[dict[str, str]]:
    manifests = [
        path / str(number) / "checkpoints" / "step-00000200" / "manifest.json"
        for number in range(12)
    ]
    return [json.loads(manifest.read_text())["files"] for manifest in manifests]


def records(path: Path) -> list[dict[str, object]]:
    found = []
    for number in range(12):
        try:
            found.append(json.loads((path / str(number) / "job.json").read_text()))
        except OSError:
            break
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "sections", nargs="*", default=["wall", "memory", "kill"], metavar="wall|memory|kill"
    )
    parser.add_argument("--folder", type=Path, default=Path("sweep-figures"))
    chosen = parser.parse_args()
    shutil.rmtree(chosen.folder, ignore_errors=True)
    chosen.folder.mkdir(parents=True)
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    for section in chosen.sections:
        {"wall": wall, "memory": memory, "kill": kill}[section](chosen.folder)
