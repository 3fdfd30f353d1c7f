"""Files that are no pictures, damaged pictures, and those that claim to be huge."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import ImageFile

from gan_cli.data.reading.pictures import NOT_A_PICTURE, BadPicture

from .made_pictures import (
    chunk,
    encoded,
    noise,
    png,
    seen,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore::PIL.Image.DecompressionBombWarning", "ignore::UserWarning"
)


def reason(content: bytes) -> str:
    with pytest.raises(BadPicture) as caught:
        seen(content)
    return str(caught.value)


JPEG, PNG = encoded(noise(40, 60), "JPEG"), encoded(noise(40, 60))


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty file"),
        (b"this is text\n", NOT_A_PICTURE),
        (b"\xff\xd8\xff", NOT_A_PICTURE),
        (b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0, 0, 0) + b";", NOT_A_PICTURE),
        (b"RIFF\x04\x00\x00\x00WEBP", NOT_A_PICTURE),
        (_flipped(PNG, PNG.index(b"IHDR") + 17), NOT_A_PICTURE),
        (JPEG[: len(JPEG) // 2], "damaged (image file is truncated"),
        (JPEG[:-2], "damaged (image file is truncated"),
        (PNG[: len(PNG) // 2], "damaged (image file is truncated"),
        (PNG[:20], "damaged ("),
        (_flipped(PNG, PNG.index(b"IDAT") + 100), "damaged ("),
        (encoded(noise(40, 60), "TIFF")[:2000], "damaged ("),
        (encoded(noise(40, 60), "WEBP")[:-200], "damaged ("),
        (encoded(noise(40, 60), "BMP")[:2000], "damaged ("),
    ],
    ids=[
        "empty",
        "text",
        "three bytes",
        "GIF without frames",
        "WebP without content",
        "PNG with a wrong checksum in its header",
        "half a JPEG",
        "JPEG without end",
        "half a PNG",
        "head of a PNG",
        "PNG with a wrong byte",
        "TIFF",
        "WebP",
        "BMP",
    ],
)
def test_damage_has_a_reason_of_one_line(content: bytes, expected: str) -> None:
    found = reason(content)
    assert found == expected or (
        expected.startswith("damaged") and found.startswith(expected) and found.endswith(")")
    )
    assert "\n" not in found


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"])
def test_whatever_bytes_are_wrong_it_is_a_bad_picture_or_pixels(kind: str) -> None:
    content, draws = encoded(noise(16, 16), kind), np.random.default_rng(0)
    for _ in range(60):
        changed = bytearray(content)
        for place in draws.integers(0, len(content), 8):
            changed[place] = draws.integers(256)
        with suppress(BadPicture):
            assert seen(bytes(changed), (8, 8)).pixels.shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (10_000, 10_000, "claims 10000x10000 pixels, more than 50 megapixels"),
        (10_000, 20_000, "claims more than 50 megapixels"),
        (1, 50_000_001, "claims 50000001x1 pixels, more than 50 megapixels"),
    ],
)
def test_a_claim_of_many_pixels_is_refused_from_the_header(
    height: int, width: int, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.exit("memory was taken"))
    content = png(height, width, 8, 2, b"")
    assert len(content) < 100
    assert reason(content) == expected


def test_text_in_a_png_that_unpacks_to_much_is_refused() -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(8 * 1024**2)))
    assert reason(png(1, 1, 8, 2, b"\0\0\0\0", bomb)).startswith("damaged (")
