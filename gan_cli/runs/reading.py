"""The one way to read a run directory: each part verified, and a line for each that is damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from gan_cli.base import files
from gan_cli.base.errors import CheckpointError, RunDirectoryError
from gan_cli.runs import checkpoint, curves, inspection, journal, ranking
from gan_cli.runs.checkpoint import BOTH, SAMPLER, Manifest
from gan_cli.runs.curves import Metrics
from gan_cli.runs.listing import locate
from gan_cli.runs.rundir import ModelCard, RunDirectory

MOST_SCORES = 1000
CHOICES = {"best": ranking.best, "newest": checkpoint.newest, "good": ranking.good}
"""What a checkpoint can be called; `good` is what a run that has gone astray goes back to."""

Made = TypeVar("Made")


def read_run(path: str | Path, warn: Callable[[str], None] | None = None) -> StoredRun:
    """A run directory, to read from; it may come from a stranger, and nothing in it is changed.

    Args:
        path: of it, or what `locate.run` takes for one.
        warn: called with each line of `damage` as it is found.

    Raises:
        RunDirectoryError: there is none, or it is of another version of gan_cli.
    """
    return StoredRun(RunDirectory.read(str(locate.run(path))), warn)


def named(manifest: Manifest, asked: str | int) -> str:
    """A step, and why that one."""
    score = manifest.score if manifest.full_score is None else manifest.full_score
    if isinstance(asked, int):
        return f"step {manifest.step}"
    if asked == "best" and score is not None:
        return f"step {manifest.step} (the best, {score:.4g})"
    return f"step {manifest.step} (the newest{', none is scored' if asked == 'best' else ''})"


class StoredRun:
    """What a run directory holds. Parts are read when they are asked for, or all by `check`.

    Attributes:
        directory: where its files are.
        damage: a line for each damaged part that was met: what it is, and what is done instead.
    """

    def __init__(self, directory: RunDirectory, warn: Callable[[str], None] | None = None) -> None:
        self.directory, self.damage = directory, list[str]()
        self._warn = warn
        self._chosen: dict[tuple[str | int, tuple[str, ...]], Manifest | None] = {}

    @property
    def path(self) -> Path:
        return self.directory.path

    @cached_property
    def card(self) -> ModelCard:
        """model.json.

        Raises:
            RunDirectoryError: it is damaged; nothing can be made of the run then.
        """
        return self.directory.read_card()

    @cached_property
    def config(self) -> dict[str, Any]:
        """config.json as plain values; empty where it is damaged."""
        try:
            return self.directory.read_config()
        except RunDirectoryError as error:
            self.note(f"{error}; the settings of the run are left out")
            return {}

    @cached_property
    def metrics(self) -> Metrics | None:
        """The numbers of metrics.jsonl; None where there are none."""
        try:
            return self.logged()
        except RunDirectoryError as error:
            path = self.directory.metrics
            begun = path.is_dir() or (path.is_file() and path.stat().st_size > 0)
            if begun or checkpoint.steps(self.directory.checkpoints):
                self.note(f"{error}; the run is shown without curves")
        return None

    def logged(self) -> Metrics:
        """The same of a run that must have some; lines that are not as written are left out.

        Raises:
            RunDirectoryError: it has none.
        """
        path = self.directory.metrics
        try:
            found = curves.read(path)
        except OSError as error:
            raise RunDirectoryError(f"{path}: {error.strerror}") from None
        if found.bad:
            lines = "line is" if found.bad == 1 else "lines are"
            self.note(f"{path}: {found.bad:,} {lines} not as written; left out of the curves")
        if not found.series:
            what = "holds no lines with a step and numbers" if path.stat().st_size else "is empty"
            raise RunDirectoryError(f"{path}: {what}")
        return found

    @cached_property
    def scores(self) -> dict[Path, dict[str, Any]]:
        """What was measured, and with what: the files of scores/, those that are as written."""
        folder, found = self.path / "scores", dict[Path, dict[str, Any]]()
        for path in sorted(folder.glob("*.json"))[:MOST_SCORES] if folder.is_dir() else ():
            try:
                found[path] = files.read_checked(path)
            except RunDirectoryError as error:
                self.note(f"{error}; what it says of the scores is left out")
        return found

    def warnings(self) -> Iterator[dict[str, Any]]:
        """What the watchdog said: the lines of watchdog.jsonl, those that are as written.

        Raises:
            RunDirectoryError: something else lies in its place.
        """
        path = self.directory.watchdog
        if (number := journal.first_damaged(path)) is not None:
            self.note(f"{path}: line {number} is not as written; such lines are left out")
        return (entry for entry, _ in journal.json_lines(path) if entry)

    def checkpoint(self, step: str | int, names: tuple[str, ...] = BOTH) -> Manifest | None:
        """The checkpoint called by its step or as in `CHOICES`, its files of these names found
        whole; None where nothing was saved yet.

        In place of a damaged best or newest one the next is taken, and `damage` says so.

        Raises:
            CheckpointError: the one with this step is not there or damaged; or none is valid.
        """
        if (step, names) not in self._chosen:
            self._chosen[step, names] = self._choose(step, names)
        return self._chosen[step, names]

    def of_checkpoint(self, step: str | int, make: Callable[[Manifest], Made]) -> Made:
        """What `make` makes of the sampler of the checkpoint called best, newest or by its step.

        Where a run that trains has pruned it meanwhile, the next one is taken.

        Raises:
            CheckpointError: as `checkpoint`, or nothing was saved yet, or by `make`.
        """
        while True:
            manifest = self.checkpoint(step, (SAMPLER,))
            if manifest is None:
                raise CheckpointError(f"{self.path} has no checkpoint yet")
            try:
                return make(manifest)
            except CheckpointError:
                path = checkpoint.path_of(self.directory.checkpoints, manifest.step)
                if path.exists() or isinstance(step, int):
                    raise
                self._chosen.clear()

    def _choose(self, step: str | int, names: tuple[str, ...]) -> Manifest | None:
        folder = self.directory.checkpoints
        if isinstance(step, int):
            if step not in checkpoint.steps(folder):
                there = ", ".join(map(str, checkpoint.steps(folder)[::-1])) or "none"
                raise CheckpointError(
                    f"{self.path} has no checkpoint of step {step} (it has: {there})"
                )
            return checkpoint.verify(folder, step, names)
        return CHOICES[step](folder, self.note, names)

    def check(self, contents: bool = True) -> list[str]:
        """Look at every part that a report or a sample relies on; all of `damage`.

        Args:
            contents: the weights of the best checkpoint too, which may take a second.
        """
        inspection.inspect(self, contents)
        return self.damage

    def note(self, line: str) -> None:
        """Damage that was met."""
        if line not in self.damage:
            self.damage.append(line)
            if self._warn is not None:
                self._warn(line)
