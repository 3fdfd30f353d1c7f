"""Mistakes in what is typed: known ones with what their line must say, and random ones."""

from __future__ import annotations

import random
from collections.abc import Iterator

from harness import Case, Outcome
from worlds import TINY

MISTAKES = [
    (["training.stepz=5"], 2, "training.steps"),
    (["lr=1"], 2, "learning_rate"),
    (["batch_size=3"], 2, "training.batch_size"),
    (["model=dcgam"], 2, "dcgan"),
    (["loss=hing"], 2, "hinge"),
    (["training.steps=many"], 2, "training.steps"),
    (["training.steps=-1"], 2, "training.steps"),
    (["training.steps=null"], 2, "training.steps"),
    (["training.batch_size=0"], 2, "training.batch_size"),
    (["training.batch_size=1e9"], 2, "training.batch_size"),
    (["optimizer.learning_rate=nan"], 2, "learning_rate"),
    (["optimizer.learning_rate=-1"], 2, "learning_rate"),
    (["model.width=0"], 2, "model.width"),
    (["seed=0,1"], 2, "-m"),
    (["data=nowhere"], 2, "nowhere"),
    (["data=folder"], 2, "data.path"),
    (["data=folder", "data.path=nowhere"], 3, "nowhere"),
    (["resume=nowhere"], 4, "nowhere"),
    (["resume=nowhere", "checkpoint=x"], 2, "checkpoint"),
    (["training.precision=float8"], 2, "float8"),
    (["evaluation.extractor=vgg"], 2, "vgg16"),
    (["plugins=[nowhere]"], 2, "nowhere"),
    (["training"], 2, "training"),
    (["=5"], 2, ""),
    (["training.steps="], 2, "training.steps"),
    (["training.steps=[1"], 2, ""),
    (["~training.steps"], 2, ""),
    (["+a.b.c=1"], 2, ""),
    (["run_dir=/proc/nowhere"], 4, "/proc/nowhere"),
]
ALPHABET = (
    "=.,[]{}()'\"\\$~+-@/:#*!%^&|<>?0123456789eE_nulltrueinfNaN \t\u00e9\u4e2d\U0001f600\u202e"
)


def cases(draw: random.Random, count: int) -> Iterator[Case]:
    """The known ones, and `count` random ones: any end will do that is documented."""
    for arguments, code, part in MISTAKES:
        yield Case(
            f"configuration {arguments}",
            ["gan-train", *TINY, "training.steps=1", *arguments],
            _says(code, part),
        )
    valid = [*TINY, "training.steps=1", "model=cgan", "loss=hinge", "optimizer=adam", "seed=3",
             "augment.rotation=5", "loss.discriminator_steps=2", "schedule=linear"]  # fmt: skip
    for _ in range(count):
        arguments = [
            *TINY,
            "training.steps=1",
            "evaluation.every=null",
            mutated(draw, draw.choice(valid)),
        ]
        yield Case(f"configuration {arguments[-1]!r}", ["gan-train", *arguments])


def mutated(draw: random.Random, text: str) -> str:
    """A few letters more, fewer or others."""
    letters = list(text)
    for _ in range(draw.randrange(1, 4)):
        place = draw.randrange(len(letters) + 1)
        kind = draw.randrange(4)
        if kind == 0:
            letters[place:place] = draw.choices(ALPHABET, k=draw.choice((1, 1, 2, 40)))
        elif kind == 1:
            del letters[place : place + draw.choice((1, 1, 3))]
        elif kind == 2:
            letters[place : place + 1] = draw.choice(ALPHABET)
        else:
            letters[place:place] = letters[: draw.randrange(len(letters) + 1)]
    return "".join(letters)


def _says(code: int, part: str):
    def holds(outcome: Outcome) -> str | None:
        if outcome.code != code or part not in outcome.err:
            return (
                f"exit code {outcome.code}, expected {code} with {part!r}: {outcome.words[-300:]}"
            )
        return None

    return holds
