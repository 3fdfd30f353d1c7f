"""Kernel distance: a small case by hand, no bias, and subsets that follow from the seed."""

from __future__ import annotations

import numpy as np
import pytest

from gan_cli.metrics.kernel import kernel_distance, squared_discrepancy


def normal(count: int, seed: int, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, size=(count, 8)).astype(np.float32)


def test_two_samples_each_by_hand() -> None:
    """D = 1, x in {0, 1}, y in {1, 2}: k(0, 1) = 1, k(1, 2) = 27; across 1, 1, 8, 27."""
    first, second = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    assert squared_discrepancy(first, second) == pytest.approx(1 + 27 - 2 * (1 + 1 + 8 + 27) / 4)


def test_the_product_is_divided_by_the_dimensions_and_sets_may_differ_in_size() -> None:
    """D = 2, x in {(1, 1), (1, -1), (0, 0)}: products 0, 0, 0. y = (2, 0) twice: 4, hence 3^3;
    across 2, 2, 0.
    """
    first = np.array([[1.0, 1.0], [1.0, -1.0], [0.0, 0.0]])
    second = np.array([[2.0, 0.0], [2.0, 0.0]])
    assert squared_discrepancy(first, second) == pytest.approx(1 + 27 - 2 * (8 + 8 + 1) / 3)


def test_all_samples_as_the_only_subset_are_the_plain_estimate() -> None:
    real, generated = normal(40, 0), normal(40, 1, shift=0.5)
    distance = kernel_distance(real, generated, seed=3, subsets=4, subset_size=40)
    assert distance.mean == pytest.approx(squared_discrepancy(real, generated), rel=1e-9)
    assert distance.deviation == pytest.approx(0.0, abs=1e-9)


def test_it_is_zero_on_average_for_equal_distributions_however_few_the_samples() -> None:
    estimates = [
        squared_discrepancy(normal(20, seed), normal(20, 1000 + seed)) for seed in range(400)
    ]
    error = np.std(estimates) / np.sqrt(len(estimates))  # 0.014
    assert np.mean(estimates) == pytest.approx(0.0, abs=3 * error)
    assert 0.005 < error < 0.03
    assert min(estimates) < 0 < max(estimates)


def test_a_shifted_set_is_seen() -> None:
    """D = 8 and a shift of 1: E k is 10.34 within the shifted set, 1.375 within the other and 1.75
    across.
    """
    shifted = kernel_distance(
        normal(500, 0), normal(500, 1, shift=1.0), seed=0, subsets=5, subset_size=200
    )
    floor = kernel_distance(normal(500, 0), normal(500, 2), seed=0, subsets=5, subset_size=200)
    assert floor.mean == pytest.approx(0.0, abs=0.1)
    assert shifted.mean == pytest.approx(10.34 + 1.375 - 2 * 1.75, abs=0.8)


def test_the_seed_decides() -> None:
    real, generated = normal(100, 0), normal(80, 1)
    first, again, other = (
        kernel_distance(real, generated, seed, subsets=3, subset_size=30) for seed in (5, 5, 6)
    )
    assert first == again
    assert first != other
    assert first.deviation > 0


@pytest.mark.parametrize(
    ("subsets", "size", "message"),
    [
        (3, 81, "80 samples are too few; at least 81"),
        (3, 1, "3 subsets of 1 samples"),
        (0, 10, "0 subsets of 10 samples"),
    ],
)
def test_subsets_that_cannot_be_drawn_are_refused(subsets: int, size: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kernel_distance(normal(100, 0), normal(80, 1), 0, subsets, size)
