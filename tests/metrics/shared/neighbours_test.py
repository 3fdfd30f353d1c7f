"""Distances in blocks: those of plain NumPy, however they are cut, also far from zero."""

from __future__ import annotations

import numpy as np
import pytest

from gan_cli.metrics.shared import neighbours
from gan_cli.metrics.shared.neighbours import nearest, squared_distances, squared_radii


def normal(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 6)).astype(np.float32)


def plain(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    difference = first[:, None].astype(np.float64) - second[None]
    return (difference**2).sum(axis=2)


@pytest.mark.parametrize("elements", [1, 200, 10**6])
def test_blocks_of_any_size_hold_the_same_distances(
    monkeypatch: pytest.MonkeyPatch, elements: int
) -> None:
    monkeypatch.setattr(neighbours, "BLOCK_ELEMENTS", elements)
    first, second = normal(30, 0), normal(50, 1)
    blocks = list(squared_distances(first, second))
    assert [rows.start for rows, _ in blocks] == list(range(0, 30, max(1, min(30, elements // 50))))
    assert all(block.dtype == np.float32 and block.size <= max(elements, 50) for _, block in blocks)
    np.testing.assert_allclose(
        np.concatenate([block for _, block in blocks]), plain(first, second), atol=1e-5
    )
    np.testing.assert_allclose(
        squared_radii(first, 2), np.sort(plain(first, first), axis=1)[:, 2], atol=1e-5
    )
    np.testing.assert_array_equal(
        nearest(first, second).indices, plain(first, second).argmin(axis=1)
    )


def test_features_far_from_zero_keep_their_distances() -> None:
    first, second = normal(30, 0) + 1000, normal(50, 1) + 1000
    ((_, block),) = squared_distances(first, second)
    np.testing.assert_allclose(block, plain(first, second), atol=1e-4)


def test_the_radius_is_the_distance_to_the_kth_other() -> None:
    line = np.array([[0.0], [1.0], [3.0], [7.0], [-6.0]])
    np.testing.assert_allclose(squared_radii(line, 1), [1, 1, 4, 16, 36], rtol=1e-5)
    np.testing.assert_allclose(squared_radii(line, 3), [36, 36, 16, 49, 81], rtol=1e-5)


def test_a_copy_has_distance_zero_to_the_last_digit() -> None:
    references = normal(200, 2)
    found = nearest(references[::-1], references)
    np.testing.assert_array_equal(found.indices, np.arange(200)[::-1])
    assert (found.distances == 0).all()


def test_the_row_itself_can_be_left_out() -> None:
    line = np.array([[0.0], [1.0], [3.0], [3.5]])
    found = nearest(line[[2, 0]], line, own=np.array([2, 0]))
    np.testing.assert_array_equal(found.indices, [3, 1])
    np.testing.assert_allclose(found.distances, [0.5, 1.0])


def test_sets_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ValueError, match="of 6 and of 2 dimensions"):
        nearest(normal(3, 0), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="3 samples are too few; at least 4"):
        squared_radii(normal(3, 0), 3)
    with pytest.raises(ValueError, match="0 neighbours"):
        squared_radii(normal(3, 0), 0)
    with pytest.raises(ValueError, match="1 samples are too few; at least 2"):
        nearest(normal(1, 0), normal(1, 0), own=np.array([0]))
