"""Decoded pictures in a file: rows of one size, and an index of what each row is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from gan_cli.base.errors import DataError
from gan_cli.data.reading.listing import Listing
from gan_cli.data.reading.source import DIGEST

IMAGES, INDEX = "images.bin", "index.npz"


class Records:
    """Rows of a file, read when asked for: none stays in memory.

    Args:
        shape: of one row.
        rows: which rows, in which order.
    """

    def __init__(self, path: Path, shape: Sequence[int], rows: np.ndarray) -> None:
        self._path, self._rows, self._size = path, rows, int(np.prod(shape))
        self.shape = (len(rows), *shape)
        self._file = path.open("rb", buffering=0)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        chosen = self._rows[rows]
        pixels = np.empty((len(chosen), self._size), np.uint8)
        for target, row in zip(pixels, chosen.tolist(), strict=True):
            if os.preadv(self._file.fileno(), [target.data], row * self._size) != self._size:
                raise DataError(f"{self._path}: cut off; remove this file, and it is made again")
        return pixels.reshape(len(chosen), *self.shape[1:])


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
    """

    names: np.ndarray
    sizes: np.ndarray
    mtimes: np.ndarray
    hashes: np.ndarray
    shapes: np.ndarray
    grey: np.ndarray
    reasons: np.ndarray
    row_shape: np.ndarray

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
        )

    @classmethod
    def read(cls, folder: Path) -> Index | None:
        """The index of a cache; None where there is none that is whole."""
        try:
            with np.load(folder / INDEX, allow_pickle=False) as arrays:
                index = cls(**arrays)
            size = len(index.shapes) * int(np.prod(index.row_shape))
            return index if (folder / IMAGES).stat().st_size == size else None
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
