"""Every file of a finished run, damaged in every way, read by every command.

A wrong result must never be quieter than an error: a command ends with its documented error, or
with the same result as of the whole run, or it says what is damaged.
"""

from __future__ import annotations

import csv
import hashlib
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from harness import Case, Outcome, files_of, run

SAID = re.compile(
    r"damaged|instead|is cut off|is not what|not as written|missing|no such|not readable|not a |"
    r"changed since|unreadable|"
    r"no checkpoint|cannot|is a link|no model|left out|without",
    re.IGNORECASE,
)
"""What a line about damage has one of."""


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "absent"


def samples(folder: Path) -> object:
    path = folder / "o.npz"
    if not path.exists():
        return "absent"
    with np.load(path) as arrays:
        return {name: arrays[name].tolist() for name in arrays.files}


def table(folder: Path) -> object:
    path = folder / "report.csv"
    if not path.exists():
        return "absent"
    with path.open(encoding="utf-8") as file:
        return [
            {key: value for key, value in row.items() if "second" not in key and key != "at"}
            for row in csv.DictReader(file)
        ]


COMMANDS: dict[str, tuple[list[str], Callable[[Path], object]]] = {
    "sample": (["gan-sample", "run", "count=4", "format=npz", "output=o.npz"], samples),
    "train": (
        ["gan-train", "resume=run", "training.steps=10"],
        lambda folder: _digest(folder / "run/checkpoints/step-00000010/state.safetensors"),
    ),
    "evaluate": (
        ["gan-evaluate", "run", "metrics=[frechet]", "extractor=pixels", "count=64"],
        lambda folder: None,
    ),
    "report": (["gan-report", ".", "samples=4"], table),
    "plot": (["gan-plot", "run", "output=p.png"], lambda folder: _digest(folder / "p.png")),
}
"""Name -> the command, and what its result is."""
SCORE = re.compile(r"[Ff]r[eé]chet\S*\s+([\d.]+)")


def result(name: str, outcome: Outcome) -> object:
    if name == "evaluate":
        return SCORE.findall(outcome.out)
    return COMMANDS[name][1](outcome.folder)


def missing(path: Path, draw: random.Random) -> None:
    path.unlink()


def empty(path: Path, draw: random.Random) -> None:
    path.write_bytes(b"")


def half(path: Path, draw: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def flipped(path: Path, draw: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path.write_bytes(bytes(content))


def digit(path: Path, draw: random.Random) -> None:
    """One digit is another: what stays readable."""
    content = bytearray(path.read_bytes())
    places = [place for place, byte in enumerate(content) if 48 <= byte <= 57]
    if not places:
        return flipped(path, draw)
    place = draw.choice(places)
    content[place] = 48 + (content[place] - 48 + draw.randrange(1, 10)) % 10
    path.write_bytes(bytes(content))
    return None


def zeros(path: Path, draw: random.Random) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def longer(path: Path, draw: random.Random) -> None:
    path.write_bytes(path.read_bytes() + draw.randbytes(64))


def folder(path: Path, draw: random.Random) -> None:
    path.unlink()
    path.mkdir()


def linked(path: Path, draw: random.Random) -> None:
    away = path.with_name(f"away-{path.name}")
    path.rename(away)
    path.symlink_to(away)


WAYS = [missing, empty, half, flipped, digit, zeros, longer, folder, linked]


def references(world: Path, place: Path) -> dict[str, object]:
    """The result of each command on the whole run, found twice to be the same.

    Raises:
        SystemExit: it is not, or there is none; then nothing could be told.
    """
    found: dict[str, object] = {}
    for name, (command, _) in COMMANDS.items():
        results = []
        for turn in ("first", "second"):
            case = Case(name, command, world=world)
            outcome = run(case, place / f"{name}-{turn}")
            if outcome.code:
                raise SystemExit(f"gan-{name} fails on the whole run: {outcome.words}")
            results.append(result(name, outcome))
        if results[0] != results[1] or results[0] in ("absent", [], {}):
            raise SystemExit(f"gan-{name}: two results of the whole run differ, or there is none")
        found[name] = results[0]
    return found


def cases(world: Path, place: Path, draw: random.Random, share: float) -> Iterator[Case]:
    """All of them, or a random share."""
    expected = references(world, place)
    for file in (each for each in files_of(world / "run") if (world / "run" / each).stat().st_size):
        for way in WAYS:
            for name, (command, _) in COMMANDS.items():
                if str(file) == "command.json" and way is missing:
                    continue  # runs that Python begins have none
                if draw.random() < share:
                    seed = draw.randrange(2**32)
                    yield Case(
                        f"damage {file} {way.__name__}: gan-{name} (seed {seed})",
                        command,
                        _holds(name, expected[name], str(file)),
                        _arrange(way, file, seed),
                        world=world,
                    )


def _arrange(way: Callable[[Path, random.Random], None], file: Path, seed: int):
    return lambda folder: way(folder / "run" / file, random.Random(seed))


def _holds(name: str, expected: object, file: str):
    def holds(outcome: Outcome) -> str | None:
        if outcome.code:
            return None
        if result(name, outcome) == expected or SAID.search(outcome.words):
            return None
        return f"SILENTLY DIFFERENT: {outcome.words[-300:]}"

    return holds
