"""The one way to read a run directory: each part verified, and a line for each that is damaged."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from gan_cli.base import files
from gan_cli.base.errors import CheckpointError, ConfigError, RunDirectoryError
from gan_cli.runs import checkpoint, curves, index, ranking
from gan_cli.runs.checkpoint import BOTH, SAMPLER, Manifest
from gan_cli.runs.curves import Metrics
from gan_cli.runs.listing import locate
from gan_cli.runs.rundir import CARD, ModelCard, RunDirectory

LOOKED_AT = 64 * 1024
"""Bytes of train.log that are looked at."""
MOST_SCORES = 1000
_TIME = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ")


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
            self._found(f"{error}; the settings of the run are left out")
            return {}

    @cached_property
    def metrics(self) -> Metrics | None:
        """The numbers of metrics.jsonl; None where it is missing or unreadable."""
        path = self.directory.metrics
        try:
            found = curves.read(path)
        except RunDirectoryError as error:
            self._found(f"{error}; the run is shown without curves")
        except OSError as error:
            if checkpoint.steps(self.directory.checkpoints):
                self._found(f"{path}: {error.strerror}; the run is shown without curves")
        else:
            if found.bad:
                lines = "line is" if found.bad == 1 else "lines are"
                self._found(f"{path}: {found.bad:,} {lines} not as written; left out of the curves")
            elif not found.series and checkpoint.steps(self.directory.checkpoints):
                self._found(f"{path}: is empty; the run is shown without curves")
            return found
        return None

    def checkpoint(self, step: str | int, names: tuple[str, ...] = BOTH) -> Manifest | None:
        """The checkpoint called best, newest or by its step, its files of these names found whole;
        None where nothing was saved yet.

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
        choose = ranking.best if step == "best" else checkpoint.newest
        return choose(folder, self._found, names)

    def check(self, contents: bool = True) -> list[str]:
        """Look at every part that a report or a sample relies on; all of `damage`.

        Args:
            contents: the weights of the best checkpoint too, which may take a second.
        """
        if contents:
            self._check_best()
        self._check_checkpoints()
        _ = self.config
        _ = self.metrics
        self._check_scores()
        self._check_log()
        return self.damage

    def _check_best(self) -> None:
        """The checkpoint that pictures are drawn from, and the model that it is of."""
        try:
            best, card = self.checkpoint("best", (SAMPLER,)), self.card
        except (CheckpointError, ConfigError, RunDirectoryError) as error:
            self._found(f"{error}; nothing can be drawn from the run")
            return
        if best is not None and best.model != card.fingerprint:
            self._found(
                f"{self.path / CARD}: is not what step {best.step} was saved from; nothing can be "
                "drawn from the run"
            )

    def _check_checkpoints(self) -> None:
        """Those that are not the best, as far as it costs nothing: manifests and sizes."""
        folder = self.directory.checkpoints
        known = index.readable(folder)
        for step in sorted({*checkpoint.steps(folder), *known}, reverse=True):
            path = checkpoint.path_of(folder, step)
            try:
                self._check_sizes(path, checkpoint.manifest_of(folder, step, known))
            except CheckpointError as error:
                if not any(str(path) in line for line in self.damage):
                    self._found(f"DAMAGED CHECKPOINT {error}; it is not used")

    def _check_sizes(self, path: Path, manifest: Manifest) -> None:
        for name, facts in manifest.files.items():
            if Path(name).name != name or not (path / name).is_file():
                raise CheckpointError(f"{path}: no {name}")
            if (path / name).stat().st_size != facts.size:
                raise CheckpointError(f"{path}: {name} is not of the size that was saved")

    def _check_scores(self) -> None:
        """What was measured, and with what: JSON objects in scores/."""
        folder = self.path / "scores"
        for path in sorted(folder.glob("*.json"))[:MOST_SCORES] if folder.is_dir() else ():
            try:
                files.read_json(path)
            except RunDirectoryError as error:
                self._found(f"{error}; what it says of the scores is left out")

    def _check_log(self) -> None:
        """train.log is for people, and gives a report its times and how the run ended."""
        path = self.directory.log
        if not path.exists():
            return  # written by gan-train only
        try:
            with files.open_regular(path) as file:
                text = file.read(LOOKED_AT)
        except (RunDirectoryError, OSError) as error:
            self._found(f"{error}; how the run ended is not known")
            return
        if not _TIME.match(text) or b"\0" in text or not _is_text(text):
            self._found(f"{path}: is not as written; when and how the run ended may be wrong")
        elif len(text) < LOOKED_AT and not text.endswith(b"\n"):
            self._found(f"{path}: is cut off; when and how the run ended may be wrong")

    def _found(self, line: str) -> None:
        if line not in self.damage:
            self.damage.append(line)
            if self._warn is not None:
                self._warn(line)


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"  # cut in the middle of a letter by us
    return True
