"""Checkpoints that are there whole or not at all, and are checked before anything is taken from
them.

`save` writes into step-N.tmp, syncs every file, writes the manifest, renames to step-N, syncs the
folder, enters the checkpoint into the index, and only then are older ones deleted. The renamed
folder is the truth; the index only says what should be there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from gan_cli.base import files
from gan_cli.base.errors import CheckpointError, RunDirectoryError
from gan_cli.base.lazy import np
from gan_cli.runs import index, tensors
from gan_cli.runs import manifest as manifests
from gan_cli.runs.index import Entry
from gan_cli.runs.manifest import (
    FORMAT,
    MANIFEST,
    SAMPLER,
    STATE,
    FileFacts,
    Manifest,
    Scored,
    path_of,
    steps,
)

__all__ = [
    "SAMPLER",
    "STATE",
    "FileFacts",
    "Manifest",
    "Scored",
    "add_full_score",
    "discard",
    "manifest_of",
    "newest",
    "path_of",
    "remove_leftovers",
    "save",
    "steps",
    "verify",
]

Warn = Callable[[str], None]
BOTH = (STATE, SAMPLER)


def save(
    folder: Path,
    step: int,
    tensors_of: Mapping[str, Mapping[str, np.ndarray]],
    model: str,
    data: str,
    scored: Scored | None = None,
    replicas: int = 1,
) -> Path:
    """Commit a checkpoint; `tensors_of` is file name -> key -> array.

    Raises:
        OSError: the disk is full or read-only; nothing of the attempt is left, earlier checkpoints
            are untouched.
    """
    final = path_of(folder, step)
    temporary = final.with_suffix(".tmp")
    score, evaluator = scored or (None, None)
    try:
        folder.mkdir(exist_ok=True)  # but no run directory anew that was deleted or moved
        temporary.mkdir()
        facts = {
            name: tensors.write(temporary / name, arrays) for name, arrays in tensors_of.items()
        }
        versions = manifests.current_versions()
        manifest = Manifest(
            FORMAT,
            step,
            facts,
            model,
            data,
            score,
            versions,
            evaluator=evaluator,
            replicas=replicas,
        )
        manifests.write(temporary / MANIFEST, manifest)
        if final.exists():  # damaged, or resume would have started from it
            index.remove(folder, [step])
            os.rename(final, final.with_suffix(".replaced.tmp"))
        os.rename(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    files.sync_directory(folder)
    index.add(folder, manifest)
    remove_leftovers(folder)
    return final


def verify(folder: Path, step: int, names: tuple[str, ...] = BOTH) -> Manifest:
    """The manifest of a checkpoint, itself and the files of these names found whole.

    Raises:
        CheckpointError: with what is wrong.
    """
    manifest = manifest_of(folder, step, index.readable(folder))
    path = path_of(folder, step)
    for name in names:
        if name not in manifest.files:
            raise CheckpointError(f"{path}: no {name}")
        facts = manifest.files[name]
        try:
            whole = (path / name).stat().st_size == facts.size and (
                files.sha256(path / name) == facts.sha256
            )
        except RunDirectoryError as error:
            raise CheckpointError(str(error)) from None
        except OSError as error:
            raise CheckpointError(f"{path / name}: {error.strerror or error}") from None
        if not whole:
            raise CheckpointError(f"{path}: {name} is not what was saved (size or SHA-256 differs)")
    return manifest


def manifest_of(folder: Path, step: int, known: Mapping[int, Entry]) -> Manifest:
    """The manifest of a checkpoint, found to be the one that the index names; its files unseen.

    Raises:
        CheckpointError: with what is wrong.
    """
    manifest = manifests.parsed(folder, step)
    if not _is_known(manifest, known) and not _is_known(manifest, index.readable(folder)):
        path = path_of(folder, step) / MANIFEST
        raise CheckpointError(f"{path}: is not what was saved (SHA-256 differs)")
    return manifest


def _is_known(manifest: Manifest, known: Mapping[int, Entry]) -> bool:
    """A kill between rename and index leaves a checkpoint that is whole and not entered."""
    return manifest.step not in known or manifest.sha256 in known[manifest.step].manifests


def newest(folder: Path, warn: Warn, names: tuple[str, ...] = BOTH) -> Manifest | None:
    """The newest valid checkpoint; a damaged one is reported and the one before it used. None:
    nothing was ever saved.

    Raises:
        CheckpointError: there are checkpoints, and none is valid.
    """
    every = sorted({*steps(folder), *index.readable(folder)}, reverse=True)
    return first_valid(folder, {step: "" for step in every}, warn, names)


def first_valid(
    folder: Path, described: Mapping[int, str], warn: Warn, names: tuple[str, ...]
) -> Manifest | None:
    """The first of these checkpoints that is whole; of each before it a line that says what is
    damaged and which one is used instead.

    Args:
        described: step -> what a line adds about it.

    Raises:
        CheckpointError: there are some, and none is valid.
    """
    lines: list[str] = []
    for step, words in described.items():
        try:
            manifest = verify(folder, step, names)
        except CheckpointError as error:
            if path_of(folder, step).exists() or step in index.readable(folder):
                lines.append(f"DAMAGED CHECKPOINT {error}{words}")
            continue  # else a run that trains has pruned it meanwhile
        for line in lines:
            warn(f"{line}; step {manifest.step} is used instead")
        return manifest
    if not lines:
        return None
    for line in lines:
        warn(line)
    raise CheckpointError(f"{folder}: none of its {len(lines)} checkpoints is valid")


def add_full_score(folder: Path, manifest: Manifest, score: float, count: int) -> None:
    """Put the score of many samples into a checkpoint's manifest."""
    full = replace(manifest, full_score=score, full_count=count)
    index.add(folder, full, before=manifest)
    manifests.write(path_of(folder, manifest.step) / MANIFEST, full)


def discard(folder: Path, doomed: Iterable[int]) -> None:
    """Remove the checkpoints of some steps; call under the run directory's lock."""
    steps_to_go = list(doomed)
    if steps_to_go:
        index.remove(folder, steps_to_go)
    for step in steps_to_go:
        path = path_of(folder, step).with_suffix(".old.tmp")
        os.rename(
            path_of(folder, step), path
        )  # never a half-deleted folder under a checkpoint's name
        files.remove(path)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed saves left; call under the run directory's lock."""
    for entry in folder.glob("step-*.tmp"):
        files.remove(entry)
