"""Checkpoints of a run on its way: every so many steps, and of its best."""

from __future__ import annotations

from gan_cli.networks.variables import export
from gan_cli.runs import checkpoint, ranking
from gan_cli.runs.rundir import RunDirectory
from gan_cli.training.hooks.hook import Progress
from gan_cli.training.state import State


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
