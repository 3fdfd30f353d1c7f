"""Regions of an image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.lazy import np
from gan_cli.base.spec import DataSpec
from gan_cli.base.terminal import printable
from gan_cli.data.reading.listing import read_file
from gan_cli.data.reading.pictures import LARGEST_BYTES, BadPicture, Look, decode


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
    try:
        content = read_file(Path(named), LARGEST_BYTES)
        found: np.ndarray = decode(content, Look(size, "stretch", 1, (0, 0, 0))).pixels > 127
    except FileNotFoundError:
        raise DataError(f"mask={name}: no such file") from None
    except (BadPicture, OSError, ValueError) as error:
        raise DataError(f"mask={name}: {error}") from None
    return found


def _rectangle(given: list[int], size: tuple[int, int]) -> np.ndarray:
    top, left, height, width = given
    if top + height > size[0] or left + width > size[1] or not height or not width:
        raise ConfigError(
            f"mask={given}: [top, left, height, width] is not within {size[0]}x{size[1]} pixels"
        )
    found = np.zeros((*size, 1), bool)
    found[top : top + height, left : left + width] = True
    return found
