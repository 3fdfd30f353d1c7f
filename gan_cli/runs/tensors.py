"""Tensor files of a checkpoint: names, shapes and dtypes are known before any memory is taken."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gan_cli.base import files
from gan_cli.base.errors import CheckpointError, RunDirectoryError
from gan_cli.base.lazy import np
from gan_cli.runs.manifest import FileFacts, path_of

Shapes = Mapping[str, tuple[tuple[int, ...], str]]

DTYPES = {
    "F16": "float16",
    "F32": "float32",
    "F64": "float64",
    "I32": "int32",
    "I64": "int64",
    "U8": "uint8",
    "U32": "uint32",
    "U64": "uint64",
    "BOOL": "bool",
    "BF16": "bfloat16",
}


def write(path: Path, arrays: Mapping[str, np.ndarray]) -> FileFacts:
    """Write a file and have the disk hold it.

    Raises:
        OSError: the system's own, also where the library has worded it.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    try:
        save_file(dict(arrays), path)
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        raise (
            OSError(int(number[1]), os.strerror(int(number[1]))) if number else OSError(str(error))
        ) from None
    files.sync(path)
    return FileFacts(path.stat().st_size, files.sha256(path))


def read(
    folder: Path, step: int, name: str, expected: Shapes, *, finite: bool = False
) -> dict[str, np.ndarray]:
    """The tensors of one file, after their names, shapes and dtypes were found to be the expected
    ones.

    Args:
        finite: whether weights that are not finite are refused.

    Raises:
        CheckpointError: with the first tensor that differs, before any was read into memory; or
            with the first that is not finite.
    """
    with opened(folder, step, name) as (tensors, found):
        path = path_of(folder, step) / name
        _compare(path, found, expected)
        arrays = {key: tensors.get_tensor(key) for key in expected}
    for key, array in arrays.items() if finite else ():
        if "float" in expected[key][1] and not np.isfinite(array).all():
            raise CheckpointError(f"{path}: tensor {key!r} holds values that are not finite")
    return arrays


@contextmanager
def opened(folder: Path, step: int, name: str) -> Iterator[tuple[Any, Shapes]]:
    """One file's tensors, none of them in memory yet, and their names, shapes and dtypes.

    Raises:
        CheckpointError: it cannot be read, now or while it is open.
    """
    from safetensors import SafetensorError, safe_open

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
