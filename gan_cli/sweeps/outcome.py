"""What a run has come to, read from its directory: the score that sweeps rank by. No TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gan_cli.runs import journal, ranking
from gan_cli.runs.checkpoint import Manifest
from gan_cli.runs.ranking import Ranked
from gan_cli.runs.rundir import RunDirectory


@dataclass(frozen=True)
class Outcome:
    """A run's best score.

    Attributes:
        objective: evaluation.objective, a key of OBJECTIVES.
        score: None where nothing was scored.
        step: that it was measured at.
        count: samples of it; None where that is not known.
        evaluator: fingerprint of what it was measured with; only scores of one evaluator compare.
    """

    objective: str
    score: float | None = None
    step: int | None = None
    count: int | None = None
    evaluator: str | None = None

    @property
    def loss(self) -> float:
        """The score as a number of which less is better; infinite where there is none."""
        if self.score is None:
            return float("inf")
        return OBJECTIVES[self.objective] * self.score


OBJECTIVES = {"frechet": 1.0, "elbo_held_out": -1.0}
"""Scores that a run can be ranked by: 1 where less is better, -1 where more is."""


def outcome(run: RunDirectory, objective: str) -> Outcome:
    """The best score of a run, of its full scores where it has any (Fréchet), else of those while
    it trained.
    """
    if objective == "frechet":
        return _frechet(run)
    return _logged(run.metrics, objective) if objective in OBJECTIVES else Outcome(objective)


def _frechet(run: RunDirectory) -> Outcome:
    return of_checkpoint(next(iter(ranking.ranked(run.checkpoints)), None))


def of_checkpoint(best: Ranked | Manifest | None) -> Outcome:
    """The Fréchet distance of a checkpoint; none where it has no score."""
    if best is None or best.score is None:
        return Outcome("frechet")
    full = best.full_score is not None
    return Outcome(
        "frechet",
        best.full_score if full else best.score,
        best.step,
        best.full_count if full else None,
        best.evaluator,
    )


def _logged(path: Path, objective: str) -> Outcome:
    sign = OBJECTIVES[objective]
    scored = [
        (sign * entry[objective], entry["step"])
        for entry in journal.entries(path)
        if journal.is_number(entry.get(objective))
    ]
    if not scored:
        return Outcome(objective)
    loss, step = min(scored)
    return Outcome(objective, sign * loss, step)
