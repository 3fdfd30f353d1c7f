"""The official binary version of CIFAR: records of label bytes and pixels, in a folder or straight
from the archive.
"""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.data.reading.arrays import UNREADABLE, first_line
from gan_cli.data.reading.source import Split

PIXELS = 3 * 32 * 32
BLOCK = 1000
"""Records in memory beside the result."""
LARGEST = 256 * 1024**2
"""Bytes that an archive may unpack to; the official ones have 185 million."""
MEMBERS = 64
"""Entries that an archive may have; the official ones have less than ten."""
AGAIN = "fetch or copy it again"


class Layout(NamedTuple):
    """How a set is packed.

    Attributes:
        folder: where its files are, also in the archive.
        archive: the name of the archive.
        files: per split.
        records: in each of these files, per split.
        classes: of each label byte before the pixels of a record.
    """

    folder: str
    archive: str
    files: dict[Split, tuple[str, ...]]
    records: dict[Split, int]
    classes: tuple[int, ...]

    def count(self, split: Split) -> int:
        return self.records[split] * len(self.files[split])

    @property
    def width(self) -> int:
        return len(self.classes) + PIXELS


class Table(NamedTuple):
    """Images [N, 32, 32, 3], labels [N, 1], or [N, 2] of coarse and fine ones, and where they came
    from.
    """

    images: np.ndarray
    labels: np.ndarray
    origin: Path


def check_labels(labels: np.ndarray, classes: int, where: str) -> None:
    """Raises: DataError: a label is not in [0, classes)."""
    if not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise DataError(
            f"{where}: labels from {labels.min()} to {labels.max()}, expected 0 to {classes - 1}"
        )


def read_folder(layout: Layout, folder: Path, split: Split) -> Table | None:
    """The files of a split; None where not all of them are there."""
    paths = [folder / name for name in layout.files[split]]
    if not all(path.is_file() for path in paths):
        return None
    table = _empty(layout, split, folder)
    for number, path in enumerate(paths):
        with path.open("rb") as file:
            _read_file(
                layout,
                _rows(table, layout.records[split], number),
                file,
                path.stat().st_size,
                str(path),
            )
    return table


def read_archive(layout: Layout, path: Path, split: Split) -> Table:
    """The files of a split, in whatever order the archive has them; nothing of it is written
    anywhere.

    Raises:
        DataError: it is damaged, or holds what the official archive does not.
    """
    table, missing = _empty(layout, split, path), list(layout.files[split])
    with _unpacked(path) as archive:
        for entry, member in enumerate(archive):
            name = _accepted(layout, path, member, entry)
            file = archive.extractfile(member) if name in missing else None
            if file:
                rows = _rows(table, layout.records[split], layout.files[split].index(name))
                _read_file(layout, rows, file, member.size, f"{path}: {member.name}")
                missing.remove(name)
    if missing:
        raise DataError(f"{path}: no {', '.join(missing)} in it; {AGAIN}")
    return table


def _empty(layout: Layout, split: Split, origin: Path) -> Table:
    count = layout.count(split)
    return Table(
        np.empty((count, 32, 32, 3), np.uint8),
        np.empty((count, len(layout.classes)), np.uint8),
        origin,
    )


def _rows(table: Table, records: int, number: int) -> Table:
    """The part of the table that belongs to one file."""
    rows = slice(number * records, (number + 1) * records)
    return Table(table.images[rows], table.labels[rows], table.origin)


def _read_file(layout: Layout, rows: Table, file: IO[bytes], size: int, where: str) -> None:
    """Records of label bytes, then planes of red, green and blue."""
    count, width = len(rows.images), layout.width
    if size != count * width:
        raise DataError(f"{where}: holds {size:,} bytes, expected {count * width:,}; {AGAIN}")
    for start in range(0, count, BLOCK):
        block = slice(start, min(start + BLOCK, count))
        content = file.read((block.stop - start) * width)
        if len(content) != (block.stop - start) * width:
            raise DataError(f"{where}: ends early; {AGAIN}")
        labels, pixels = np.split(
            np.frombuffer(content, np.uint8).reshape(-1, width), [len(layout.classes)], axis=1
        )
        rows.labels[block] = labels
        rows.images[block] = pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    for column, classes in enumerate(layout.classes):
        check_labels(rows.labels[:, column], classes, where)


def _accepted(layout: Layout, path: Path, member: tarfile.TarInfo, entry: int) -> str:
    """The name of a plain file in the set's folder, or nothing for the folder; all else is
    refused.
    """
    if entry >= MEMBERS:
        raise DataError(
            f"{path}: more than {MEMBERS} entries, so it is not {layout.archive}; {AGAIN}"
        )
    *folders, name = PurePosixPath(member.name).parts or (".",)
    if member.isdir() and not folders and name in (".", layout.folder):
        return ""
    if member.isreg() and not member.issparse() and folders == [layout.folder] and name != "..":
        return name
    raise DataError(f"{path}: {member.name!r} does not belong into {layout.archive}; {AGAIN}")


@contextmanager
def _unpacked(path: Path) -> Iterator[tarfile.TarFile]:
    """The archive as a stream, read to its end, where the checksum is."""
    try:
        with gzip.open(path, "rb") as file:
            stream = Bounded(file, LARGEST)
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                yield archive
            while stream.read(1 << 20):
                pass
    except (*UNREADABLE, tarfile.TarError) as error:
        raise DataError(f"{path}: not a readable tar.gz ({first_line(error)}); {AGAIN}") from None


class Bounded(BufferedIOBase):
    """A file that gives no more than `limit` bytes, whatever its headers promise."""

    def __init__(self, file: gzip.GzipFile, limit: int) -> None:
        self._file, self._left = file, limit

    def read(self, size: int | None = -1, /) -> bytes:
        content = self._file.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise ValueError("it unpacks to too much")
        return content
