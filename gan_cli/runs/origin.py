"""Where pictures of a run come from, as texts that their files carry."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from gan_cli import __version__
from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.runs.checkpoint import Manifest
from gan_cli.runs.reading import StoredRun
from gan_cli.runs.rundir import RunDirectory

NOT_SCORED = "not scored"


class Score(NamedTuple):
    """A Fréchet distance, and the step at which it was measured."""

    step: int
    frechet: float


def of(run: Path, step: int, scored: Score | None, seed: int | None = None) -> dict[str, object]:
    """Of pictures that a run made at a step.

    Args:
        scored: its newest score then, with a step of its own where that is an earlier one; None:
            there was none yet.
        seed: of what they are drawn from; None: of nothing drawn.
    """
    found: dict[str, object] = {
        "Software": f"gan_cli {__version__}",
        "Run": printable(run.resolve().name),
        "Step": step,
    }
    if seed is not None:
        found["Seed"] = seed
    found["Score"] = in_words(scored and scored.frechet)
    if scored and scored.step != step:
        found["Score of step"] = scored.step
    return found


def of_checkpoint(run: Path, manifest: Manifest, seed: int | None = None) -> dict[str, object]:
    """Of pictures that a checkpoint made; of one that was not scored the newest score before it."""
    full = manifest.full_score
    score = manifest.score if full is None else full
    if score is None:
        return of(run, manifest.step, newest_score(run, manifest.step), seed)
    return of(run, manifest.step, Score(manifest.step, score), seed)


def newest_score(run: Path, step: int) -> Score | None:
    """The last score up to a step that metrics.jsonl has; None: it has none."""
    logged = StoredRun(RunDirectory(run)).metrics
    series = logged.series.get("frechet") if logged else None
    steps, values = series or (np.empty(0), np.empty(0))
    place = int(np.searchsorted(steps, step, side="right")) - 1
    return Score(int(steps[place]), float(values[place])) if place >= 0 else None


def in_words(score: float | None) -> str:
    """A Fréchet distance as files carry it."""
    return NOT_SCORED if score is None else f"{score:.6g}"
