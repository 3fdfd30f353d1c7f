"""Regions of an image."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.lazy import np
from gan_cli.base.spec import DataSpec
from gan_cli.base.terminal import printable
from gan_cli.data.reading.listing import read_file
from gan_cli.data.reading.pictures import LARGEST_BYTES, BadPicture, decode
from gan_cli.editing.shared import pictures


def read(named: Any, spec: DataSpec) -> np.ndarray:
    """bool [H, W, 1]: [top, left, height, width] in pixels, a picture whose bright part is meant,
    or an array [H, W] or [H, W, 1].

    Raises:
        ConfigError: the rectangle is not within the image.
        DataError: there is no such picture, or the array is of another size.
    """
    size = (spec.height, spec.width)
    if isinstance(named, np.ndarray):
        if named.shape not in (size, (*size, 1)):
            raise DataError(f"mask: {list(named.shape)}, expected {list(size)}")
        return named.reshape(*size, 1).astype(bool)
    if isinstance(named, list | tuple):
        return _rectangle([int(each) for each in named], size)
    name = printable(str(named))
    look = pictures.look(spec)._replace(channels=1, background=(0, 0, 0))
    try:
        found: np.ndarray = decode(read_file(Path(named), LARGEST_BYTES), look).pixels > 127
    except FileNotFoundError:
        raise DataError(f"mask={name}: no such file") from None
    except (BadPicture, OSError, ValueError) as error:
        raise DataError(f"mask={name}: {error}") from None
    return found


def holes(named: Any, pictures_named: Any, spec: DataSpec, count: int) -> np.ndarray:
    """bool [count, H, W, 1]: of each picture what is not known of it.

    Args:
        named: one region for all pictures, as `read` takes them, or one for each: a list of them, a
            folder, or an array [count, H, W] or [count, H, W, 1]; None: where they are transparent.
        pictures_named: as `pictures.read` takes them.

    Raises:
        ConfigError: there are more masks than one and not as many as pictures, or a picture is
            wholly known, or not at all.
        DataError: as `read`.
    """
    found = pictures.transparency(pictures_named, spec) if named is None else _several(named, spec)
    if len(found) not in (1, count):
        raise ConfigError(f"mask: {len(found)} of them for {count} pictures")
    covered = found.reshape(len(found), -1).mean(axis=1)
    if named is None and not covered.all():
        raise ConfigError(
            "mask is missing, and a picture has no transparent part: a picture whose bright part "
            "is filled, or [top, left, height, width]"
        )
    for share, word in ((0.0, "nothing"), (1.0, "everything")):
        if (covered == share).any():
            number = int(np.flatnonzero(covered == share)[0])
            raise ConfigError(f"mask: {word} of picture {number} is to be filled")
    return np.broadcast_to(found, (count, *found.shape[1:])).copy()


def _several(named: Any, spec: DataSpec) -> np.ndarray:
    """bool [N, H, W, 1]."""
    each: Iterable[Any]
    if isinstance(named, np.ndarray):
        size = (spec.height, spec.width)
        each = named if named.shape[1:] in (size, (*size, 1)) else [named]
    elif isinstance(named, list | tuple):
        is_rectangle = all(isinstance(one, int | np.integer) for one in named)
        each = [named] if is_rectangle else named
    else:
        each = pictures.files(Path(str(named)))
    return np.stack([read(one, spec) for one in each])


def _rectangle(given: list[int], size: tuple[int, int]) -> np.ndarray:
    top, left, height, width = given
    if top + height > size[0] or left + width > size[1] or not height or not width:
        raise ConfigError(
            f"mask={given}: [top, left, height, width] is not within {size[0]}x{size[1]} pixels"
        )
    found = np.zeros((*size, 1), bool)
    found[top : top + height, left : left + width] = True
    return found
