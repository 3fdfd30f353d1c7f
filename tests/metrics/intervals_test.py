"""Wilson's interval against published values (Newcombe, 1998, table I) and by hand; Student's
against SciPy.
"""

import pytest
from scipy import stats

from gan_cli.metrics.intervals import of_mean, quantile, wilson


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_published_intervals(successes: int, count: int, low: float, high: float):
    assert wilson(successes, count) == pytest.approx((low, high), abs=5e-5)


def test_half_of_ten_by_hand():
    # centre 0.5, reach 1.96 sqrt(0.25 / 10 + 1.96^2 / 400) / (1 + 1.96^2 / 10) = 0.36452 / 1.38415
    assert wilson(5, 10) == pytest.approx((0.236593, 0.763407), abs=1e-6)


def test_none_and_all_end_at_the_ends_of_the_range():
    square = quantile() ** 2
    assert wilson(0, 10) == (0.0, pytest.approx(square / (10 + square), rel=1e-12))
    assert wilson(10, 10) == (pytest.approx(10 / (10 + square), rel=1e-12), 1.0)


def test_more_confidence_is_wider():
    assert quantile(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert quantile(0.99) == pytest.approx(2.575829, abs=1e-6)
    ninety_five, ninety_nine = wilson(3, 10), wilson(3, 10, 0.99)
    assert ninety_nine.low < ninety_five.low < 0.3 < ninety_five.high < ninety_nine.high


@pytest.mark.parametrize(("successes", "count"), [(-1, 10), (11, 10), (0, 0)])
def test_shares_that_are_none(successes: int, count: int):
    with pytest.raises(ValueError, match=f"{successes} successes of {count}"):
        wilson(successes, count)


def test_a_mean_by_hand():
    # mean 2, deviation 1, so 4.303 / sqrt(3) to either side
    assert of_mean([1.0, 2.0, 3.0]) == pytest.approx((2.0 - 2.484138, 2.0 + 2.484138), abs=1e-5)
    assert of_mean([5.0, 5.0]) == (5.0, 5.0)


def test_a_mean_is_scipys():
    values = [47.4, 52.5, 49.9, 61.0]
    expected = stats.t.interval(0.9, 3, sum(values) / 4, stats.sem(values))
    assert of_mean(values, 0.9) == pytest.approx(expected, rel=1e-9)


def test_means_that_have_no_interval():
    with pytest.raises(ValueError, match="1 values have no spread"):
        of_mean([1.0])
