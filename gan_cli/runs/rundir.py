"""The run directory: created or opened under a lock that lasts as long as the process."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from gan_cli import __version__
from gan_cli.base import files
from gan_cli.base.errors import ConfigError, RunDirectoryError
from gan_cli.base.spec import DataSpec
from gan_cli.config.catalogue import require_plugins
from gan_cli.config.options import parse
from gan_cli.models import MODELS
from gan_cli.objectives.options import parse_loss
from gan_cli.runs import checkpoint
from gan_cli.runs import manifest as manifests
from gan_cli.runs.lock import LOCK, lock
from gan_cli.runs.manifest import FORMAT

if TYPE_CHECKING:
    from filelock import FileLock

CARD, CONFIG = "model.json", "config.json"
OF_A_START = {".hydra", "command.json", "train.log"}
"""What a run writes before its model.json: no more is left of a start that was killed."""
CAPTION_FACTS = {"vocabulary", "caption_length", "captions"}
Plugin = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$", max_length=200)]
Version = Annotated[str, Field(pattern=r"^[\w.+-]{1,40}$")]


@dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True, defer_build=True))
class ModelCard:
    """model.json: all that rebuilding the networks needs, as plain JSON.

    Attributes:
        plugins: modules outside gan_cli that the model comes from; names only, reading them imports
            nothing.
        gan_cli: the version that wrote it.
    """

    format: Literal[3]
    model: Any
    loss: Any
    data: DataSpec
    plugins: Annotated[list[Plugin], Field(max_length=100)] = Field(default_factory=list)
    gan_cli: Version = __version__

    @property
    def fingerprint(self) -> str:
        """What tells this model from others: only what differs from the defaults, so that an option
        that a later version adds leaves it as it is."""
        model, data = _chosen(self.model), asdict(self.data)
        if not self.data.vocabulary:  # as it was before there were captions
            data = {key: data[key] for key in data.keys() - CAPTION_FACTS}
        model.pop("features_file", None)  # where a file lies is no part of what the model is
        return files.fingerprint(
            {
                "format": FORMAT,
                "data": data,
                "model": model,
                "loss": _chosen(self.loss),
            }
        )


class RunDirectory:
    """Where a run's files are; `path` is the folder itself."""

    def __init__(self, path: Path, lock: FileLock | None = None) -> None:
        self.path, self._lock = path, lock
        self.checkpoints, self.samples = path / "checkpoints", path / "samples"
        self.metrics, self.log = path / "metrics.jsonl", path / "train.log"
        self.watchdog = path / "watchdog.jsonl"

    @classmethod
    def create(
        cls, path: str | None, name: str, begun: bool = False, wait: float = 0.0
    ) -> RunDirectory:
        """A new directory at `path`, which must be new or empty or hold no more than what is left
        of a start that was killed, or runs/DATE/TIME-name, numbered where that is taken.

        Args:
            begun: an earlier attempt, which never came to a model.json, may have left files in it.
            wait: seconds for another process to leave it.

        Raises:
            RunDirectoryError: it holds something, is in use, or cannot be written.
        """
        try:
            target = _given(Path(path)) if path else _new(datetime.now(), name)
            held = lock(target, wait=wait)
            found = sorted(entry.name for entry in target.iterdir() if entry.name != LOCK)
            free = set(found) - {CARD} if begun else OF_A_START
            taken = next((name for name in found if name not in free), None)
        except OSError as error:
            raise RunDirectoryError(
                f"{error.filename or path}: {error.strerror}; choose another run_dir="
            ) from None
        if taken:
            raise RunDirectoryError(
                f"{target}: already holds {taken}; resume={target} continues it, "
                "run_dir= takes another"
            )
        return cls(target, held)

    @classmethod
    def resume(cls, path: str, wait: float = 0.0) -> RunDirectory:
        """An existing run directory, to go on in; `wait` are seconds for another process to leave
        it.

        Raises:
            RunDirectoryError: missing, not one of ours, in use, or not writable.
        """
        run = cls.read(path)
        try:
            run._lock = lock(run.path, wait=wait)
            checkpoint.remove_leftovers(run.checkpoints)
            for leftover in (*run.path.glob(".*.tmp"), *run.samples.glob(".*.tmp")):
                files.remove(leftover)
        except OSError as error:
            raise RunDirectoryError(f"{error.filename or path}: {error.strerror}") from None
        return run

    @classmethod
    def read(cls, path: str) -> RunDirectory:
        """An existing run directory, to look into; it may come from a stranger and nothing in it is
        changed.

        Raises:
            RunDirectoryError: missing, not one of ours, or of another format.
        """
        run = cls(Path(path))
        if not run.path.is_dir():
            raise RunDirectoryError(f"{path}: no such directory")
        run._refuse_links()
        card = run.path / CARD
        if not card.exists() and checkpoint.steps(run.checkpoints):
            raise RunDirectoryError(
                f"{card}: is missing, and without it nothing tells what its checkpoints are of"
            )
        if not card.exists():
            raise RunDirectoryError(f"{path}: not a run directory (it has no {CARD})")
        run._refuse_other_format()
        return run

    def _refuse_links(self) -> None:
        """Plain files and folders only: a link leads elsewhere, and opening a pipe would hang."""
        for entry in self.path.iterdir():
            if entry.is_symlink():
                raise RunDirectoryError(
                    f"{entry}: is a link; a run directory holds plain files and folders only"
                )
            if not (entry.is_file() or entry.is_dir()) and entry.exists():
                raise RunDirectoryError(f"{entry}: is neither a file nor a folder")
        for folder in (self.checkpoints, self.samples):
            if folder.is_file():
                raise RunDirectoryError(f"{folder}: is a file; a run directory has a folder there")

    def _refuse_other_format(self) -> None:
        try:
            values = files.read_json(self.path / CARD)
        except RunDirectoryError:
            return  # whoever needs it is told
        made_by = values.get("gan_cli")
        manifests.refuse_other_format(
            values,
            self.path,
            made_by
            if manifests.is_version(made_by)
            else manifests.version_of_checkpoints(self.checkpoints),
        )

    def release(self) -> None:
        """Give the lock back; the process's end does so too."""
        if self._lock is not None:
            self._lock.release()

    def discard_if_empty(self) -> None:
        """Remove a directory in which no run came about, because the configuration did not fit."""
        if not (self.path / CARD).exists():
            shutil.rmtree(self.path, ignore_errors=True)

    def write_card(self, card: ModelCard) -> None:
        files.write_json(self.path / CARD, asdict(card))

    def read_card(self) -> ModelCard:
        """model.json, checked.

        Raises:
            ConfigError: it needs plugins that are not loaded.
            RunDirectoryError: missing, damaged, or of another version.
        """
        path = self.path / CARD
        values = files.read_json(path)
        manifests.refuse_other_format(values, path, None)
        require_plugins(values.get("plugins"))
        try:
            card = parse(ModelCard, values, "")
            return replace(card, model=MODELS.parse(card.model), loss=parse_loss(card.loss))
        except ConfigError as error:
            raise RunDirectoryError(f"{path}: {error}") from None

    def write_config(self, config: dict[str, Any]) -> None:
        files.write_checked(self.path / CONFIG, config)

    def read_config(self) -> dict[str, Any]:
        """The stored configuration as plain values; `gan_cli.config` has not looked at it yet.

        Raises:
            RunDirectoryError: missing, no JSON object, or changed since it was written.
        """
        return files.read_checked(self.path / CONFIG)


def _chosen(options: Any) -> dict[str, Any]:
    """The name of a choice, and those of its options that are not at their default."""
    defaults = {key: field.default for key, field in type(options).__pydantic_fields__.items()}
    return {
        key: value
        for key, value in asdict(options).items()
        if key == "name" or value != defaults[key]
    }


def _given(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _new(now: datetime, name: str) -> Path:
    """Make runs/DATE/TIME-name, or the first of TIME-name-2, -3, ... that nobody has."""
    first = Path("runs") / f"{now:%Y-%m-%d}" / f"{now:%H-%M-%S}-{name}"
    for number in count(1):
        path = first if number == 1 else first.with_name(f"{first.name}-{number}")
        try:
            path.mkdir(parents=True)
            break
        except FileExistsError:
            continue
    return path
