"""Ways between points, and means of them."""

from __future__ import annotations

import numpy as np
import pytest

from gan_cli.sampling.paths import linear, mean, spherical


def test_great_circles_keep_norms_and_lines_do_not() -> None:
    first, second = np.random.default_rng(0).standard_normal((2, 50))
    second *= np.linalg.norm(first) / np.linalg.norm(second)
    shares = np.linspace(0.0, 1.0, 7)
    on_circle = np.linalg.norm(spherical(first, second, shares), axis=1)
    np.testing.assert_allclose(on_circle, np.linalg.norm(first), rtol=1e-6)
    on_line = np.linalg.norm(linear(first, second, shares), axis=1)
    assert on_line[3] < 0.8 * on_line[0]
    on_way = spherical(first, second, shares).astype(float)
    cosines = on_way[1:] @ first / (first @ first)
    angles = np.diff(np.arccos(cosines))
    np.testing.assert_allclose(angles[1:], angles[1], rtol=1e-3)
    np.testing.assert_allclose(spherical(first, -first, shares)[3], 0.0, atol=1e-6)
    np.testing.assert_allclose(spherical(first, first, shares)[3], first, rtol=1e-6)


def test_a_mean_may_keep_the_norm() -> None:
    points = np.array([[2.0, 0.0], [0.0, 4.0]])
    weights = np.array([1.0, 3.0])
    np.testing.assert_allclose(mean(points, weights, keep_norm=False), [0.5, 3.0])
    kept = mean(points, weights, keep_norm=True)
    assert np.linalg.norm(kept) == pytest.approx(0.25 * 2.0 + 0.75 * 4.0)
    np.testing.assert_allclose(kept / np.linalg.norm(kept), np.array([0.5, 3.0]) / np.hypot(0.5, 3))
