"""Fréchet distance against closed forms for Gaussians and against the matrix root of SciPy."""

from __future__ import annotations

import numpy as np
import pytest

from gan_cli.metrics.frechet import Moments, frechet_distance


def gaussian(mean: list[float], covariance: np.ndarray, count: int = 101) -> Moments:
    """Moments that a sample of `count` would have."""
    return Moments(count, np.array(mean), covariance * (count - 1))


def correlated(count: int, dimensions: int, seed: int, shift: float = 0.0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return (
        random.normal(size=(count, dimensions)) @ random.normal(size=(dimensions, dimensions))
        + shift
    )


def by_matrix_root(first: np.ndarray, second: np.ndarray) -> float:
    """The formula as the paper writes it, on NumPy's own means and covariances."""
    from scipy import linalg

    offset = first.mean(axis=0) - second.mean(axis=0)
    covariances = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = linalg.sqrtm(covariances[0] @ covariances[1]).real
    return float(offset @ offset + np.trace(covariances[0] + covariances[1] - 2 * root))


def test_moments_are_those_of_numpy() -> None:
    values = correlated(50, 4, seed=0, shift=3.0)
    moments = Moments.of(values)
    assert moments.count == 50
    np.testing.assert_allclose(moments.mean, values.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(values, rowvar=False), rtol=1e-12)


@pytest.mark.parametrize("cuts", [[], [1], [1, 2, 3], [30, 30, 59], [10, 20, 30, 40, 50]])
def test_batches_in_any_cut_give_the_same_moments(cuts: list[int]) -> None:
    values = correlated(60, 5, seed=1)
    moments = Moments()
    for batch in np.split(values, cuts):  # 30, 30 makes an empty one
        moments.add(batch)
    assert moments.count == 60
    np.testing.assert_allclose(moments.mean, values.mean(axis=0), rtol=0, atol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(values, rowvar=False), rtol=1e-12)


def test_merged_moments_are_those_of_all_samples() -> None:
    values = correlated(60, 5, seed=2)
    merged = Moments.of(values[:7])
    merged.merge(Moments.of(values[7:]))
    merged.merge(Moments())
    np.testing.assert_allclose(merged.covariance, np.cov(values, rowvar=False), rtol=1e-12)


def test_float32_features_far_from_zero_lose_no_digits() -> None:
    """Sums of squares in float32 would give a variance of 0 or less here."""
    values = (np.arange(64, dtype=np.float32)[:, None] % 2) + np.float32(
        2**20
    )  # half 0, half 1, shifted
    moments = Moments()
    for batch in np.split(values, 8):
        moments.add(batch)
    assert moments.covariance.item() == pytest.approx(0.25 * 64 / 63, rel=1e-9)


def test_equal_covariances_leave_the_squared_distance_of_the_means() -> None:
    covariance = np.array([[2.0, 0.5], [0.5, 1.0]])
    distance = frechet_distance(gaussian([0.0, 0.0], covariance), gaussian([3.0, -4.0], covariance))
    assert distance == pytest.approx(25.0, rel=1e-12)


def test_diagonal_covariances_differ_by_their_standard_deviations() -> None:
    first = gaussian([0.0, 0.0], np.diag([4.0, 9.0]))
    second = gaussian([1.0, 0.0], np.diag([1.0, 25.0]))
    assert frechet_distance(first, second) == pytest.approx(
        1 + (2 - 1) ** 2 + (3 - 5) ** 2, rel=1e-12
    )


def test_covariances_that_do_not_commute() -> None:
    """In two dimensions tr((AB)^(1/2))^2 = tr(AB) + 2 det(AB)^(1/2): here 3 * 2 + 3 * 1 + 2 * (3 *
    2)^(1/2).
    """
    first, second = np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, 2.0]])
    trace = np.trace(first @ second) + 2 * np.sqrt(np.linalg.det(first) * np.linalg.det(second))
    expected = 4 + 3 - 2 * np.sqrt(trace)
    assert frechet_distance(gaussian([0, 0], first), gaussian([0, 0], second)) == pytest.approx(
        expected, rel=1e-12
    )


@pytest.mark.parametrize("counts", [(200, 300), (200, 9), (12, 9), (2, 2)])
def test_it_agrees_with_the_matrix_root_also_where_the_covariance_is_singular(
    counts: tuple[int, int],
) -> None:
    first, second = correlated(counts[0], 24, seed=3), correlated(counts[1], 24, seed=4, shift=0.3)
    distance = frechet_distance(Moments.of(first), Moments.of(second))
    assert distance == pytest.approx(by_matrix_root(first, second), rel=1e-3)


def test_a_set_of_equal_samples_has_a_distance() -> None:
    """No spread on one side: the distance of the means and the trace of the other covariance."""
    values = correlated(40, 3, seed=5)
    expected = (values.mean(axis=0) ** 2).sum() + np.trace(np.cov(values, rowvar=False))
    assert frechet_distance(Moments.of(np.zeros((2, 3))), Moments.of(values)) == pytest.approx(
        expected, rel=1e-9
    )


@pytest.mark.parametrize("count", [100, 10])
def test_it_is_symmetric_and_zero_for_equal_sets(count: int) -> None:
    first, second = (
        Moments.of(correlated(count, 20, seed=6)),
        Moments.of(correlated(count, 20, seed=7)),
    )
    assert frechet_distance(first, second) == pytest.approx(
        frechet_distance(second, first), rel=1e-6
    )
    assert 0 <= frechet_distance(first, first) < 1e-6 * np.trace(first.covariance)


@pytest.mark.parametrize("count", [200, 2000])
def test_equal_distributions_score_at_a_floor_that_falls_with_the_number_of_samples(
    count: int,
) -> None:
    """To first order D (D + 5) / (2 N): 2 D / N for the means, D (D + 1) / (2 N) for the
    covariances.
    """
    random = np.random.default_rng(8)
    sets = [Moments.of(random.normal(size=(count, 8))) for _ in range(40)]
    floors = [
        frechet_distance(first, second) for first, second in zip(sets[::2], sets[1::2], strict=True)
    ]
    assert np.mean(floors) == pytest.approx(8 * 13 / (2 * count), rel=0.15)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros(3), r"must be \[N, D\]"),
        (np.array([[1.0, np.nan]]), "NaN or infinite"),
        (np.array([[1.0, np.inf]]), "NaN or infinite"),
        (np.zeros((2, 3)), "2 dimensions cannot take 3"),
    ],
)
def test_what_are_no_features_is_refused(values: np.ndarray, message: str) -> None:
    moments = Moments.of(np.zeros((4, 2)))
    with pytest.raises(ValueError, match=message):
        moments.add(values)
    assert moments.count == 4


def test_one_sample_has_no_covariance_and_none_no_mean() -> None:
    with pytest.raises(ValueError, match="0 samples are too few; at least 1"):
        _ = Moments().mean
    with pytest.raises(ValueError, match="1 samples are too few; at least 2"):
        frechet_distance(Moments.of(np.zeros((1, 2))), Moments.of(np.zeros((2, 2))))
    with pytest.raises(ValueError, match="of 2 and of 3 dimensions"):
        frechet_distance(Moments.of(np.zeros((2, 2))), Moments.of(np.zeros((2, 3))))


@pytest.mark.parametrize(("few", "many"), [(5, 200), (59, 61), (30, 30), (2, 3)])
def test_fewer_samples_than_dimensions_are_exact(few: int, many: int) -> None:
    """By the trace norm: tr((X^T X Y^T Y)^(1/2)) is the sum of the singular values of X Y^T."""
    random = np.random.default_rng(few)
    first, second = random.normal(size=(few, 60)), random.normal(1.0, 2.0, size=(many, 60))
    rows = [(each - each.mean(axis=0)) / np.sqrt(len(each) - 1) for each in (first, second)]
    shared = np.linalg.svd(rows[0] @ rows[1].T, compute_uv=False).sum()
    offset = first.mean(axis=0) - second.mean(axis=0)
    expected = offset @ offset + sum((each**2).sum() for each in rows) - 2 * shared
    moments = Moments.of(first), Moments.of(second)
    assert frechet_distance(*moments) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(*moments[::-1]) == pytest.approx(expected, rel=1e-9)
