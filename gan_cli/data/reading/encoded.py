"""Pictures that stay encoded where they lie, and are decoded each time they are asked for."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.data.reading.pictures import BadPicture
from gan_cli.data.reading.scan import Loader


class Origin(NamedTuple):
    """What is read, and the folder of the cache that says what it held when it was first read."""

    place: Path
    cache: Path


class Encoded:
    """Rows by index, decoded by `loader`, which several threads call at once; none stays in memory.

    Args:
        names: of the pictures, one for each row.
        hashes: uint8 [N, 16], of their bytes; each picture is held against its own when read.
        row_shape: of the pixels of one.
    """

    def __init__(
        self,
        origin: Origin,
        loader: Loader,
        names: Sequence[str],
        hashes: np.ndarray,
        row_shape: tuple[int, ...],
    ) -> None:
        self._origin, self._loader, self._names, self._hashes = origin, loader, names, hashes
        self.shape = (len(names), *row_shape)
        # As in a scan; a filter set for a while is none where threads decode.
        warnings.filterwarnings("ignore", module=r"PIL\.")

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        chosen = np.arange(len(self))[rows]
        pixels = np.empty((len(chosen), *self.shape[1:]), np.uint8)
        for target, row in zip(pixels, chosen.tolist(), strict=True):
            target[:] = self._decoded(row)
        return pixels

    def _decoded(self, row: int) -> np.ndarray:
        try:
            decoded, found = self._loader(self._names[row])
        except BadPicture as error:
            raise self._other(row, str(error)) from None
        if found != self._hashes[row].tobytes():
            raise self._other(row, "other bytes than before")
        return decoded.pixels[..., : self.shape[-1]]  # of grey in three equal planes, one

    def _other(self, row: int, reason: str) -> DataError:
        return DataError(
            f"{self._origin.place}: {printable(self._names[row])} is not what was first read there "
            f"({reason}); restore it, or remove {self._origin.cache} and all is read anew"
        )
