"""Where the examples of a prepared data set lie, and their labels: read once, then cached."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from gan_cli.base import files
from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.data.reading.arrays import UNREADABLE, first_line
from gan_cli.data.reading.cache import directory
from gan_cli.data.reading.listing import Listing
from gan_cli.data.reading.pictures import BadPicture, Decoded, Look, decode_stored


class Index(NamedTuple):
    """The examples of a split, int64 [N] each: file, offset (or number), size and label (0 where
    there are none).
    """

    shards: np.ndarray
    offsets: np.ndarray
    sizes: np.ndarray
    labels: np.ndarray


class Arrays(Protocol):
    """A NamedTuple of arrays."""

    def _asdict(self) -> dict[str, Any]: ...


Found = TypeVar("Found", bound=Arrays)


def indexed(
    name: str,
    shards: Sequence[Path],
    label: object,
    walk: Callable[[], Found],
    kind: Callable[..., Found],
) -> Found:
    """The records of the files of a split, which are read for this only once: the index is kept in
    the cache.

    Args:
        name: for the index's file.
        label: the feature with the label.
        walk: how the records are read where they are not known yet.
        kind: what it gives.

    Raises:
        DataError: a file is missing, damaged or empty, or the cache cannot be written.
    """
    from filelock import FileLock

    state = repr((label, [(os.fspath(shard), *_state(shard)) for shard in shards]))
    place = directory() / f"{name}-{hashlib.sha256(state.encode()).hexdigest()[:16]}.records.npz"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(place.with_name(f".{place.name}.lock")):
            found = _kept(place, kind)
            if found is None:
                found = walk()
                with files.whole(place) as partial, partial.open("wb") as file:
                    np.savez(file, **found._asdict())
    except OSError as error:
        where = error.filename or directory()
        raise DataError(
            f"{where}: {error.strerror or error}; GAN_CACHE_DIR=FOLDER keeps decoded pictures "
            "elsewhere"
        ) from None
    return found


def listed(index: Index, files: Sequence[Path]) -> Listing:
    """All examples as 'FILE:OFFSET', as old as their files."""
    times = [file.stat().st_mtime_ns for file in files]
    listing = Listing()
    rows = zip(index.shards.tolist(), index.offsets.tolist(), index.sizes.tolist(), strict=True)
    for shard, offset, size in rows:
        listing.add(f"{files[shard].name}:{offset}", size, times[shard])
    return listing


def label_of(record: bytes, feature: str | None) -> int:
    """The label of a serialized tf.train.Example; 0 without a feature that holds it."""
    return int(_features(record)[feature].int64_list.value[0]) if feature else 0


def picture_of(record: bytes, feature: str, wanted: Look) -> tuple[Decoded, bytes]:
    """The picture of a serialized tf.train.Example, and its hash.

    Raises:
        BadPicture: the record or the picture is damaged.
    """
    try:
        (content,) = _features(record)[feature].bytes_list.value
    except Exception as error:  # protobuf's own DecodeError is one of several
        raise BadPicture(f"a damaged record ({first_line(error)})") from None
    return decode_stored(content, wanted)


def _features(record: bytes) -> Any:
    from tensorflow_datasets.proto import tf_example_pb2  # TensorFlow is not imported by it

    return tf_example_pb2.Example.FromString(record).features.feature


def _state(shard: Path) -> tuple[int, int]:
    try:
        status = shard.stat()
    except OSError as error:
        raise DataError(f"{shard}: {error.strerror}; prepare the data set again") from None
    return status.st_size, status.st_mtime_ns


def _kept(place: Path, kind: Callable[..., Found]) -> Found | None:
    try:
        with np.load(place, allow_pickle=False) as arrays:
            return kind(**arrays)
    except (*UNREADABLE, KeyError, TypeError):
        return None
