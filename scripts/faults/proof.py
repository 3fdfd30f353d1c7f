"""The harness shown a reader that is broken: it must notice, or nothing that it says counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import damage
from harness import Case, Outcome, documented, run


def trusting() -> None:
    """A reader that believes every file without a look."""
    from gan_cli.base import files
    from gan_cli.runs import checkpoint, journal
    from gan_cli.runs import manifest as manifests

    def believed(path: Path) -> dict[str, object]:
        values = files.read_json(path)
        values.pop(files.CHECKSUM, None)
        return values

    checkpoint.verify = lambda folder, step, names=(): manifests.parsed(folder, step)
    files.read_checked = believed
    journal.Chain.holds = lambda chain, line: True


def raising() -> None:
    """A command that fails with a traceback."""
    from gan_cli.runs import reading

    def read(*arguments: object) -> None:
        raise AssertionError("a defect")

    reading.StoredRun.checkpoint = read


def weights(path: Path) -> None:
    """The upper bits of the mantissas of the second half, which no NaN comes of."""
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 8 * 4 + 2, len(content), 4):
        content[place] ^= 0x3F
    path.write_bytes(bytes(content))


def larger(path: Path) -> None:
    """The learning rate, or the losses of each line, ten times as large."""
    pattern = r'("(?:learning_rate|loss_\w+)": -?)(\d)'
    path.write_text(re.sub(pattern, r"\g<1>1\2", path.read_text()))


BELIEVED = [
    ("checkpoints/step-*/sampler.safetensors", weights, "sample"),
    ("checkpoints/step-*/state.safetensors", weights, "train"),
    ("config.json", larger, "train"),
    ("metrics.jsonl", larger, "plot"),
]
"""What a reader that believes it makes something else of: file, way, command."""


def cases(world: Path, place: Path) -> Iterator[str]:
    """What was not noticed; nothing, where the harness sees."""
    expected = damage.references(world, place)
    for number, (file, way, name) in enumerate(BELIEVED):
        case = Case(
            f"{file}, believed",
            damage.COMMANDS[name][0],
            damage._holds(name, expected[name], file),
            _arrange(file, way),
            inside=trusting,
            world=world,
        )
        outcome = run(case, place / f"trusting-{number}")
        if not (documented(outcome) or case.holds(outcome)):
            yield f"gan-{name} believes a changed {file}: {outcome.words}"
    case = Case("a traceback", damage.COMMANDS["sample"][0], inside=raising, world=world)
    outcome = run(case, place / "raising")
    if not documented(outcome):
        yield f"a traceback: {outcome.words}"
    if not documented(Outcome(1, "", "", 0.0, place)) or not documented(
        Outcome(2, "", "", 0.0, place)
    ):
        yield "an exit code that is not documented, or has no line"


def _arrange(file: str, way: Callable[[Path], None]) -> Callable[[Path], None]:
    def arrange(folder: Path) -> None:
        for path in sorted((folder / "run").glob(file)):
            way(path)

    return arrange
