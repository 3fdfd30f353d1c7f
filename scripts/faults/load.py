"""Under load: runs at once that share a cache and a disk that fills, a folder of many pictures that
changes while it is read, and a long run with all hooks.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

import worlds
from harness import Case, Outcome, Section, run, run_section
from kill import as_whole

RUNS = 8
"""At once."""
WARM, MOST_GROWTH = 0.1, 0.02
"""Of a long run the part that is warming up, and by what share its memory may grow after it."""
MOUNT = ["mount", "-t", "tmpfs", "-o"]
ALL_HOOKS = ["training.log_every=20", "training.preview_every=50", "training.checkpoint_every=50",
             "evaluation.every=100", "evaluation.extractor=pixels", "evaluation.count=64",
             "watchdog=warn", "logger=tensorboard"]  # fmt: skip


def sections(
    place: Path, draw: random.Random, rooms: Sequence[float], pictures: int, steps: int
) -> Iterator[Section]:
    """One for each kind of load; `rooms` are shares of the room on a disk that runs need."""
    for room in rooms:
        yield from _filling(place / f"filling-{room}", room)
    folder = worlds.many(place / "many", pictures)
    changing = _changing(folder, draw)
    yield run_section(f"load: {pictures:,} pictures that change", changing, place / "changing", 1)
    yield run_section(f"load: {steps:,} steps", [_long(steps)], place / "long", 1)


def _filling(place: Path, room: float) -> Iterator[Section]:
    """Runs on a disk with the cache of all, which has too little room; then, with more of it, they
    go on to what one run comes to that is alone.
    """
    pictures, disk = worlds.many(place / "pictures", 1000), place / "disk"
    command = [*worlds.TINY, *worlds.SCORED, "evaluation.final_count=64", "training.steps=8",
               "training.log_every=1", "data=folder", f"data.path={pictures}"]  # fmt: skip

    def begun(run_: Path) -> Case:
        known = (run_ / "model.json").exists()
        arguments = [f"resume={run_}"] if known else [*command, f"run_dir={run_}"]
        cache = {"GAN_CACHE_DIR": str(run_.parents[1] / "cache")}
        return Case(
            f"run {run_.parent.name} with {room:.0%} of the room",
            ["gan-train", *arguments],
            inside=lambda: os.environ.update(cache),
        )

    whole = place / "alone" / "0" / "run"
    if (outcome := run(begun(whole), place / "whole")).code:
        raise SystemExit(f"a run fails that has all room: {outcome.words}")
    need = sum(each.stat().st_blocks * 512 for each in whole.rglob("*")) * RUNS
    need += sum(each.stat().st_blocks * 512 for each in (whole.parents[1] / "cache").rglob("*"))
    disk.mkdir()
    subprocess.run([*MOUNT, f"size={int(need * room)}", "tmpfs", str(disk)], check=True)
    try:
        runs = [disk / str(number) / "run" for number in range(RUNS)]
        what = f"load: {RUNS} runs, {room:.0%} of the room"
        yield run_section(what, map(begun, runs), place / "first", RUNS)
        subprocess.run(["mount", "-o", f"remount,size={need * 4}", str(disk)], check=True)
        again = (replace(begun(each), holds=partial(_recovered, each, whole)) for each in runs)
        yield run_section(f"{what}, then more", again, place / "then", RUNS)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def _recovered(run_: Path, whole: Path, outcome: Outcome) -> str | None:
    """What the full disk has left behind, in the cache or in the run."""
    if "DAMAGED" in outcome.words:
        return f"damage: {outcome.words[-300:]}"
    return as_whole(run_, whole, outcome)


def _changing(folder: Path, draw: random.Random) -> Iterator[Case]:
    """Files are cut off, renamed, removed or become folders while they are listed, decoded and
    learned; who looks after that finds what a new cache finds.
    """
    names = [str(each.relative_to(folder)) for each in folder.rglob("*.png")]
    pictures = ["data=folder", f"data.path={folder}", "data.size=8", "data.max_bad_fraction=1"]

    def change(work: Path, child: int) -> bool:
        for name in draw.sample(names, 4):
            with suppress(OSError):
                draw.choice((_cut_off, _renamed, Path.unlink, _folder))(folder / name)
        return False

    def holds(decode: str, outcome: Outcome) -> str | None:
        found = []
        for name in ("cache", "new"):
            look = ["gan-data", *pictures, f"data.decode={decode}", "steps=0", "output=looked"]
            cache = partial(_cached, outcome.folder / name)
            again = Case(name, look, inside=cache, seconds=900.0)
            seen = run(again, outcome.folder / f"look-{name}")
            if seen.code:
                return f"a look after it: {seen.words[-300:]}"
            found.append(json.loads((seen.folder / "looked" / "report.json").read_text()))
        others = [key for key in found[0] if found[0][key] != found[1][key]]
        return f"a new cache has other {', '.join(others)}" if others else None

    for decode in ("ahead", "on_the_fly"):
        for command in (["gan-data", "steps=0"], ["gan-train", *worlds.TINY, "training.steps=400"]):
            yield Case(
                f"{command[0]}, decoded {decode}, while pictures change",
                [*command, *pictures, f"data.decode={decode}"],
                partial(holds, decode),
                inside=lambda: _cached(Path("cache")),
                meanwhile=change,
                seconds=900.0,
            )


def _cached(folder: Path) -> None:
    os.environ["GAN_CACHE_DIR"] = str(folder.resolve())


def _cut_off(file: Path) -> None:
    content = file.read_bytes()
    file.unlink()  # its links stay whole
    file.write_bytes(content)
    os.truncate(file, len(content) // 2)


def _renamed(file: Path) -> None:
    file.rename(file.with_stem(f"{file.stem}-more"))


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _long(steps: int) -> Case:
    """Memory, threads and open files of a run with all hooks, once a second."""
    seen: list[tuple[int, int, int, int]] = []
    end = 0.0

    def look(work: Path, child: int) -> bool:
        nonlocal end
        if time.monotonic() >= end and (step := _step(work / "run")):
            end = time.monotonic() + 1.0
            proc = Path(f"/proc/{child}")
            status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
            files = len(list((proc / "fd").iterdir()))
            memory = int(status["VmRSS"].split()[0])
            seen.append((step, memory, int(status["Threads"]), files))
        return False

    def holds(outcome: Outcome) -> str | None:
        warm = [each for each in seen if WARM * steps <= each[0] < steps]
        if len(warm) < 10:
            return f"it was looked at {len(warm)} times"
        tenth = len(warm) // 10
        first, last = (
            [median(column) for column in zip(*part, strict=True)]
            for part in (warm[:tenth], warm[-tenth:])
        )
        for name, *values in zip(("step", "KiB", "threads", "files"), first, last, strict=True):
            print(f"  {name}: {values[0]:,.0f}, {values[1]:,.0f} at last")
        flat = last[1] <= first[1] * (1 + MOST_GROWTH) and first[2:] == last[2:]
        return None if flat and not outcome.code else f"{first} became {last}: {outcome.words}"

    tiny = [each for each in worlds.TINY if "_every" not in each]
    command = ["gan-train", *tiny, *ALL_HOOKS, f"training.steps={steps}", "run_dir=run"]
    return Case("a long run", command, holds, meanwhile=look, seconds=3600.0)


def _step(run_: Path) -> int:
    """The last step in metrics.jsonl; 0 where there is none yet."""
    with suppress(OSError, ValueError, IndexError), (run_ / "metrics.jsonl").open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - 4096))
        return int(json.loads(file.read().splitlines()[-1])["step"])
    return 0
