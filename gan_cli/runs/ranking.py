"""Which checkpoint is the best, by the scores in manifests and index; only those that were measured
with the same evaluator are compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from gan_cli.base.errors import CheckpointError, RunDirectoryError
from gan_cli.runs import index
from gan_cli.runs.checkpoint import (
    BOTH,
    Manifest,
    Warn,
    discard,
    first_valid,
    manifest_of,
    steps,
)
from gan_cli.runs.index import Entry

CONTENDING = 3
"""Best checkpoints that are kept while a run lasts, for the full scores at its end."""


class Ranked(NamedTuple):
    """The scores of a checkpoint, which may be damaged; see `Manifest`."""

    step: int
    score: float
    full_score: float | None
    full_count: int | None
    evaluator: str | None


def best(folder: Path, warn: Warn, names: tuple[str, ...] = BOTH) -> Manifest | None:
    """The valid checkpoint with the lowest score, or the newest where none has a score.

    Raises:
        CheckpointError: there are checkpoints, and none is valid.
    """
    return _first_valid(folder, ranked(folder), warn, names)


def good(folder: Path, warn: Warn, names: tuple[str, ...] = BOTH) -> Manifest | None:
    """The one to go back to: the newer of the best by `ranked` and the best by `contenders`, so
    that neither is lost.
    """
    both = [*ranked(folder)[:1], *contenders(folder)[:1]]
    newer_first = sorted(both, key=lambda each: each.step, reverse=True)
    return _first_valid(folder, [*newer_first, *contenders(folder)], warn, names)


def _first_valid(
    folder: Path, order: Iterable[Ranked], warn: Warn, names: tuple[str, ...]
) -> Manifest | None:
    """The first one whose files are whole, or the newest of all."""
    try:
        index.read(folder)
    except RunDirectoryError as error:
        warn(f"{error}; the manifests alone say which checkpoint is the best")
    described = {each.step: _described(each) for each in order}
    if described:
        described = _without_manifest(folder, described) | described
    every = sorted({*steps(folder), *index.readable(folder)}, reverse=True)
    return first_valid(
        folder, described | {s: "" for s in every if s not in described}, warn, names
    )


def _described(each: Ranked) -> str:
    return f" (score {each.score if each.full_score is None else each.full_score:.4g})"


def _without_manifest(folder: Path, described: dict[int, str]) -> dict[int, str]:
    """Checkpoints of which nothing is known: each may have been the best."""
    known = index.readable(folder)
    lost = [step for step in steps(folder) if step not in known and not _manifest(folder, step, {})]
    return {step: " (its score is not known)" for step in lost if step not in described}


def ranked(folder: Path) -> list[Ranked]:
    """The checkpoints with a score, the best first: by full scores where there are any, the others
    after them.

    A checkpoint whose manifest is damaged or gone has the score that the index knows, so that it
    is missed. Only scores of one evaluator are compared: that of the newest scored checkpoint.
    """
    known = index.readable(folder)
    every = sorted({*steps(folder), *known}, reverse=True)
    scored = [found for step in every if (found := _scores(folder, step, known))]
    same = [each for each in scored if each.evaluator == scored[0].evaluator]
    return sorted(
        same,
        key=lambda each: (each.full_score is None, each.full_score or 0.0, each.score, each.step),
    )


def _scores(folder: Path, step: int, known: dict[int, Entry]) -> Ranked | None:
    facts = _manifest(folder, step, known) or known.get(step)
    if facts is None or facts.score is None:
        return None
    return Ranked(step, facts.score, facts.full_score, facts.full_count, facts.evaluator)


def _manifest(folder: Path, step: int, known: dict[int, Entry]) -> Manifest | None:
    try:
        return manifest_of(folder, step, known)
    except CheckpointError:
        return None


def contenders(folder: Path) -> list[Ranked]:
    """The same by the scores that all of them have: which of them deserve a full score."""
    return sorted(ranked(folder), key=lambda each: (each.score, each.step))


def prune(folder: Path, contending: int = 1) -> None:
    """Keep the newest checkpoint, the one before it, the best, and the `contending` best by the
    scores that all have.

    Call under the run directory's lock.
    """
    found = steps(folder)
    kept = [*ranked(folder)[:1], *contenders(folder)[:contending]]
    discard(folder, set(found) - set(found[:2]) - {each.step for each in kept})
