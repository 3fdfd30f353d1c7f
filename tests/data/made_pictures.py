"""Small pictures as files, whole and damaged."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from gan_cli.data.reading.pictures import Decoded, Look, decode

WHITE = (255, 255, 255)
RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
TURNED = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: np.rot90(pixels)[::-1],
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels)[:, ::-1],
    8: lambda pixels: np.rot90(pixels),
}
"""EXIF orientation -> how the stored pixels are to be seen."""


def seen(
    content: bytes,
    size: tuple[int, int] | None = None,
    fit: str = "crop",
    channels: str | int = "auto",
    background: tuple[int, int, int] = WHITE,
) -> Decoded:
    """What a file's bytes become; the options are those of a look."""
    return decode(content, Look(size, fit, channels, background))


def encoded(picture: np.ndarray | Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """A picture as the bytes of a file."""
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def plain(colour: tuple[int, ...] | int, height: int = 8, width: int = 8) -> np.ndarray:
    """uint8 [H, W, 3] of one colour, or [H, W] of one grey level."""
    level = np.array(colour, np.uint8)
    return np.broadcast_to(level, (height, width, *level.shape)).copy()


def corners(height: int = 16, width: int = 24) -> np.ndarray:
    """uint8 [H, W, 3]: quarters in red, green (right), blue (below) and yellow."""
    upper_left, upper_right, left, right = (
        plain(colour, height // 2, width // 2) for colour in (RED, GREEN, BLUE, YELLOW)
    )
    return np.block([[[upper_left], [upper_right]], [[left], [right]]])


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    """uint8 [H, W, C]: as a photo, coarse structure and fine grain."""
    draws = np.random.default_rng(seed)
    coarse = (
        draws.integers(0, 256, (-(-height // 8), -(-width // 8), channels))
        .repeat(8, 0)
        .repeat(8, 1)[:height, :width]
    )
    return np.clip(coarse + draws.integers(-20, 21, coarse.shape), 0, 255).astype(np.uint8)


def numbered(number: int, *, grey: bool = False, size: int = 8) -> bytes:
    """A PNG of which no other number has the bytes; its upper left pixel is (number % 256, number
    // 256, 9), or number.
    """
    pixels = plain(number % 256 if grey else (number % 256, number // 256, 9), size, size)
    return encoded(pixels)


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """Files below a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def png(height: int, width: int, depth: int, colour: int, rows: bytes, *between: bytes) -> bytes:
    """A PNG file by hand: bits per level, colour type, filtered rows, chunks before the pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            header,
            *between,
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        ]
    )


def deep_png(levels: np.ndarray, colour: int) -> bytes:
    """A PNG of 16 bits per level from uint16 [H, W, C]."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
    return png(len(levels), levels.shape[1], 16, colour, rows)


def odd_exif(orientation: int) -> bytes:
    """EXIF that turns a picture and whose maker is a number: Pillow reads it but cannot write
    it.
    """
    maker, turn = (
        struct.pack("<HHIf", 0x010F, 11, 1, 7.0),
        struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0),
    )
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + maker + turn + struct.pack("<I", 0)
