"""Early ends where Optuna drives: its own successive-halving pruner, asked at each rung.

Hydra's Optuna sweeper tells trials their end only, so that the pruner's study is one of its own
with the same trials.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from gan_cli.sweeps import rounds
from gan_cli.sweeps.processes import Task


class Pruner:
    """Compares a trial with all that have reached the same rung before (Li et al., "A system for
    massively parallel hyperparameter tuning", 2020).

    Args:
        ladder: the steps at which trials are compared. Optuna is told their places, for its own
            rungs are not rounded.
    """

    def __init__(self, objective: str, factor: int, ladder: Sequence[int]) -> None:
        self.ladder, self._objective, self._factor = list(ladder), objective, factor
        self._study: Any = None
        self._trials: dict[int, Any] = {}

    def __call__(self, tasks: Sequence[Task], step: int) -> dict[int, str]:
        pruned = {}
        for task in tasks:
            loss = rounds.loss(task, self._objective, step)
            trial = self._trial(task.number)
            if not math.isfinite(loss):
                pruned[task.number] = f"halving: it has no score at step {step}"
                continue
            trial.report(loss, self._factor ** self.ladder.index(step))
            if trial.should_prune():
                pruned[task.number] = f"halving: Optuna's pruner ended it at step {step}"
        return pruned

    def _trial(self, number: int) -> Any:
        """Optuna's trial of a job."""
        import optuna

        if self._study is None:
            optuna.logging.set_verbosity(optuna.logging.ERROR)
            pruner = optuna.pruners.SuccessiveHalvingPruner(
                min_resource=1, reduction_factor=self._factor
            )
            self._study = optuna.create_study(pruner=pruner)
        if number not in self._trials:
            self._trials[number] = self._study.ask()
        return self._trials[number]
