"""Scores of a run on its way."""

from __future__ import annotations

from collections.abc import Callable

from gan_cli.evaluation.scorer import Scorer
from gan_cli.runs.origin import Score
from gan_cli.training.hooks.hook import Answer, Finish, Progress
from gan_cli.training.signals import Signals


class Evaluate:
    """Scores at every multiple of `every`; no better one for long finishes the run.

    Attributes:
        scorer: None before the first score, which may have to train a classifier, and where the run
            cannot be scored.
    """

    def __init__(
        self,
        every: int,
        build: Callable[[], Scorer | None],
        patience: int | None,
        signals: Signals,
    ) -> None:
        self.every, self._build, self._patience, self._signals = every, build, patience, signals
        self.scorer: Scorer | None = None
        self._begun = False

    def begin(self) -> None:
        """Build the scorer, unless a signal came before or comes while that takes long."""
        if self._signals.received is not None:
            return
        with self._signals.at_once():
            self.scorer = self._build()
            self._begun = True

    @property
    def finish(self) -> Finish | None:
        """Whether the run has waited long enough: also of one that had ended before a resume."""
        if self.scorer is None or not self.scorer.finished:
            return None
        return Finish(f"no better score in evaluation.patience={self._patience} of them")

    @property
    def newest(self) -> Score | None:
        """The last score of this process; None: none yet."""
        return self.scorer.newest if self.scorer else None

    def __call__(self, progress: Progress) -> Answer | None:
        if not self._begun:
            self.begin()
        return Answer(self.scorer(progress), self.finish) if self.scorer else None

    def close(self) -> None:
        pass
