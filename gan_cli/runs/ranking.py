"""Which checkpoint is the best: by scores in their manifests, which only count against others of
the same ruler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from gan_cli.base.errors import CheckpointError
from gan_cli.runs.checkpoint import (
    SAMPLER,
    STATE,
    Manifest,
    discard,
    manifest_of,
    newest,
    steps,
    verify,
)

CONTENDING = 3
"""Best checkpoints that are kept while a run lasts, for the full scores at its end."""


def best(
    folder: Path, warn: Callable[[str], None], names: tuple[str, ...] = (STATE, SAMPLER)
) -> Manifest | None:
    """The valid checkpoint with the lowest score, or the newest where none has a score."""
    return _first_valid(folder, ranked(folder), warn, names)


def good(folder: Path, warn: Callable[[str], None]) -> Manifest | None:
    """The one to go back to: the newer of the best by `ranked` and the best by `contenders`, so
    that neither is lost.
    """
    both = [*ranked(folder)[:1], *contenders(folder)[:1]]
    newer_first = sorted(both, key=lambda each: each.step, reverse=True)
    return _first_valid(folder, [*newer_first, *contenders(folder)], warn, (STATE, SAMPLER))


def _first_valid(
    folder: Path, manifests: Iterable[Manifest], warn: Callable[[str], None], names: tuple[str, ...]
) -> Manifest | None:
    """The first one whose files are whole, or the newest of all."""
    for step in dict.fromkeys(manifest.step for manifest in manifests):
        try:
            return verify(folder, step, names)
        except CheckpointError as error:
            warn(f"DAMAGED CHECKPOINT {error}")
    return newest(folder, warn, names)


def ranked(folder: Path) -> list[Manifest]:
    """The manifests with a score, the best first: by full scores where there are any, the others
    after them.

    Only scores of one ruler are compared: that of the newest scored checkpoint.
    """
    scored = [
        found
        for step in steps(folder)
        if (found := manifest_of(folder, step)) and found.score is not None
    ]
    same = [manifest for manifest in scored if manifest.ruler == scored[0].ruler]
    return sorted(
        same,
        key=lambda each: (
            each.full_score is None,
            each.full_score or 0.0,
            each.score or 0.0,
            each.step,
        ),
    )


def contenders(folder: Path) -> list[Manifest]:
    """The same by the scores that all of them have: which of them deserve a full score."""
    return sorted(ranked(folder), key=lambda each: (each.score or 0.0, each.step))


def prune(folder: Path, contending: int = 1) -> None:
    """Keep the newest checkpoint, the one before it, the best, and the `contending` best by the
    scores that all have.

    Call under the run directory's lock.
    """
    found = steps(folder)
    kept = [*ranked(folder)[:1], *contenders(folder)[:contending]]
    discard(folder, set(found) - set(found[:2]) - {manifest.step for manifest in kept})
