"""Images at the edges: uint8 <-> float in [-1, 1], grids, PNG. NumPy and Pillow only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gan_cli.base.files import whole
from gan_cli.base.lazy import Image, np

About = Mapping[str, object]
"""Texts that a file carries, by their names."""
GAP = 2
GREY = 128
"""What holes are shown in."""
TEXT, LINE = 14, 21
"""Height of letters, and of a line with a caption, in pixels."""
WIDE, COLUMNS, TILE, LARGEST = 500, 4, 64, 2200
"""A grid is enlarged until it is so many pixels wide, one of fewer columns as if it had so many,
and its images are so wide, but not beyond this width and height.
"""
MARGIN = 140
"""Pixels that the names of rows may take."""


def from_uint8(pixels: Any) -> Any:
    """Grey levels 0..255 as floats (array or tensor) -> [-1, 1]."""
    return pixels / 127.5 - 1.0


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Floats in [-1, 1] (clipped) -> uint8, rounded to the nearest level."""
    levels: np.ndarray = np.rint((images.astype(np.float32) + 1.0) * 127.5)
    return levels.clip(0, 255).astype(np.uint8)


def grid(images: np.ndarray, columns: int | None = None, enlarge: bool = True) -> np.ndarray:
    """Tile uint8 images [N, H, W, C] row by row into one [H', W', C], as square as N allows, on a
    white ground.

    Sequences [N, T, H, W, C] have a row each, with their frames in it.

    Args:
        enlarge: images by a whole factor, so that each pixel stays what it is, as a square; see
            `enlargement`.
    """
    if images.ndim == 5:
        images, columns = images.reshape(-1, *images.shape[2:]), images.shape[1]
    count, height, width, channels = images.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    if enlarge:
        factor = enlargement(height, width, rows, columns)
        images = images.repeat(factor, axis=1).repeat(factor, axis=2)
        height, width = factor * height, factor * width
    shape = (rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, channels)
    sheet = np.full(shape, 255, np.uint8)
    for index, image in enumerate(images):
        top = GAP + (index // columns) * (height + GAP)
        left = GAP + (index % columns) * (width + GAP)
        sheet[top : top + height, left : left + width] = image
    return sheet


def pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Two arrays [N, ...] in turn: [2 N, ...]."""
    return np.stack([first, second], axis=1).reshape(-1, *first.shape[1:])


def columns_of_pairs(count: int) -> int:
    """Of a grid of so many images, as square as can be with none of its pairs cut in two."""
    return 2 * max(1, round(math.sqrt(count) / 2))


def captioned(images: np.ndarray, columns: int, captions: Sequence[str]) -> np.ndarray:
    """A grid [H', W', C] of uint8 images [N, H, W, C] with a caption above each row, as much of it
    as there is room for.

    Args:
        captions: of the rows, at least as many.
    """
    from PIL import ImageDraw, ImageFont

    height, width = images.shape[1:3]
    rows = math.ceil(len(images) / columns)
    factor = enlargement(height, width, rows, columns)
    larger = images.repeat(factor, axis=1).repeat(factor, axis=2)
    font = ImageFont.load_default(TEXT)
    parts = []
    for row, caption in enumerate(captions[:rows]):
        pictures = grid(larger[row * columns : (row + 1) * columns], columns, enlarge=False)
        strip = Image.new("L", (pictures.shape[1], LINE), 255)
        ImageDraw.Draw(strip).text((GAP, GAP), _fitting(caption, font, strip.width), 0, font)
        line = np.asarray(strip)[..., None].repeat(pictures.shape[2], axis=2)
        parts += [line, pictures]
    return np.concatenate(parts)


def named(images: np.ndarray, columns: int | None, names: Sequence[str]) -> np.ndarray:
    """A grid [H', W', C] of uint8 images [N, H, W, C] with the name of each row to its left.

    Args:
        columns: None: as in `grid`, without names.
        names: of the rows, at least as many; or none.
    """
    sheet = grid(images, columns)
    if not (columns and names):
        return sheet
    return beside_names(sheet, names[: math.ceil(len(images) / columns)])


def beside_names(sheet: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """A grid [H', W', C] with the name of each row to its left, where rows are as high as a line.

    Args:
        names: of all rows, which are of one height.
    """
    from PIL import ImageDraw, ImageFont

    font, height = ImageFont.load_default(TEXT), (sheet.shape[0] - GAP) // len(names)
    if height < TEXT:
        return sheet
    widest = max(font.getlength(name) for name in names)
    margin = Image.new("L", (min(math.ceil(widest) + 3 * GAP, MARGIN), sheet.shape[0]), 255)
    for row, name in enumerate(names):
        place = (2 * GAP, GAP + row * height + (height - GAP) // 2)
        ImageDraw.Draw(margin).text(place, _fitting(name, font, margin.width), 0, font, anchor="lm")
    left = np.asarray(margin)[..., None].repeat(sheet.shape[2], axis=2)
    return np.concatenate([left, sheet], axis=1)


def _fitting(caption: str, font: Any, width: int) -> str:
    """A caption, or its beginning."""
    shown = caption
    while len(shown) > 1 and font.getlength(shown) > width - 2 * GAP:
        shown = f"{shown.rstrip('…')[:-1]}…"
    return shown


def enlargement(height: int, width: int, rows: int, columns: int) -> int:
    """The smallest whole factor for images [height, width] with which their grid is at least 500
    pixels wide, of fewer than four columns that of four, so that a single image stays small, and
    each image about 64; less where the grid would be over 2,200 pixels wide or high.
    """
    wanted = max(
        math.ceil((WIDE - GAP - max(columns, COLUMNS) * GAP) / (max(columns, COLUMNS) * width)),
        round(TILE / width),
    )
    highest = ((LARGEST - GAP) // rows - GAP) // height
    widest = ((LARGEST - GAP) // columns - GAP) // width
    return max(1, min(wanted, highest, widest))


def save_png(path: Path, image: np.ndarray, about: About | None = None) -> None:
    """Write uint8 [H, W, 1 or 3] as PNG; the file appears whole or not at all.

    Args:
        about: texts that the file carries, by their names; `Image.open(path).text` has them.
    """
    with whole(path) as partial:
        pillow(image).save(partial, format="PNG", pnginfo=texts(about))


def texts(about: About | None) -> Any:
    """Texts as Pillow puts them into a PNG file."""
    from PIL.PngImagePlugin import PngInfo

    found = PngInfo()
    for name, value in (about or {}).items():
        found.add_text(name, str(value))
    return found


def pillow(image: np.ndarray) -> Image.Image:
    """uint8 [H, W, 1 or 3] as Pillow has it."""
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
