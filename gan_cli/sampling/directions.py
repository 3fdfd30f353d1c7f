"""Files of directions, as gan-edit edit=directions writes them; they may come from a stranger."""

from __future__ import annotations

from pathlib import Path

from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.data.reading.arrays import npz_names, read_npz


def read(path: str) -> np.ndarray:
    """float32 [K, ...]: what each direction adds to a latent, or to the styles of an image.

    Raises:
        DataError: it holds none.
    """
    found = read_npz(Path(path), ["directions"])["directions"]
    if found.dtype.kind != "f" or found.ndim < 2 or not np.isfinite(found).all():
        raise DataError(
            f"directions={path}: {found.dtype} {list(found.shape)}, expected finite floats [N, ...]"
        )
    return found.astype(np.float32)


def names(path: str, count: int) -> list[str]:
    """What the directions of the same file are called; numbers where it does not say."""
    if "names" in npz_names(Path(path)):
        found = read_npz(Path(path), ["names"])["names"]
        if found.dtype.kind == "U" and found.shape == (count,):
            return [printable(name) for name in found.tolist()]
    return [str(number) for number in range(count)]
