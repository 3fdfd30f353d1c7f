"""Classifier score, balance of the classes and modes, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gan_cli.metrics.classes import balance, classifier_score
from gan_cli.metrics.modes import modes


def sure(*labels: int, classes: int = 4) -> np.ndarray:
    return np.eye(classes)[list(labels)]


def test_the_score_of_sure_and_even_classes_is_their_number() -> None:
    assert classifier_score(sure(0, 1, 2, 3, 3, 2, 1, 0), seed=0, splits=1) == pytest.approx(
        (4.0, 0.0)
    )


@pytest.mark.parametrize(
    "probabilities", [sure(2, 2, 2), np.full((3, 4), 0.25), np.tile([0.7, 0.1, 0.1, 0.1], (3, 1))]
)
def test_the_score_of_one_class_or_of_no_opinion_is_one(probabilities: np.ndarray) -> None:
    assert classifier_score(probabilities, seed=0, splits=1).mean == pytest.approx(1.0)


def test_the_score_of_two_unsure_samples_by_hand() -> None:
    """p(y) is even, so each divergence is log 2 minus the entropy of (0.9, 0.1)."""
    entropy = -0.9 * math.log(0.9) - 0.1 * math.log(0.1)
    score = classifier_score(np.array([[0.9, 0.1], [0.1, 0.9]]), seed=0, splits=1).mean
    assert score == pytest.approx(math.exp(math.log(2) - entropy))


def test_splits_are_shuffled_so_that_samples_may_come_class_by_class() -> None:
    ordered = sure(*(label for label in range(4) for _ in range(100)))
    score = classifier_score(ordered, seed=0)
    assert (
        3.8 < score.mean < 4.0
    )  # 40 samples a split are never quite even; unshuffled it would be below 2
    assert 0.01 < score.deviation < 0.2
    assert classifier_score(ordered, seed=0) == score != classifier_score(ordered, seed=1)


def test_the_mean_and_deviation_are_those_of_the_splits() -> None:
    """Two splits of one sample each: 1 and 1. Samples that do not divide evenly are all used."""
    assert classifier_score(sure(0, 1), seed=0, splits=2) == pytest.approx((1.0, 0.0))
    assert classifier_score(sure(0, 1, 0), seed=0, splits=3) == pytest.approx((1.0, 0.0))


def test_balance_by_hand() -> None:
    probabilities = np.array(
        [[0.95, 0.05, 0.0, 0.0], [0.6, 0.4, 0.0, 0.0], [0.1, 0.9, 0.0, 0.0], [0.0, 0.0, 0.01, 0.99]]
    )
    shares, entropy, evenness, confident = balance(probabilities)
    np.testing.assert_allclose(shares, [0.5, 0.25, 0.0, 0.25])
    assert entropy == pytest.approx(1.5 * math.log(2))
    assert evenness == pytest.approx(0.75)
    assert confident == 0.5  # 0.9 is not over 0.9
    assert balance(probabilities, threshold=0.5).confident == 1.0


def test_balance_from_one_class_to_all() -> None:
    assert balance(sure(1, 1, 1)).evenness == pytest.approx(0.0)
    assert balance(sure(0, 1, 2, 3)).evenness == pytest.approx(1.0)


def test_modes_by_hand() -> None:
    """Shares 1/2, 1/4, 1/4 of four modes: KL to uniform is log 4 minus 1.5 log 2."""
    assert modes(np.array([0, 0, 1, 3]), 4) == pytest.approx((3, 0.5 * math.log(2)))
    assert modes(np.array([2]), 4) == pytest.approx((1, math.log(4)))
    assert modes(np.array([3, 1, 2, 0]), 4) == pytest.approx((4, 0.0))


def test_modes_against_given_shares() -> None:
    """KL(generated || real), not the reverse: 0.5 log(0.5 / 0.8) + 0.5 log(0.5 / 0.2)."""
    labels = np.array([0, 1])
    assert modes(labels, 2, np.array([0.8, 0.2])).divergence == pytest.approx(
        0.5 * math.log(0.625) + 0.5 * math.log(2.5)
    )
    assert modes(labels, 2, np.array([0.5, 0.5])).divergence == pytest.approx(0.0)
    assert modes(labels, 3, np.array([1.0, 0.0, 0.0])).divergence == math.inf
    assert modes(np.array([0]), 2, np.array([1.0, 0.0])) == (1, 0.0)


@pytest.mark.parametrize(
    "probabilities",
    [
        np.ones((3, 2)),
        np.array([[1.5, -0.5]]),
        np.array([[np.nan, 1.0]]),
        np.ones((2, 1)),
        np.zeros((0, 2)),
        np.ones(3),
    ],
)
def test_what_are_no_probabilities_is_refused(probabilities: np.ndarray) -> None:
    for score in (
        lambda: balance(probabilities),
        lambda: classifier_score(probabilities, 0, splits=1),
    ):
        with pytest.raises(ValueError, match="probabilities must be"):
            score()


def test_arguments_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="3 splits of 2 samples"):
        classifier_score(sure(0, 1), seed=0, splits=3)
    for labels in ([4], [-1], []):
        with pytest.raises(ValueError, match=r"at least one in \[0, 4\)"):
            modes(np.array(labels, int), 4)
    for shares in ([0.5, 0.5], [0.3] * 4):
        with pytest.raises(ValueError, match="4 shares that sum to 1"):
            modes(np.array([0]), 4, np.array(shares))
