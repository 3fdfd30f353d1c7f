"""Images at the edges: levels, grids, files."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_cli.base import images


def test_all_levels_survive_the_round_trip():
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    floats = images.from_uint8(levels.astype(np.float32))
    assert floats.dtype == np.float32
    np.testing.assert_array_equal(images.to_uint8(floats), levels)


def test_levels_as_floats():
    floats = images.from_uint8(np.array([0, 51, 127.5, 204, 255], np.float32))
    assert floats.tolist() == pytest.approx([-1.0, -0.6, 0.0, 0.6, 1.0], abs=1e-6)


def test_floats_outside_the_range_are_clipped():
    levels = images.to_uint8(np.array([-1e9, -1.01, -1.0, 1.0, 1.01, 1e9], np.float32))
    assert levels.dtype == np.uint8
    assert levels.tolist() == [0, 0, 0, 255, 255, 255]


@pytest.mark.parametrize(
    ("offset", "level"), [(-0.6, 99), (-0.4, 100), (0.0, 100), (0.4, 100), (0.6, 101)]
)
def test_rounds_to_the_nearest_level(offset: float, level: int):
    assert images.to_uint8(np.array([(100 + offset) / 127.5 - 1.0])).tolist() == [level]


def numbered(count: int, channels: int) -> np.ndarray:
    """Images of 3x4 pixels, each pixel different."""
    return np.arange(count * 12 * channels, dtype=np.uint8).reshape(count, 3, 4, channels)


@pytest.mark.parametrize("channels", [1, 3])
def test_five_images_in_two_rows_of_three(channels: int):
    pictures = numbered(5, channels)
    sheet = images.grid(pictures, enlarge=False)
    expected = np.full((12, 20, channels), 255, np.uint8)  # a gap of 2 around each image
    expected[2:5, 2:6], expected[2:5, 8:12], expected[2:5, 14:18] = pictures[:3]
    expected[7:10, 2:6], expected[7:10, 8:12] = pictures[3:]
    assert sheet.dtype == np.uint8
    np.testing.assert_array_equal(sheet, expected)


@pytest.mark.parametrize(
    ("count", "columns", "shape"),
    [
        (1, None, (7, 8, 1)),
        (2, None, (7, 14, 1)),
        (9, None, (17, 20, 1)),
        (10, None, (17, 26, 1)),
        (4, 1, (22, 8, 1)),
        (4, 4, (7, 26, 1)),
        (2, 3, (7, 20, 1)),
    ],
)
def test_size_of_the_grid(count: int, columns: int | None, shape: tuple[int, ...]):
    assert images.grid(numbered(count, 1), columns, enlarge=False).shape == shape


@pytest.mark.parametrize("channels", [1, 3])
def test_a_small_grid_is_enlarged_and_its_pixels_stay_what_they_are(channels: int):
    pictures = numbered(5, channels)
    sheet = images.grid(pictures, 4)
    factor = 31  # 4 * (31 * 4 + 2) + 2 = 506, with 30 it would be 490
    assert sheet.shape == (2 * (3 * factor + 2) + 2, 506, channels)
    for index, (top, left) in enumerate([(2, 2), (2, 128), (2, 254), (2, 380), (97, 2)]):
        tile = sheet[top : top + 3 * factor, left : left + 4 * factor]
        for picture in (tile[::factor, ::factor], tile[factor - 1 :: factor, factor - 1 :: factor]):
            np.testing.assert_array_equal(picture, pictures[index])
        assert (tile.reshape(3, factor, 4, factor, channels).std(axis=(1, 3)) == 0).all()
    assert (sheet[:, [0, 1, 126, 127, 504, 505]] == 255).all()
    assert (sheet[[0, 1, 95, 96]] == 255).all()
    assert (sheet[97:, 128:] == 255).all()


@pytest.mark.parametrize(
    ("size", "count", "columns", "shape"),
    [
        ((28, 28), 64, None, (690, 690)),  # 466 wide when doubled
        ((16, 16), 64, None, (530, 530)),
        ((32, 32), 64, None, (530, 530)),
        ((64, 64), 64, None, (530, 530)),  # as it is
        ((128, 128), 64, None, (1042, 1042)),
        ((28, 28), 60, 6, (862, 518)),  # ten classes
        ((48, 64), 16, None, (394, 522)),
        ((28, 28), 16, None, (570, 570)),
        ((28, 28), 9, None, (428, 428)),  # of fewer than four columns each image is as of four
        ((28, 28), 2, None, (144, 286)),
        ((28, 28), 1, None, (144, 144)),
        ((300, 300), 1, None, (304, 304)),
        ((20, 81), 6, 6, (24, 500)),  # exactly
        ((20, 80), 6, 6, (44, 974)),
        ((28, 28), 20, 1, (1722, 88)),  # five times as large it would be 2,842 high
        ((28, 28), 200, 1, (6002, 32)),
        ((16, 16), 256, None, (1058, 1058)),  # 64 for each image
        ((32, 32), 64, 32, (134, 2114)),
        ((28, 28), 4096, None, (1922, 1922)),  # twice as large it would be 3,714
    ],
)
def test_a_grid_is_500_pixels_wide_or_its_images_are_large(
    size: tuple[int, int], count: int, columns: int | None, shape: tuple[int, int]
):
    assert images.grid(np.zeros((count, *size, 1), np.uint8), columns).shape == (*shape, 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_names_stand_left_of_their_rows(channels: int):
    pictures = np.full((6, 32, 32, channels), 200, np.uint8)
    sheet = images.grid(pictures, 3)
    named = images.named(pictures, 3, ["i", "a name that has no room in the margin of a grid"])
    margin = named[:, : -sheet.shape[1]]
    np.testing.assert_array_equal(named[:, -sheet.shape[1] :], sheet)
    assert margin.shape[1] == images.MARGIN
    upper, lower = margin[: len(margin) // 2], margin[len(margin) // 2 :]
    written = [(part < 128).any(axis=(0, 2)).nonzero()[0] for part in (upper, lower)]
    assert written[0].max() < 10
    assert 100 < written[1].max() < images.MARGIN


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_png_holds_the_pixels(tmp_path: Path, channels: int, mode: str):
    image = numbered(1, channels)[0]
    images.save_png(tmp_path / "image.png", image)
    with Image.open(tmp_path / "image.png") as picture:
        assert (picture.format, picture.mode, picture.size) == ("PNG", mode, (4, 3))
        np.testing.assert_array_equal(np.asarray(picture).reshape(3, 4, channels), image)
    assert [path.name for path in tmp_path.iterdir()] == ["image.png"]


def test_png_appears_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Until the last rename the old file is there; what is renamed is a complete PNG in the same
    folder.
    """
    target = tmp_path / "image.png"
    target.write_bytes(b"old")
    seen = []
    replace = os.replace

    def watched(source: Path, destination: Path) -> None:
        assert target.read_bytes() == b"old"
        assert Path(source).parent == tmp_path
        with Image.open(source) as picture:
            picture.load()
            seen.append(picture.size)
        replace(source, destination)

    monkeypatch.setattr(os, "replace", watched)
    images.save_png(target, numbered(1, 1)[0])
    assert seen == [(4, 3)]
    with Image.open(target) as picture:
        assert picture.size == (4, 3)


def test_sequences_have_a_row_each():
    sequences = numbered(6, 1).reshape(2, 3, 3, 4, 1)
    np.testing.assert_array_equal(images.grid(sequences), images.grid(numbered(6, 1), columns=3))
    assert images.grid(sequences, columns=1, enlarge=False).shape == (12, 20, 1)
