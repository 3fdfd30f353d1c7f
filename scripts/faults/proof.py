"""The harness shown a reader that is broken: it must notice, or nothing that it says counts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import damage
from harness import Case, Outcome, documented, run


def trusting() -> None:
    """A reader that believes every checkpoint without a look."""
    from gan_cli.runs import checkpoint
    from gan_cli.runs import manifest as manifests

    checkpoint.verify = lambda folder, step, names=(): manifests.parsed(folder, step)


def raising() -> None:
    """A command that fails with a traceback."""
    from gan_cli.runs import reading

    def read(*arguments: object) -> None:
        raise AssertionError("a defect")

    reading.StoredRun.checkpoint = read


def cases(world: Path, place: Path) -> Iterator[str]:
    """What was not noticed; nothing, where the harness sees."""
    expected = damage.references(world, place)
    file, command = Path("checkpoints/step-00000008/sampler.safetensors"), damage.COMMANDS["sample"]
    for number in range(8):
        case = Case(
            "a trusted sampler",
            command[0],
            damage._holds("sample", expected["sample"], str(file)),
            damage._arrange(_weights, file, number),
            inside=trusting,
            world=world,
        )
        outcome = run(case, place / f"trusting-{number}")
        if not (documented(outcome) or case.holds(outcome)):
            yield f"a sampler with other weights, believed, gives other images: {outcome.words}"
    outcome = run(replace(case, inside=raising), place / "raising")
    if not documented(outcome):
        yield f"a traceback: {outcome.words}"
    if not documented(Outcome(1, "", "", 0.0, place)) or not documented(
        Outcome(2, "", "", 0.0, place)
    ):
        yield "an exit code that is not documented, or has no line"


def _weights(path: Path, draw: random.Random) -> None:
    """Another byte in the middle of the tensors."""
    content = bytearray(path.read_bytes())
    place = draw.randrange(len(content) // 2, len(content))
    for each in range(place - 400, place):
        content[each] ^= 0x15
    path.write_bytes(bytes(content))
