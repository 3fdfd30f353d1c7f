"""Gram matrices of feature maps and their distance, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gan_cli.metrics.texture import gram_distance, mean_gram


def maps(*places: list[float]) -> np.ndarray:
    """One feature map [1, 1, w, C]."""
    return np.array(places, np.float32)[None, None]


def gram(*batches: np.ndarray) -> np.ndarray:
    return mean_gram(np.concatenate(batches))


def test_the_gram_matrix_by_hand() -> None:
    """Places (1, 0) and (1, 2): sums of products [[2, 2], [2, 4]] over 2 places; a second image of
    zeros halves it.
    """
    np.testing.assert_allclose(gram(maps([1, 0], [1, 2])), [[1, 1], [1, 2]])
    np.testing.assert_allclose(
        gram(maps([1, 0], [1, 2]), maps([0, 0], [0, 0])), [[0.5, 0.5], [0.5, 1]]
    )


def test_distances_of_gram_matrices_by_hand() -> None:
    """diag(1, 0) and diag(0, 4): 17^(1/2) / 5; diag(1, 0) and diag(4, 0): 3 / 5."""
    one = gram(maps([1, 0]))
    assert gram_distance(one, gram(maps([1, 0], [-1, 0]))) == 0.0
    assert gram_distance(one, gram(maps([0, 2]))) == pytest.approx(17**0.5 / 5)
    assert gram_distance(one, gram(maps([2, 0]))) == pytest.approx(3 / 5)
    assert gram_distance(one, gram(maps([0, 0]))) == pytest.approx(1.0)
    assert gram_distance(gram(maps([0, 0])), gram(maps([0, 0]))) == 0.0


def test_the_gram_matrix_sees_which_channels_answer_together() -> None:
    """The same responses, in one place or in two: means and variances of the channels are equal."""
    together, apart = gram(maps([1, 1], [0, 0])), gram(maps([1, 0], [0, 1]))
    assert gram_distance(together, apart) == pytest.approx(0.5**0.5 / (1 + 0.5**0.5))
