"""The size of images where none is asked for: the pictures' own as far as that is small, so that
nothing is enlarged without a word.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import IO, TypeVar

from gan_cli.base.lazy import Image, np
from gan_cli.data.reading.listing import PICTURE_NAME
from gan_cli.data.reading.options import LARGEST_UNASKED, Pictures
from gan_cli.data.reading.pictures import FORMATS

SMALLEST = 8
"""Pixels of a side."""
LOOKED_AT = 256
"""Pictures whose headers are read, from all over the names."""
ORIENTATION, ON_ITS_SIDE = 0x0112, 5
"""The tag of EXIF, and from which value on it changes height and width."""

Options = TypeVar("Options", bound=Pictures)


def with_size(
    options: Options, names: Sequence[str], opened: Callable[[str], IO[bytes]]
) -> Options:
    """The options with what size=auto comes to: the size that all pictures have if no side is over
    64, else a square whose side most of them have at least, 64 at most.

    Args:
        opened: the file of a name.
    """
    if options.size != "auto":
        return options
    pictures = [name for name in names if PICTURE_NAME.search(name)] or names
    places = np.linspace(0, len(pictures) - 1, min(LOOKED_AT, len(pictures)), dtype=int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whoever decodes them says what is wrong
        found = [size for place in places if (size := _size(opened, pictures[place]))]
    return replace(options, size=_common(found))


def _size(opened: Callable[[str], IO[bytes]], name: str) -> tuple[int, int] | None:
    """(height, width), from the header alone; None of what is no picture."""
    try:
        with opened(name) as file, Image.open(file, formats=FORMATS) as picture:
            width, height = picture.size
            # of a PNG this would decode the pixels
            tags = picture.getexif() if picture.format in ("JPEG", "WEBP", "TIFF") else {}
            return (width, height) if tags.get(ORIENTATION, 1) >= ON_ITS_SIDE else (height, width)
    except Exception:  # decoders of damaged bytes raise anything
        return None


def _common(found: Sequence[tuple[int, int]]) -> int | list[int]:
    if not found:
        return LARGEST_UNASKED
    sides = {side for size in found for side in size}
    if len(set(found)) == 1 and min(sides) >= SMALLEST and max(sides) <= LARGEST_UNASKED:
        height, width = found[0]
        return height if height == width else [height, width]
    shorter = sorted(min(size) for size in found)
    return min(LARGEST_UNASKED, max(SMALLEST, shorter[(len(shorter) - 1) // 2]))
