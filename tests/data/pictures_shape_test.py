"""How pictures are turned and brought to a size."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from .made_pictures import (
    BLUE,
    GREEN,
    RED,
    TURNED,
    WHITE,
    YELLOW,
    corners,
    encoded,
    odd_exif,
    plain,
    seen,
)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", TURNED)
def test_exif_turns_the_picture(orientation: int, kind: str) -> None:
    stored = seen(encoded(corners(), kind)).pixels
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = seen(encoded(corners(), kind, exif=exif))
    expected = TURNED[orientation](stored)
    assert np.array_equal(decoded.pixels, expected)
    assert decoded.size == expected.shape[:2] == ((24, 16) if orientation > 4 else (16, 24))


@pytest.mark.parametrize(
    ("orientation", "colours"),
    [
        (1, "RGBY"),
        (2, "GRYB"),
        (3, "YBGR"),
        (4, "BYRG"),
        (5, "RBGY"),
        (6, "BRYG"),
        (7, "YGBR"),
        (8, "GYRB"),
    ],
)
def test_where_the_corners_go(orientation: int, colours: str) -> None:
    """Upper left, upper right, lower left, lower right, as the EXIF standard has them."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = seen(encoded(corners(), exif=exif)).pixels
    names = {RED: "R", GREEN: "G", BLUE: "B", YELLOW: "Y"}
    assert (
        "".join(names[tuple(pixels[row, column].tolist())] for row in (0, -1) for column in (0, -1))
        == colours
    )


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("exif", "turned"),
    [(odd_exif(6), 6), (b"Exif\0\0no EXIF", 1), (odd_exif(9), 1), (odd_exif(6)[:20], 1)],
    ids=["a tag that cannot be written", "no EXIF", "no orientation", "cut off"],
)
def test_odd_exif_is_no_damage(exif: bytes, turned: int) -> None:
    stored = seen(encoded(corners(), "JPEG")).pixels
    assert np.array_equal(
        seen(encoded(corners(), "JPEG", exif=exif)).pixels, TURNED[turned](stored)
    )


WIDE = np.hstack([plain(colour) for colour in (RED, GREEN, BLUE)])
TALL = np.vstack([plain(colour) for colour in (RED, GREEN, BLUE)])


def test_the_files_own_size_is_kept() -> None:
    assert np.array_equal(seen(encoded(WIDE)).pixels, WIDE)
    assert np.array_equal(seen(encoded(WIDE), (8, 24), "pad").pixels, WIDE)


@pytest.mark.parametrize("picture", [WIDE, TALL], ids=["wide", "tall"])
def test_crop_keeps_the_middle_of_the_longer_side(picture: np.ndarray) -> None:
    assert np.array_equal(seen(encoded(picture), (8, 8)).pixels, plain(GREEN))
    half = seen(encoded(picture), (8, 16) if picture is WIDE else (16, 8)).pixels
    half = half if picture is WIDE else half.transpose(1, 0, 2)
    assert np.array_equal(half, np.hstack([plain(RED, 8, 4), plain(GREEN), plain(BLUE, 8, 4)]))


def test_crop_of_a_square_to_both_shapes() -> None:
    square = encoded(corners(24, 24))
    assert np.array_equal(seen(square, (12, 24)).pixels, corners(24, 24)[6:18])
    assert np.array_equal(seen(square, (24, 12)).pixels, corners(24, 24)[:, 6:18])


@pytest.mark.parametrize("background", [WHITE, (10, 20, 30)])
def test_pad_keeps_all_of_it_on_the_background(background: tuple[int, int, int]) -> None:
    ground = plain(background)
    wide = seen(encoded(WIDE), (24, 24), "pad", background=background).pixels
    assert np.array_equal(wide, np.vstack([np.hstack([ground] * 3), WIDE, np.hstack([ground] * 3)]))
    tall = seen(encoded(TALL), (24, 24), "pad", background=background).pixels
    assert np.array_equal(tall, np.hstack([np.vstack([ground] * 3), TALL, np.vstack([ground] * 3)]))


def test_pad_of_grey_pictures() -> None:
    grey = encoded(plain(100, 8, 24))
    white, one = seen(grey, (24, 24), "pad"), seen(grey, (24, 24), "pad", 1, (255, 0, 0))
    assert (white.pixels[[0, 8, 15, 23], 5].tolist(), white.grey) == (
        [[255] * 3, [100] * 3, [100] * 3, [255] * 3],
        True,
    )
    assert one.pixels[[0, 8, 15, 23], 5].tolist() == [[76], [100], [100], [76]]  # 0.299 * 255
    for channels in ("auto", 3):
        red = seen(grey, (24, 24), "pad", channels, RED)
        assert (red.pixels[[0, 8], 5].tolist(), red.grey) == ([list(RED), [100] * 3], False)


def test_stretch_keeps_all_of_it_without_background() -> None:
    short = seen(encoded(WIDE), (8, 12), "stretch").pixels
    assert [short[4, column].argmax() for column in (0, 1, 5, 6, 10, 11)] == [0, 0, 1, 1, 2, 2]
    high = seen(encoded(WIDE), (24, 24), "stretch").pixels
    assert np.array_equal(high, WIDE.repeat(3, axis=0))
    assert np.array_equal(seen(encoded(TALL), (24, 24), "stretch").pixels, TALL.repeat(3, axis=1))


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_shrinking_averages(fit: str) -> None:
    """Stripes of one pixel become grey; taking every fourth pixel would make them black or
    white.
    """
    stripes = np.zeros((32, 32), np.uint8)
    stripes[:, ::2] = 255
    pixels = seen(encoded(stripes), (8, 8), fit).pixels
    assert 115 <= pixels.min() <= pixels.max() <= 140


def test_transparent_pixels_do_not_shine_through_when_it_shrinks() -> None:
    """The colour below alpha 0 counts for nothing: laid on the background first, scaled
    afterwards.
    """
    clear = np.zeros((32, 32, 4), np.uint8)
    clear[..., 1] = 255
    assert np.unique(seen(encoded(clear), (8, 8)).pixels).tolist() == [255]
