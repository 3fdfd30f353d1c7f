"""An Optuna study in a sweep's directory. Its trials are the sweep's jobs, by the same numbers."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from gan_cli.base import files
from gan_cli.base.errors import ConfigError, RunDirectoryError
from gan_cli.base.terminal import printable
from gan_cli.sweeps import halving
from gan_cli.sweeps.algorithms import Algorithm, Sampler
from gan_cli.sweeps.outcome import OBJECTIVES
from gan_cli.sweeps.plan import difference
from gan_cli.sweeps.processes import Task

JOURNAL = "study.journal"
"""In a sweep's directory: `optuna-dashboard study.journal` shows it."""
OVERRIDES = "overrides"
"""Attribute of the study: what was typed to begin it."""


class Study:
    """Draws trials, ends them early, and keeps what came of them.

    Args:
        space: what is searched over.
        pruner: None: Optuna's successive halving, with the factor of sweep.halving.
    """

    def __init__(
        self,
        study: optuna.Study,
        storage: JournalStorage,
        objective: str,
        space: Mapping[str, BaseDistribution],
        sampler: Sampler,
        pruner: Algorithm | None,
    ) -> None:
        self._study, self._storage, self._objective = study, storage, objective
        self._space, self._sampler, self._pruner = dict(space), sampler, pruner
        self._ladder: Sequence[int] | None = None

    @property
    def next(self) -> int:
        """Number of the first trial that has not ended."""
        trials = self._study.get_trials(deepcopy=False)
        return next((each.number for each in trials if not _ended(each)), len(trials))

    @property
    def has_score(self) -> bool:
        """Whether any trial has come to its end with a score."""
        return bool(self._study.get_trials(deepcopy=False, states=[TrialState.COMPLETE]))

    def draw(self, number: int) -> dict[str, Any]:
        """The values of a trial that has not ended; all before it are drawn already.

        Raises:
            RunDirectoryError: it was drawn from something else.
        """
        if number == len(self._study.get_trials(deepcopy=False)):
            self._study.sampler = self._sampler.of(number)
            return dict(self._study.ask(self._space).params)
        drawn = self._trial(number)
        if drawn.distributions.items() - self._space.items():
            raise RunDirectoryError(f"{JOURNAL}: trial {number} is not one of this study")
        if drawn.params.keys() != self._space.keys():
            self._complete(number)  # the process was killed while it drew
        return dict(self._trial(number).params)

    def _complete(self, number: int) -> None:
        """Draw a trial again, from the same study with the same seed, for what it misses."""
        again = optuna.create_study(
            direction=self._study.direction, sampler=self._sampler.of(number)
        )
        again.add_trials(self._study.trials[:number])
        values, drawn = again.ask(self._space).params, self._trial(number).params
        for name, each in self._space.items():
            if name not in drawn:
                value = each.to_internal_repr(values[name])
                self._storage.set_trial_param(self._id(number), name, value, each)

    def tell(self, number: int, metrics: Path, score: float | None, pruned: bool) -> None:
        """Keep how a trial has ended; without a score it has failed."""
        self._report(number, metrics, math.inf)
        self._study.sampler = self._sampler.of(number)
        state = TrialState.PRUNED if pruned else None if score is not None else TrialState.FAIL
        try:
            self._study.tell(number, None if state else score, state)
        except RuntimeError:  # "Study.stop is supposed to be invoked inside an objective":
            if not _ended(self._trial(number)):  # a grid has come to its end
                raise

    def ends(self, tasks: Sequence[Task], step: int) -> dict[int, str]:
        """Which tasks end at a rung, each with the reason: `rounds.Choose`."""
        ended = {}
        for task in tasks:
            if task.record.over:
                if task.record.state == "pruned":
                    ended[task.number] = task.record.reason or ""
            elif not self._report(task.number, task.directory / "metrics.jsonl", step):
                ended[task.number] = f"halving: it has no score at step {step}"
            elif self._study.pruner.prune(self._study, self._trial(task.number)):
                ended[task.number] = f"halving: Optuna's pruner ended it at step {step}"
        return ended

    def climb(self, ladder: Sequence[int], steps: int, factor: int) -> None:
        """Take the steps at which trials are compared, the same for all of them.

        Raises:
            ConfigError: those before were compared at others.
        """
        if self._ladder is None:
            known = {
                "min_resource": min(step // factor**rung for rung, step in enumerate(ladder)),
                "max_resource": steps,
                "reduction_factor": factor,
            }
            chosen = self._pruner or Algorithm("hydra.sweeper.pruner", "successivehalving")
            self._study.pruner = chosen.make(**known)
            self._ladder = list(ladder)
        if self._ladder != list(ladder):
            raise ConfigError(
                "sweep.halving compares trials: training.steps and evaluation.every cannot be "
                "searched over"
            )

    def _report(self, number: int, metrics: Path, step: float) -> bool:
        """Keep a trial's best score so far at each step up to one; whether there is any."""
        trial, best = self._trial(number), math.inf
        for scored, loss in halving.losses(metrics, self._objective, step):
            best = min(best, loss)
            if scored not in trial.intermediate_values:
                self._storage.set_trial_intermediate_value(
                    self._id(number), scored, OBJECTIVES[self._objective] * best
                )
        return best < math.inf

    def _trial(self, number: int) -> FrozenTrial:
        return self._storage.get_trial(self._id(number))

    def _id(self, number: int) -> int:
        study = self._storage.get_study_id_from_name(self._study.study_name)
        return int(self._storage.get_trial_id_from_study_id_trial_number(study, number))


def opened(
    directory: Path, objective: str, overrides: list[str], resuming: bool
) -> tuple[optuna.Study, JournalStorage]:
    """The study of a sweep's directory, made where it has none.

    Raises:
        RunDirectoryError: there is one, but no sweep is resumed; or it is damaged.
        ConfigError: it was begun with other overrides.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # what it would say the sweep says itself
    path = directory / JOURNAL
    if not path.exists():
        return _begun(path, objective, overrides)
    if not resuming:
        raise RunDirectoryError(
            f"{directory}: already holds a study; sweep.resume={directory} continues it, "
            "hydra.sweep.dir= takes another directory"
        )
    study, storage, began = _read(path)
    if began != overrides:
        differs = difference("the study", began, overrides)
        raise ConfigError(
            f"{directory}: {differs}; sweep.resume= takes the command that began the sweep"
        )
    return study, storage


def _begun(path: Path, objective: str, overrides: list[str]) -> tuple[optuna.Study, JournalStorage]:
    path.parent.mkdir(parents=True, exist_ok=True)
    storage = JournalStorage(JournalFileBackend(str(path)))
    study = optuna.create_study(
        study_name=path.parent.resolve().name,
        storage=storage,
        direction="minimize" if OBJECTIVES[objective] > 0 else "maximize",
    )
    study.set_user_attr(OVERRIDES, overrides)
    return study, storage


def _read(path: Path) -> tuple[optuna.Study, JournalStorage, list[str]]:
    """The study of a journal, which may be a stranger's: lines of JSON. And what began it."""
    _cut_torn_line(path)
    try:
        storage = JournalStorage(JournalFileBackend(str(path)))
        study = optuna.load_study(study_name=None, storage=storage)
        return study, storage, [str(each) for each in study.user_attrs[OVERRIDES]]
    except OSError:
        raise
    except Exception as error:  # whatever a damaged or made-up line makes Optuna stumble over
        line = printable(f"{type(error).__name__}: {error}".splitlines()[0])
        raise RunDirectoryError(
            f"{path}: no study of gan-train, or a damaged one ({line})"
        ) from None


def _ended(trial: FrozenTrial) -> bool:
    return bool(trial.state.is_finished())


def _cut_torn_line(path: Path) -> None:
    """Remove a last line that a full disk has cut: Optuna would write the next behind it."""
    with files.open_regular(path) as file:
        content = file.read()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)
