"""Precision, recall, density and coverage of points on a line, worked out from the papers'
definitions.
"""

from __future__ import annotations

import numpy as np
import pytest

from gan_cli.metrics.density_coverage import density_coverage
from gan_cli.metrics.precision_recall import precision_recall
from gan_cli.metrics.shared import neighbours


def line(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


REAL = line(0, 1, 3, 7)
"""Balls to the nearest other: [-1, 1], [0, 2], [1, 5], [3, 11]; to the second: [-3, 3], [-1, 3],
[0, 6], [1, 13].
"""
GENERATED = line(0.5, 4, 20)
"""Balls to the nearest other: [-3, 4], [0.5, 7.5], [4, 36]."""


def test_precision_and_recall_by_hand() -> None:
    """0.5 and 4 lie in a real ball, 20 does not; of the real points all lie in a generated one: 0,
    1, 3 and 7.
    """
    assert precision_recall(REAL, GENERATED, neighbours=1) == pytest.approx((2 / 3, 1.0))


def test_they_change_places_with_the_sets() -> None:
    assert precision_recall(GENERATED, REAL, neighbours=1) == pytest.approx((1.0, 2 / 3))


def test_recall_sees_what_is_not_generated() -> None:
    """Generated balls: [-1, 1] twice, [0, 4] once; 0, 1 and 3 lie within, 7 does not."""
    assert precision_recall(REAL, line(0, 0.9, 2), neighbours=1) == pytest.approx((1.0, 0.75))


def test_a_larger_neighbourhood_is_more_lenient() -> None:
    """The last real ball reaches 11 to the nearest other and 13 to the second."""
    assert precision_recall(REAL, line(0.5, 4, 12.5), neighbours=1) == pytest.approx((2 / 3, 1.0))
    assert precision_recall(REAL, line(0.5, 4, 12.5), neighbours=2) == pytest.approx((1.0, 1.0))


def test_density_and_coverage_by_hand() -> None:
    """k = 1: 0.5 lies in 2 real balls, 4 in 2, 20 in none, so 4 / (1 * 3). All four balls hold one
    of them.
    """
    assert density_coverage(REAL, GENERATED, neighbours=1) == pytest.approx((4 / 3, 1.0))
    # k = 2: 0.5 lies in 3, 4 in 2, so 5 / (2 * 3).
    assert density_coverage(REAL, GENERATED, neighbours=2) == pytest.approx((5 / 6, 1.0))


def test_coverage_counts_real_balls_and_density_generated_points() -> None:
    """All generated points at 0.5: two of four balls, each holding all of them."""
    assert density_coverage(REAL, line(0.5, 0.5, 0.5), neighbours=1) == pytest.approx((2.0, 0.5))
    assert density_coverage(REAL, line(-50), neighbours=1) == pytest.approx((0.0, 0.0))


def test_the_surface_belongs_to_the_ball() -> None:
    """Balls of -1 and 1: [-3, 1] and [-1, 3]; the centre 0 is exact, so are all distances."""
    assert precision_recall(line(-1, 1), line(-3, 3), neighbours=1).precision == 1.0
    assert precision_recall(line(-1, 1), line(-3.001, 3.001), neighbours=1).precision == 0.0
    assert density_coverage(line(-1, 1), line(-3, 3), neighbours=1) == (1.0, 1.0)


def test_small_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    real, generated = random.normal(size=(60, 3)), random.normal(0.5, size=(40, 3))
    whole = precision_recall(real, generated), density_coverage(real, generated)
    monkeypatch.setattr(neighbours, "BLOCK_ELEMENTS", 100)
    assert (precision_recall(real, generated), density_coverage(real, generated)) == whole
    assert all(0 < value < 1.2 for pair in whole for value in pair)


def test_equal_distributions_score_at_the_papers_expectations() -> None:
    """Expected density 1 and coverage 1 - 1 / 2^k for equal counts (Naeem et al., 2020, lemmas 1
    and 2), k = 5: 0.969.
    """
    random = np.random.default_rng(1)
    density, coverage = density_coverage(
        random.normal(size=(2000, 16)), random.normal(size=(2000, 16))
    )
    assert density == pytest.approx(1.0, abs=0.05)
    assert coverage == pytest.approx(0.969, abs=0.01)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="3 samples are too few; at least 4"):
        precision_recall(REAL, GENERATED)
    with pytest.raises(ValueError, match="4 samples are too few; at least 6"):
        density_coverage(REAL, GENERATED)
    with pytest.raises(ValueError, match="0 samples are too few"):
        density_coverage(REAL, np.zeros((0, 1)), neighbours=1)
