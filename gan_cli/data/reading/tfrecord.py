"""TFRecord files of tf.train.Example, without TensorFlow.

A record is its length (8 bytes, little-endian), a checksum of that (4), the bytes, and a checksum
of those (4).
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from filelock import FileLock

from gan_cli.base import files
from gan_cli.base.errors import DataError
from gan_cli.data.reading.arrays import UNREADABLE, first_line
from gan_cli.data.reading.cache import directory

HEADER, CHECKSUM = 12, 4
LARGEST_RECORD = 1024**3


class Index(NamedTuple):
    """Where the records of a split lie, int64 [N] each: file, offset, size and label (0 where there
    are none).
    """

    shards: np.ndarray
    offsets: np.ndarray
    sizes: np.ndarray
    labels: np.ndarray


def indexed(name: str, shards: Sequence[Path], label: str | None) -> Index:
    """The records of the files of a split, which are read for this only once: the index is kept in
    the cache.

    Args:
        name: for the index's file.
        label: the feature with the label.

    Raises:
        DataError: a file is missing, damaged or empty, or the cache cannot be written.
    """
    state = repr((label, [(os.fspath(shard), *_state(shard)) for shard in shards]))
    place = directory() / f"{name}-{hashlib.sha256(state.encode()).hexdigest()[:16]}.records.npz"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(place.with_name(f".{place.name}.lock")):
            found = _kept(place)
            if found is None:
                found = _walk(shards, label)
                with files.whole(place) as partial, partial.open("wb") as file:
                    np.savez(file, **found._asdict())
    except OSError as error:
        where = error.filename or directory()
        raise DataError(
            f"{where}: {error.strerror or error}; GAN_CACHE_DIR=FOLDER keeps decoded pictures "
            "elsewhere"
        ) from None
    return found


def features(record: bytes) -> Any:
    """The features of a serialized tf.train.Example by name."""
    from tensorflow_datasets.proto import tf_example_pb2

    return tf_example_pb2.Example.FromString(record).features.feature


def record_at(path: Path, offset: int) -> bytes:
    """The bytes of one record.

    Raises:
        OSError: it cannot be read.
        ValueError: there is none.
    """
    with path.open("rb") as file:
        file.seek(offset)
        return _read(file)


def _state(shard: Path) -> tuple[int, int]:
    try:
        status = shard.stat()
    except OSError as error:
        raise DataError(f"{shard}: {error.strerror}; prepare the data set again") from None
    return status.st_size, status.st_mtime_ns


def _kept(place: Path) -> Index | None:
    try:
        with np.load(place, allow_pickle=False) as arrays:
            return Index(**arrays)
    except (*UNREADABLE, KeyError, TypeError):
        return None


def _walk(shards: Sequence[Path], label: str | None) -> Index:
    rows = []
    for number, shard in enumerate(shards):
        try:
            for offset, content in _records(shard):
                rows.append(
                    (
                        number,
                        offset,
                        len(content),
                        features(content)[label].int64_list.value[0] if label else 0,
                    )
                )
        except Exception as error:  # protobuf's own DecodeError is one of several
            raise DataError(f"{shard}: {first_line(error)}; prepare the data set again") from None
    if not rows:
        raise DataError(f"{shards[0]}: holds no record; prepare the data set again")
    return Index(*np.array(rows, np.int64).T)


def _records(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        offset, size = 0, path.stat().st_size
        while offset < size:
            content = _read(file)
            yield offset, content
            offset += HEADER + len(content) + CHECKSUM


def _read(file: BinaryIO) -> bytes:
    header = file.read(HEADER)
    length = struct.unpack("<Q", header[:8])[0] if len(header) == HEADER else LARGEST_RECORD + 1
    content = file.read(length + CHECKSUM) if length <= LARGEST_RECORD else b""
    if len(content) != length + CHECKSUM:
        raise ValueError("a record is damaged or cut off")
    return content[:-CHECKSUM]
