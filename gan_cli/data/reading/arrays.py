"""Readers of array files: npz and npy without pickle, IDX plain or gzipped; sizes are checked
before memory is taken.
"""

from __future__ import annotations

import gzip
import lzma
import math
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np

UNREADABLE = (
    struct.error,
    zlib.error,
    lzma.LZMAError,
    tokenize.TokenError,
    SyntaxError,
    ValueError,
    EOFError,
    OSError,
)
"""What Python's and NumPy's readers raise for damaged files."""
BROKEN_ZIP = (*UNREADABLE, zipfile.BadZipFile, RuntimeError, MemoryError)
"""What zipfile raises for damaged archives; RuntimeError: encrypted, or packed in a way it does not
know.
"""

LARGEST = 4 * 1024**3
"""Bytes that one array of a file may take in memory."""


def read_npz(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The named arrays of an npz file.

    Raises:
        DataError: not an npz, an array is missing, too large or holds pickled objects.
    """
    with _npz(path) as archive:
        return {name: _read_member(path, archive, name) for name in names}


def npz_names(path: Path) -> list[str]:
    """The names of the arrays of an npz file.

    Raises:
        DataError: not an npz.
    """
    with _npz(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


@contextmanager
def _npz(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except BROKEN_ZIP as error:
        raise DataError(
            f"{path}: not a readable npz ({first_line(error)}); fetch or copy it again"
        ) from None


def _read_member(path: Path, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """One array, whose header is believed only as far as the bytes that follow it."""
    members = archive.namelist()
    if f"{name}.npy" not in members:
        raise DataError(f"{path}: no array {name!r} (it holds {', '.join(members) or 'nothing'})")
    with archive.open(f"{name}.npy") as member:
        shape, column_major, kind = _header(member)
        size = math.prod(shape) * kind.itemsize
        if kind.hasobject:
            raise DataError(f"{path}: array {name!r} holds pickled objects, which are not read")
        if size > LARGEST:
            raise DataError(f"{path}: array {name!r} claims {size:,} bytes")
        payload = member.read(size + 1)
    if len(payload) != size:
        raise DataError(
            f"{path}: array {name!r} holds other than the {size:,} bytes that its header says"
        )
    return np.frombuffer(payload, kind).reshape(shape, order="F" if column_major else "C")


def map_npy(path: Path) -> np.ndarray:
    """The array of a .npy file, mapped: its bytes are read when they are used, and take no memory
    before.

    Raises:
        DataError: no plain file, not as numpy.save writes it, pickled objects, or other than the
            bytes that its header says.
    """
    if not path.is_file():  # a pipe would hang
        raise DataError(f"{path}: {'is no plain file' if path.exists() else 'no such file'}")
    try:
        with path.open("rb") as file:
            shape, column_major, kind = _header(file)
            size, held = (
                math.prod(shape) * kind.itemsize,
                os.fstat(file.fileno()).st_size - file.tell(),
            )
            if kind.hasobject:
                raise DataError(f"{path}: holds pickled objects, which are not read")
            if held != size or not size:
                raise DataError(f"{path}: holds {held:,} bytes, its header says {size:,}")
            return np.memmap(file, kind, "r", file.tell(), shape, "F" if column_major else "C")
    except UNREADABLE as error:
        raise DataError(
            f"{path}: not an array as numpy.save writes it ({first_line(error)})"
        ) from None


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether it is column-major, and dtype of the array that follows."""
    version = np.lib.format.read_magic(file)
    read = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, column_major, kind = read(file)
    if not all(type(side) is int for side in shape):  # NumPy takes True for one
        raise ValueError(f"shape {shape} is not of whole numbers")
    return shape, column_major, kind


def read_idx(path: Path) -> np.ndarray:
    """An IDX file of unsigned bytes (http://yann.lecun.com/exdb/mnist), gzipped or not, as uint8.

    Raises:
        DataError: wrong magic, or fewer or more bytes than its header says.
    """
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if zipped else path.open("rb") as file:
            zero, kind, dimensions = struct.unpack(">HBB", file.read(4))
            if zero != 0 or kind != 8 or not 1 <= dimensions <= 4:
                raise DataError(
                    f"{path}: not an IDX file of bytes (wrong magic number); fetch or copy it again"
                )
            shape = struct.unpack(f">{dimensions}I", file.read(4 * dimensions))
            size = math.prod(shape)
            if size > LARGEST:
                raise DataError(f"{path}: claims {size:,} bytes of pixels")
            payload = file.read(size + 1)
    except UNREADABLE as error:
        raise DataError(
            f"{path}: not a readable IDX file ({first_line(error)}); fetch or copy it again"
        ) from None
    if len(payload) != size:
        raise DataError(
            f"{path}: holds {len(payload):,} bytes, its header says {size:,}; fetch or copy it "
            "again"
        )
    return np.frombuffer(payload, np.uint8).reshape(shape)


def first_line(error: Exception) -> str:
    """What a reader says of a damaged file, without the lines that follow."""
    return (str(error).splitlines() or [type(error).__name__])[0]
