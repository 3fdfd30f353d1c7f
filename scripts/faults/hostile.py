"""Run directories and data from strangers: values, names and bytes that nobody wrote in good faith.

Any documented end will do; nothing outside of the run may change, and no command runs away.
"""

from __future__ import annotations

import json
import random
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from damage import COMMANDS
from harness import Case, Outcome, files_of
from worlds import READ

VALUES: list[Any] = [
    *(
        None,
        [],
        {},
        "",
        True,
        -1,
        0,
        1e308,
        10**30,
        -(2**63),
        0.5,
        [[[[[]]]]],
        "nan",
        "x" * 100_000,
    ),
    *("x" * 100_000, "../../x", "/etc/passwd", "file:///etc/passwd", "${oc.env:HOME}", "${seed}"),
    *("\x1b[2J\x1b]0;gone\x07", "\u202e\u0000", "__import__('os')"),
    *("!!python/object/apply:os.system [id]", {"__class__": "os.system"}),
]
PRECIOUS = "precious.txt"
MEMORY = 6 * 1024**3


def runs(world: Path, draw: random.Random, count: int) -> Iterator[Case]:
    """A value of a JSON file of the run is another, or a file is bytes of chance."""
    jsons = [each for each in files_of(world / "run") if each.suffix in (".json", ".jsonl")]
    for _ in range(count):
        name, file, seed = draw.choice(list(COMMANDS)), draw.choice(jsons), draw.randrange(2**32)
        yield Case(
            f"hostile run {file}: gan-{name} (seed {seed})",
            COMMANDS[name][0],
            nothing_else,
            _spoil(file, seed),
            _limited,
            world,
        )


def _spoil(file: Path, seed: int):
    def arrange(folder: Path) -> None:
        draw, path = random.Random(seed), folder / "run" / file
        (folder / PRECIOUS).write_text("precious")
        lines = path.read_text().splitlines() if file.suffix == ".jsonl" else [path.read_text()]
        place = draw.randrange(len(lines))
        value = json.loads(lines[place])
        leaves = list(_leaves(value))
        for holder, key in draw.sample(leaves, min(len(leaves), draw.choice((1, 1, 2)))):
            holder[key] = draw.choice(VALUES)
        if draw.random() < 0.7 and isinstance(value, dict):
            value.pop("sha256", None)  # else its own checksum catches all
        lines[place] = json.dumps(value)
        path.write_text("\n".join(lines) + "\n")

    return arrange


def _leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = list(
        value.items() if isinstance(value, dict) else enumerate(value)
        if isinstance(value, list) else []
    )  # fmt: skip
    for key, each in pairs:
        yield value, key
        yield from _leaves(each)


def nothing_else(outcome: Outcome) -> str | None:
    """What was beside the run is as it was, and nothing appeared above it."""
    if (outcome.folder / PRECIOUS).read_text() != "precious":
        return "it wrote where it may not"
    strange = {each.name for each in outcome.folder.parent.iterdir()} - {"work", "out", "err"}
    if strange:
        return f"it wrote {strange}"
    return None


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY * 4, MEMORY * 4))


def data(world: Path, draw: random.Random, count: int) -> Iterator[Case]:
    """Bytes of data files changed, cut, doubled or exchanged."""
    for _ in range(count):
        kind, seed = draw.choice(list(READ)), draw.randrange(2**32)
        yield Case(
            f"hostile data {kind} (seed {seed})",
            ["gan-data", *READ[kind], "output=grid.png"],
            arrange=_bytes(kind, seed),
            inside=_limited,
            world=world,
        )


def _bytes(kind: str, seed: int):
    def arrange(folder: Path) -> None:
        draw, path = random.Random(seed), folder / kind
        every = [path] if path.is_file() else [path / each for each in files_of(path)]
        for file in draw.sample(every, draw.randrange(1, min(3, len(every)) + 1)):
            content = bytearray(file.read_bytes())
            for _ in range(draw.choice((1, 1, 4, 30))):
                place = draw.randrange(len(content) + 1)
                way = draw.randrange(5)
                if way == 0:
                    content[place : place + 1] = draw.randbytes(1)
                elif way == 1:
                    content[place : place + 4] = draw.choice(
                        (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff", b"....")
                    )
                elif way == 2:
                    del content[place:]
                elif way == 3:
                    content[place:place] = content[: draw.randrange(len(content) + 1)][:4096]
                else:
                    content[place:place] = draw.randbytes(draw.choice((1, 8, 512)))
                if not content:
                    break
            file.write_bytes(bytes(content))

    return arrange
