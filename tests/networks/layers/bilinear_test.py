"""Bilinear resampling against values by hand and SciPy."""

import numpy as np
import pytest
from scipy import ndimage

from gan_cli.networks.layers.bilinear import Bilinear, bilinear


def test_twice_as_long_mixes_neighbours_three_to_one():
    assert bilinear(2, 4).tolist() == [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]


def test_half_as_long_is_the_mean_of_two():
    assert bilinear(4, 2).tolist() == [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]]


def test_the_same_length_changes_nothing():
    assert bilinear(3, 3).tolist() == np.eye(3).tolist()


@pytest.mark.parametrize("target", [(8, 6), (7, 5), (2, 2), (4, 3), (3, 9)])
def test_values_are_those_of_scipy(target: tuple[int, int]):
    images = np.random.default_rng(0).normal(size=(2, 4, 3, 5)).astype(np.float32)
    height, width = target
    scale = (4 / height, 3 / width)
    rows = (np.arange(height) + 0.5) * scale[0] - 0.5
    columns = (np.arange(width) + 0.5) * scale[1] - 0.5
    places = np.meshgrid(rows, columns, indexing="ij")
    expected = np.stack(
        [
            [
                ndimage.map_coordinates(each[..., c], places, order=1, mode="nearest")
                for c in range(5)
            ]
            for each in images
        ]
    ).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(Bilinear(*target)(images), expected, atol=1e-5)
