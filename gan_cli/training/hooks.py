"""What looks at a run from outside: anything with `every` and `__call__(progress)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from gan_cli.config.schema import Optimizer
from gan_cli.evaluation.scorer import Scorer
from gan_cli.networks.variables import export
from gan_cli.runs import checkpoint, ranking
from gan_cli.runs.origin import Score
from gan_cli.runs.rundir import RunDirectory
from gan_cli.training.signals import Signals
from gan_cli.training.state import State


@dataclass(frozen=True)
class Progress:
    """How far a run is after a step.

    Attributes:
        step: optimizer steps done.
        total: optimizer steps of the whole run.
        logs: name -> mean since the last multiple of training.log_every.
        seconds: wall time since this process began to train.
        images_per_second: real images per second of compiled steps since the last multiple of
            log_every.
        seconds_left: estimate, from that speed.
        scores: what hooks measured at this very step.
    """

    step: int
    total: int
    logs: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    images_per_second: float = 0.0
    seconds_left: float = 0.0
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Finish:
    """The run is over at this step, for this reason: for the hooks after, it is the last step."""

    reason: str


@dataclass(frozen=True)
class Pause:
    """This process's part of the run is over: for the hooks after, it is the last step."""


@dataclass(frozen=True)
class RollBack:
    """The run goes on from its newest checkpoint, which is its best now, with another optimizer; no
    hook sees this step any more.
    """

    optimizer: Optimizer


Stop = Finish | Pause | RollBack


class Answer(NamedTuple):
    """What a hook says: scores that later hooks see, and whether the loop shall stop."""

    scores: Mapping[str, float] = {}
    stop: Stop | None = None


class Hook(Protocol):
    """Called at every multiple of `every` (0: after every call of the graph) and at the last step;
    `close` when the loop ends for whatever reason.
    """

    every: int

    def __call__(self, progress: Progress) -> Answer | None: ...

    def close(self) -> None: ...


class PauseAt:
    """Pauses the run at a step."""

    def __init__(self, step: int) -> None:
        self.every = step

    def __call__(self, progress: Progress) -> Answer | None:
        return Answer(stop=Pause()) if progress.step >= self.every else None

    def close(self) -> None:
        pass


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


class Checkpoint:
    """Commits the state; at a step that is saved already it does nothing."""

    def __init__(
        self, run: RunDirectory, state: State, every: int, model: str, data: str, start: int
    ) -> None:
        self.every, self._folder, self._state, self._facts = (
            every,
            run.checkpoints,
            state,
            (model, data),
        )
        self.saved: int | None = start or None

    def __call__(self, progress: Progress) -> None:
        if progress.step != self.saved:
            self.save(progress.step)

    def save(self, step: int, scored: checkpoint.Scored | None = None) -> None:
        """Commit the state of a step, with its score where it has one."""
        tensors = {
            checkpoint.STATE: export(self._state.tensors()),
            checkpoint.SAMPLER: export(self._state.sampler_tensors()),
        }
        replica = self._state.replica
        number = replica.count if replica else 1
        checkpoint.save(self._folder, step, tensors, *self._facts, scored, number)
        self.saved = step
        ranking.prune(self._folder, ranking.CONTENDING)

    def close(self) -> None:
        pass


class SaveBest:
    """Commits a state whose score is among the best, after all hooks that write something about
    its step: a run that is killed right then lacks nothing of that step when it goes on.
    """

    every = 0

    def __init__(self, saver: Checkpoint) -> None:
        self._saver = saver
        self._scored: checkpoint.Scored | None = None

    def save(self, step: int, scored: checkpoint.Scored | None = None) -> None:
        """Commit the state of this step when this hook is called."""
        self._scored = scored

    def __call__(self, progress: Progress) -> None:
        if self._scored is not None:
            self._saver.save(progress.step, self._scored)
            self._scored = None

    def close(self) -> None:
        pass
