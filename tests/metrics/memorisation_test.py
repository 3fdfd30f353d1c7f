"""Memorisation: nearest training neighbours on a line by hand, and sets that are copied in part or
whole.
"""

from __future__ import annotations

import numpy as np
import pytest

from gan_cli.metrics.memorisation import copied_share, data_copying


def line(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


TRAINING = line(0, 1, 4, 10)
"""Own nearest distances: 1, 1, 3, 6."""


def normal(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)


def test_the_copied_share_by_hand() -> None:
    """-2 is 2 from 0 (own 1), 2.4 is 1.4 from 1 (own 1), 3.8 is 0.2 from 4 (own 3), 15 is 5 from 10
    (own 6).
    """
    assert copied_share(line(-2, 2.4, 3.8, 15), TRAINING) == 0.5
    assert copied_share(line(-2, 2.4), TRAINING) == 0.0


def test_copies_are_all_seen_also_those_of_duplicates() -> None:
    training = normal(300, 0)
    assert copied_share(training[50:150], training) == 1.0
    twins = np.concatenate([training, training])
    assert copied_share(training, twins) == 1.0


def test_the_share_of_new_samples_is_that_of_held_out_ones() -> None:
    training, held_out, new = normal(1000, 0), normal(1000, 1), normal(1000, 2)
    floor = copied_share(held_out, training)
    assert 0.2 < floor < 0.5
    assert copied_share(new, training) == pytest.approx(floor, abs=0.05)
    # A third of copies adds a third of what was not near already.
    mixed = np.concatenate([new[:600], training[:300]])
    assert copied_share(mixed, training) == pytest.approx((2 * floor + 1) / 3, abs=0.05)


def test_data_copying_by_hand() -> None:
    """Distances 0.5, 0.2 of samples and 1, 2, 0.3 of held-out images: U = 1 of 6, mean 3, variance
    6 * 6 / 12.
    """
    assert data_copying(line(0.5, 4.2), line(-1, 6, 10.3), TRAINING) == pytest.approx(
        (1 - 3) / 3**0.5
    )
    assert data_copying(line(-1, 6, 10.3), line(0.5, 4.2), TRAINING) == pytest.approx(
        (5 - 3) / 3**0.5
    )


def test_ties_share_their_rank() -> None:
    assert data_copying(line(-1, 5), line(9, 11), line(0, 4, 10)) == pytest.approx(0.0)


def test_data_copying_is_the_mann_whitney_test_of_scipy() -> None:
    from scipy import stats

    training, held_out, new = normal(200, 0), normal(90, 1), 1.1 * normal(70, 2)
    distances = [
        np.linalg.norm(queries[:, None] - training, axis=2).min(axis=1)
        for queries in (new, held_out)
    ]
    test = stats.mannwhitneyu(
        *distances, alternative="less", use_continuity=False, method="asymptotic"
    )
    z = data_copying(new, held_out, training)
    assert 0 < z < 10
    assert stats.norm.cdf(z) == pytest.approx(test.pvalue, rel=1e-6)


def test_data_copying_tells_copies_from_new_and_from_far_samples() -> None:
    training, held_out, new = normal(1000, 0), normal(1000, 1), normal(1000, 2)
    assert -3 < data_copying(new, held_out, training) < 3
    assert data_copying(training, held_out, training) == pytest.approx(
        -1e6 / 2 / (1e6 * 2001 / 12) ** 0.5
    )  # -38.7: U = 0
    assert data_copying(np.concatenate([new[:700], training[:300]]), held_out, training) < -8
    assert data_copying(2 * new, held_out, training) > 20


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="1 samples are too few; at least 2"):
        copied_share(TRAINING, TRAINING[:1])
    with pytest.raises(ValueError, match="0 samples are too few"):
        data_copying(TRAINING, TRAINING[:0], TRAINING)
    with pytest.raises(ValueError, match="of 1 and of 8 dimensions"):
        copied_share(TRAINING, normal(4, 0))
