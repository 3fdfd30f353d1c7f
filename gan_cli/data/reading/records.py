"""Decoded pictures in a file: rows of one size, and an index of what each row is."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.data.reading.hashes import DIGEST
from gan_cli.data.reading.listing import Listing

IMAGES, INDEX = "images.bin", "index.npz"
Repair = Callable[[int], "np.ndarray"]
"""From a row to its pixels, decoded again."""


class Checks(NamedTuple):
    """How rows are verified: the CRC-32 of each, and what is done where it differs."""

    sums: np.ndarray
    repair: Repair


class Records:
    """Rows of a file, read when asked for: none stays in memory.

    Args:
        shape: of one row.
        rows: which rows, in which order.
        checks: each row is held against its checksum when it is first read.
    """

    def __init__(
        self, path: Path, shape: Sequence[int], rows: np.ndarray, checks: Checks | None = None
    ) -> None:
        self._path, self._rows, self._size = path, rows, int(np.prod(shape))
        self.shape = (len(rows), *shape)
        self._file = path.open("rb", buffering=0)
        self._checks = checks
        self._verified = np.zeros(0 if checks is None else len(checks.sums), bool)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        chosen = self._rows[rows]
        pixels = np.empty((len(chosen), self._size), np.uint8)
        for target, row in zip(pixels, chosen.tolist(), strict=True):
            if os.preadv(self._file.fileno(), [target.data], row * self._size) != self._size:
                raise DataError(f"{self._path}: cut off; remove this file, and it is made again")
            if self._checks is not None and not self._verified[row]:
                self._verify(self._checks, row, target)
        return pixels.reshape(len(chosen), *self.shape[1:])

    def _verify(self, checks: Checks, row: int, pixels: np.ndarray) -> None:
        """Hold a row against its checksum; put a damaged one right, here and in the file."""
        if zlib.crc32(pixels.data) != checks.sums[row]:
            pixels[:] = checks.repair(row).reshape(-1)
            if zlib.crc32(pixels.data) != checks.sums[row]:
                raise DataError(
                    f"{self._path}: damaged, and the pictures have changed; remove this file, and "
                    "it is made again"
                )
            with suppress(OSError), self._path.open("rb+", buffering=0) as file:
                os.pwrite(file.fileno(), pixels.tobytes(), row * self._size)
        self._verified[row] = True


def checksums(path: Path, size: int) -> np.ndarray:
    """The CRC-32 of each row of a file, uint32 [N].

    Args:
        size: bytes of a row.
    """
    with path.open("rb") as file:
        return np.array([zlib.crc32(row) for row in iter(lambda: file.read(size), b"")], np.uint32)


@dataclass
class Index:
    """What is known of each item of a listing, as arrays of a file.

    Attributes:
        names: uint8, the names, each ended by a zero.
        sizes, mtimes: int64 [N], as in the listing.
        hashes: uint8 [N, 16], of the files' bytes.
        shapes: int32 [N, 2], height and width of the file's picture; 0 where it is broken.
        grey: bool [N].
        reasons: uint8, JSON of index -> why an item is broken.
        row_shape: int64, of the decoded pixels.
        sums: uint32 [N], the CRC-32 of the decoded pixels of each.
    """

    names: np.ndarray
    sizes: np.ndarray
    mtimes: np.ndarray
    hashes: np.ndarray
    shapes: np.ndarray
    grey: np.ndarray
    reasons: np.ndarray
    row_shape: np.ndarray
    sums: np.ndarray

    @classmethod
    def of(cls, listing: Listing, row_shape: Sequence[int]) -> Index:
        """The items of a listing, of which nothing is known yet."""
        count = len(listing.names)
        return cls(
            names=_joined(listing.names),
            sizes=np.array(listing.sizes, np.int64),
            mtimes=np.array(listing.mtimes, np.int64),
            hashes=np.zeros((count, DIGEST), np.uint8),
            shapes=np.zeros((count, 2), np.int32),
            grey=np.ones(count, bool),
            reasons=_bytes(b"{}"),
            row_shape=np.array(row_shape, np.int64),
            sums=np.zeros(count, np.uint32),
        )

    @classmethod
    def read(cls, folder: Path, ahead: bool = True) -> Index | None:
        """The index of a cache; None where there is none that is whole.

        Args:
            ahead: the decoded pixels belong to it.
        """
        try:
            with np.load(folder / INDEX, allow_pickle=False) as arrays:
                index = cls(**arrays)
            size = len(index.shapes) * int(np.prod(index.row_shape))
            whole = not ahead or (folder / IMAGES).stat().st_size == size
            return index if whole and index.sums.shape == (len(index.shapes),) else None
        except (OSError, ValueError, KeyError, EOFError, TypeError, BadZipFile):
            return None

    def write(self, folder: Path) -> None:
        np.savez(folder / INDEX, **vars(self))

    def fits(self, listing: Listing) -> bool:
        """Whether the files are still those that were decoded."""
        return (
            np.array_equal(self.names, _joined(listing.names))
            and np.array_equal(self.sizes, listing.sizes)
            and np.array_equal(self.mtimes, listing.mtimes)
        )

    def items(self) -> list[tuple[bytes, int, int]]:
        """What an item is known by: name, size and time of change."""
        names = self.names.tobytes().split(b"\0")[:-1]
        return list(zip(names, self.sizes.tolist(), self.mtimes.tolist(), strict=True))

    @property
    def broken(self) -> dict[int, str]:
        """Index -> reason."""
        return {int(row): str(reason) for row, reason in json.loads(self.reasons.tobytes()).items()}

    @broken.setter
    def broken(self, reasons: dict[int, str]) -> None:
        self.reasons = _bytes(json.dumps(reasons).encode())

    @property
    def good(self) -> np.ndarray:
        return np.flatnonzero(self.shapes[:, 0])


def _joined(names: Iterable[str]) -> np.ndarray:
    return _bytes(b"".join(os.fsencode(name) + b"\0" for name in names))


def _bytes(content: bytes) -> np.ndarray:
    return np.frombuffer(content, np.uint8)
