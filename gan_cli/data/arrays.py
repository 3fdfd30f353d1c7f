"""Readers of array files: npz without pickle, IDX plain or gzipped; sizes are checked before memory is taken."""

from __future__ import annotations

import gzip
import math
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from gan_cli.errors import DataError

LARGEST = 4 * 1024**3
"""Bytes that one array of a file may take in memory."""


def read_npz(path: Path, names: Iterable[str]) -> dict[str, np.ndarray]:
    """The named arrays of an npz file.

    Raises:
        DataError: not an npz, an array is missing, too large or holds pickled objects.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {member.filename: member.file_size for member in archive.infolist()}
        for name in names:
            if f"{name}.npy" not in sizes:
                raise DataError(f"{path}: no array {name!r} (it holds {', '.join(sizes) or 'nothing'})")
            if sizes[f"{name}.npy"] > LARGEST:
                raise DataError(f"{path}: array {name!r} claims {sizes[f'{name}.npy']:,} bytes")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError) as error:
        raise DataError(f"{path}: not a readable npz ({_first_line(error)}); fetch or copy it again") from None


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
                raise DataError(f"{path}: not an IDX file of bytes (wrong magic number); fetch or copy it again")
            shape = struct.unpack(f">{dimensions}I", file.read(4 * dimensions))
            size = math.prod(shape)
            if size > LARGEST:
                raise DataError(f"{path}: claims {size:,} bytes of pixels")
            payload = file.read(size + 1)
    except (struct.error, EOFError, zlib.error, OSError) as error:
        raise DataError(f"{path}: not a readable IDX file ({_first_line(error)}); fetch or copy it again") from None
    if len(payload) != size:
        raise DataError(f"{path}: holds {len(payload):,} bytes, its header says {size:,}; fetch or copy it again")
    return np.frombuffer(payload, np.uint8).reshape(shape)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
