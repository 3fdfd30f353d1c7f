"""checkpoints/index.json: which checkpoints were saved, with what scores and what manifests.

A second witness beside the manifests: without it a best checkpoint whose manifest is gone would be
forgotten, and the next one taken for the best. A checkpoint enters it after its folder has got its
name, and leaves it before that goes, so after a kill it may lack the last one but never names one
too many.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from gan_cli.base import files
from gan_cli.base.errors import CheckpointError, ConfigError, RunDirectoryError
from gan_cli.config.options import parse
from gan_cli.runs import manifest as manifests
from gan_cli.runs.manifest import FORMAT, STRICT, Manifest, Sha256

NAME = "index.json"


@dataclass(frozen=True, config=STRICT)
class Entry:
    """A checkpoint that was saved.

    Attributes:
        manifests: SHA-256 of manifest.json; of the old and the new one while it is replaced.
        others: as in the manifest.
    """

    manifests: Annotated[list[Sha256], Field(min_length=1, max_length=2)]
    score: float | None = None
    full_score: float | None = None
    evaluator: str | None = None
    full_count: int | None = None


@dataclass(frozen=True, config=STRICT)
class Index:
    """The file; its keys are steps."""

    format: Literal[3]
    checkpoints: dict[Annotated[str, Field(pattern=r"^\d{1,18}$")], Entry]


def read(folder: Path) -> dict[int, Entry]:
    """Step -> what was saved; empty where there is no file.

    Raises:
        RunDirectoryError: it is damaged.
    """
    path = folder / NAME
    if not path.exists() and not path.is_symlink():
        return {}
    try:
        index = parse(Index, files.read_checked(path))
    except ConfigError as error:
        raise RunDirectoryError(f"{path}: {error}") from None
    return {int(step): entry for step, entry in index.checkpoints.items()}


def readable(folder: Path) -> dict[int, Entry]:
    """The same, empty where it is damaged: the manifests are then all there is to go by."""
    try:
        return read(folder)
    except RunDirectoryError:
        return {}


def add(folder: Path, manifest: Manifest, before: Manifest | None = None) -> None:
    """Enter a checkpoint; `before` is the manifest that it has until `manifest` is written."""
    shas = [each.sha256 for each in (before, manifest) if each is not None]
    _write(folder, _complete(folder) | {manifest.step: _entry(manifest, shas)})


def remove(folder: Path, doomed: Iterable[int]) -> None:
    """Take checkpoints out, before their folders go."""
    gone = set(doomed)
    _write(folder, {step: each for step, each in _complete(folder).items() if step not in gone})


def _complete(folder: Path) -> dict[int, Entry]:
    """What the file says, and what it lacks, after a kill or because it is damaged."""
    known = readable(folder)
    for step in manifests.steps(folder):
        if step in known:
            continue
        try:
            manifest = manifests.parsed(folder, step)
        except CheckpointError:
            continue
        known[step] = _entry(manifest, [manifest.sha256])
    return known


def _entry(manifest: Manifest, shas: list[str]) -> Entry:
    return Entry(shas, manifest.score, manifest.full_score, manifest.evaluator, manifest.full_count)


def _write(folder: Path, entries: Mapping[int, Entry]) -> None:
    ordered = {str(step): entries[step] for step in sorted(entries)}
    files.write_checked(folder / NAME, asdict(Index(FORMAT, ordered)))
