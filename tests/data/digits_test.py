"""The data set that ships with the package."""

from importlib.resources import files

import numpy as np
import pytest

from gan_cli.data import load
from gan_cli.data.digits import Digits


def test_counts_are_those_of_the_published_set():
    source = load(Digits(size=8, test_share=0.0))
    assert source.images.shape == (1797, 8, 8, 1)
    assert (source.images.dtype, source.labels.dtype) == (np.uint8, np.int64)
    assert np.bincount(source.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert source.class_names == list("0123456789")
    assert source.spec.image_shape == (8, 8, 1)
    assert source.spec.num_classes == 10
    assert source.origin == "shipped with gan_cli"


def test_levels_0_to_16_fill_the_range():
    """17 levels, 255 / 16 apart."""
    levels = np.unique(load(Digits(size=8)).images)
    assert levels.tolist() == [round(level * 255 / 16) for level in range(17)]


def test_the_first_image_is_the_published_one():
    """A zero, in the grey levels 0..16 of the set's own file."""
    first = load(Digits(size=8, test_share=0.0)).images[0, ..., 0]
    expected = [
        [0, 0, 5, 13, 9, 1, 0, 0],
        [0, 0, 13, 15, 10, 15, 5, 0],
        [0, 3, 15, 2, 0, 11, 8, 0],
        [0, 4, 12, 0, 0, 8, 8, 0],
        [0, 5, 8, 0, 0, 9, 8, 0],
        [0, 4, 11, 0, 1, 12, 7, 0],
        [0, 2, 14, 5, 10, 12, 0, 0],
        [0, 0, 6, 13, 10, 0, 0, 0],
    ]
    assert np.rint(first / 255.0 * 16).astype(int).tolist() == expected
    assert load(Digits(size=8, test_share=0.0)).labels[:10].tolist() == list(range(10))


@pytest.mark.parametrize(("size", "shape"), [(None, (8, 8)), (16, (16, 16)), ([9, 13], (9, 13))])
def test_sizes(size: object, shape: tuple[int, int]):
    source = load(Digits(size=size, test_share=0.0))
    assert source.images.shape == (1797, *shape, 1)
    assert source.spec.image_shape == (*shape, 1)
    assert source.images.mean() == pytest.approx(77.86, abs=1.5)  # 4.884 of 16


def test_16_pixels_unless_told():
    assert load(Digits()).images.shape == (1611, 16, 16, 1)


def test_a_tenth_is_held_out_whatever_the_size():
    splits = {
        size: [load(Digits(size=size), split).labels.tolist() for split in ("train", "test")]
        for size in (8, 12)
    }
    assert splits[8] == splits[12]
    assert [len(labels) for labels in splits[8]] == [1611, 186]


def test_attribution_is_shipped():
    text = files("gan_cli.data").joinpath("digits.LICENSE.txt").read_text(encoding="utf-8")
    assert "Alpaydin" in text
    assert "Kaynak" in text
    assert "CC BY 4.0" in text or "Creative Commons Attribution 4.0" in text
    assert "https://" in text
