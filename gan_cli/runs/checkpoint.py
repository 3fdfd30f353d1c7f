"""Checkpoints that are there whole or not at all, and are checked before anything is taken from
them.

`save` writes into step-N.tmp, syncs every file, writes the manifest, renames to step-N, syncs the
folder, and only then deletes older ones. The renamed folder is the only truth; there is no pointer
file.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from gan_cli.base import files
from gan_cli.base.errors import CheckpointError, ConfigError, RunDirectoryError
from gan_cli.config.options import parse

FORMAT: Literal[1] = 1
STATE, SAMPLER = "state.safetensors", "sampler.safetensors"
Shapes = Mapping[str, tuple[tuple[int, ...], str]]

DTYPES = {
    "F16": "float16",
    "F32": "float32",
    "F64": "float64",
    "I32": "int32",
    "I64": "int64",
    "U8": "uint8",
}
DTYPES |= {"U32": "uint32", "U64": "uint64", "BOOL": "bool", "BF16": "bfloat16"}


@dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True))
class FileFacts:
    """Size in bytes and SHA-256 of a file."""

    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True, config=ConfigDict(extra="forbid", strict=True, allow_inf_nan=False))
class Manifest:
    """What a checkpoint says of itself.

    Attributes:
        model, data: fingerprints.
        score: of some samples, the lower the better; None: not scored.
        full_score: of full_count samples, as the best few get at the end of a run.
        ruler: fingerprint of what the scores were measured with; only those of one ruler are
            compared.
    """

    format: Literal[1]
    step: Annotated[int, Field(ge=0)]
    files: dict[str, FileFacts]
    model: str
    data: str
    score: float | None
    versions: dict[str, str]
    full_score: float | None = None
    ruler: str | None = None
    full_count: int | None = None


class Judged(NamedTuple):
    """A score, the lower the better, and the fingerprint of what it was measured with."""

    score: float
    ruler: str


def save(
    folder: Path,
    step: int,
    tensors: Mapping[str, Mapping[str, np.ndarray]],
    model: str,
    data: str,
    judged: Judged | None = None,
) -> Path:
    """Commit a checkpoint; `tensors` is file name -> key -> array.

    Raises:
        OSError: the disk is full or read-only; nothing of the attempt is left, earlier checkpoints
            are untouched.
    """
    final = path_of(folder, step)
    temporary = final.with_suffix(".tmp")
    try:
        temporary.mkdir(parents=True)
        facts = {name: _write(temporary / name, arrays) for name, arrays in tensors.items()}
        score, ruler = judged or (None, None)
        manifest = Manifest(FORMAT, step, facts, model, data, score, _versions(), None, ruler)
        files.write_json(temporary / "manifest.json", asdict(manifest))
        if final.exists():  # damaged, or resume would have started from it
            os.rename(final, final.with_suffix(".replaced.tmp"))
        os.rename(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    files.sync_directory(folder)
    remove_leftovers(folder)
    return final


def _write(path: Path, arrays: Mapping[str, np.ndarray]) -> FileFacts:
    try:
        save_file(dict(arrays), path)
    except SafetensorError as error:  # the library words the system's error itself
        number = re.search(r"os error (\d+)", str(error))
        raise (
            OSError(int(number[1]), os.strerror(int(number[1]))) if number else OSError(str(error))
        ) from None
    files.sync(path)
    return FileFacts(path.stat().st_size, files.sha256(path))


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("gan_cli", "tensorflow", "keras", "numpy")} | {
        "python": sys.version.split()[0]
    }


def path_of(folder: Path, step: int) -> Path:
    return folder / f"step-{step:08d}"


def steps(folder: Path) -> list[int]:
    """The steps that have a folder, newest first, whether valid or not; links are none of ours."""
    entries = folder.iterdir() if folder.is_dir() else ()
    names = [entry.name for entry in entries if not entry.is_symlink()]
    return sorted(
        (int(name[5:]) for name in names if re.fullmatch(r"step-(\d{8}|[1-9]\d{8,17})", name)),
        reverse=True,
    )


def verify(folder: Path, step: int, names: tuple[str, ...] = (STATE, SAMPLER)) -> Manifest:
    """The manifest of a checkpoint whose files were found whole.

    Raises:
        CheckpointError: with what is wrong.
    """
    path = path_of(folder, step)
    try:
        manifest = parse(Manifest, files.read_json(path / "manifest.json"))
        for name in names:
            if name not in manifest.files:
                raise CheckpointError(f"{path}: no {name}")
            facts = manifest.files[name]
            if (path / name).stat().st_size != facts.size or files.sha256(
                path / name
            ) != facts.sha256:
                raise CheckpointError(
                    f"{path}: {name} is not what was saved (size or SHA-256 differs)"
                )
    except (ConfigError, RunDirectoryError, OSError) as error:
        raise CheckpointError(f"{path}: {error}") from None
    if manifest.step != step:
        raise CheckpointError(f"{path}: holds step {manifest.step}")
    return manifest


def newest(
    folder: Path, warn: Callable[[str], None], names: tuple[str, ...] = (STATE, SAMPLER)
) -> Manifest | None:
    """The newest valid checkpoint; a damaged one is reported and the one before it used. None:
    nothing was ever saved.

    Raises:
        CheckpointError: there are checkpoints, and none is valid.
    """
    found = steps(folder)
    for step in found:
        try:
            return verify(folder, step, names)
        except CheckpointError as error:
            warn(f"DAMAGED CHECKPOINT {error}; trying the one before it")
    if found:
        raise CheckpointError(f"{folder}: none of its {len(found)} checkpoints is valid")
    return None


def manifest_of(folder: Path, step: int) -> Manifest | None:
    """What a checkpoint says of itself, its files unseen; None where that is not readable."""
    try:
        manifest = parse(Manifest, files.read_json(path_of(folder, step) / "manifest.json"))
    except (ConfigError, RunDirectoryError):
        return None
    return manifest if manifest.step == step else None


def add_full_score(folder: Path, manifest: Manifest, score: float, count: int) -> None:
    """Put the score of many samples into a checkpoint's manifest."""
    path = path_of(folder, manifest.step) / "manifest.json"
    files.write_json(path, asdict(replace(manifest, full_score=score, full_count=count)))


def read(folder: Path, step: int, name: str, expected: Shapes) -> dict[str, np.ndarray]:
    """The tensors of one file, after their names, shapes and dtypes were found to be the expected
    ones.

    Raises:
        CheckpointError: with the first tensor that differs; nothing was read into memory then.
    """
    with opened(folder, step, name) as (tensors, found):
        _compare(path_of(folder, step) / name, found, expected)
        return {key: tensors.get_tensor(key) for key in expected}


@contextmanager
def opened(folder: Path, step: int, name: str) -> Iterator[tuple[Any, Shapes]]:
    """One file's tensors, none of them in memory yet, and their names, shapes and dtypes.

    Raises:
        CheckpointError: it cannot be read, now or while it is open.
    """
    path = path_of(folder, step) / name
    try:
        files.open_regular(path).close()
        with safe_open(path, framework="numpy") as tensors:
            yield tensors, {key: _shape(tensors, key) for key in tensors.keys()}
    except (SafetensorError, OSError, RunDirectoryError) as error:
        raise CheckpointError(f"{path}: {error}") from None


def _shape(tensors: Any, key: str) -> tuple[tuple[int, ...], str]:
    part = tensors.get_slice(key)
    return tuple(part.get_shape()), DTYPES.get(part.get_dtype(), part.get_dtype())


def _compare(path: Path, found: Shapes, expected: Shapes) -> None:
    for key in expected.keys() - found.keys():
        raise CheckpointError(f"{path}: tensor {key!r} is missing")
    for key in found.keys() - expected.keys():
        raise CheckpointError(f"{path}: tensor {key!r} belongs to nothing in this model")
    for key, (shape, dtype) in expected.items():
        if found[key] != (shape, dtype):
            theirs = f"{found[key][1]} {list(found[key][0])}"
            raise CheckpointError(
                f"{path}: tensor {key!r} is {theirs}, this model has {dtype} {list(shape)}"
            )


def discard(folder: Path, doomed: Iterable[int]) -> None:
    """Remove the checkpoints of some steps; call under the run directory's lock."""
    for step in doomed:
        path = path_of(folder, step).with_suffix(".old.tmp")
        os.rename(
            path_of(folder, step), path
        )  # never a half-deleted folder under a checkpoint's name
        files.remove(path)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed saves left; call under the run directory's lock."""
    for entry in folder.glob("step-*.tmp"):
        files.remove(entry)
