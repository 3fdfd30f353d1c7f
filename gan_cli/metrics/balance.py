"""What a classifier makes of the samples: how sure it is, and how evenly the classes come up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class ClassifierScore(NamedTuple):
    """Mean and standard deviation over the splits."""

    mean: float
    deviation: float


class Balance(NamedTuple):
    """How the samples spread over the classes.

    Attributes:
        shares: float64 [K], share of the samples whose most probable class it is; sums to 1.
        entropy: of the shares in nats, in [0, log K]; for evenly made classes higher is better.
        evenness: the entropy over log K, in [0, 1].
        confident: share of the samples with a class more probable than the threshold, in [0, 1];
            higher is better.
    """

    shares: np.ndarray
    entropy: float
    evenness: float
    confident: float


class Modes(NamedTuple):
    """Modes with at least one sample, of K: higher is better; and KL(generated || real) in nats:
    lower is better.
    """

    found: int
    divergence: float


def classifier_score(probabilities: np.ndarray, seed: int, splits: int = 10) -> ClassifierScore:
    """exp(E KL(p(y|x) || p(y))), in [1, K], higher is better (Salimans et al., 2016, section 4).

    The mean over equal splits of the samples. They are shuffled first: samples made class by class
    would leave each split with one class. It is called Inception Score only with the original
    Inception network. Blind to samples all alike within a class, and to the real data altogether.

    Args:
        probabilities: float [N, K], rows that sum to 1.
        seed: of the shuffle.
        splits: from 1 to N.

    Raises:
        ValueError: not probabilities, or fewer samples than splits.
    """
    _check(probabilities)
    if not 1 <= splits <= len(probabilities):
        raise ValueError(
            f"{splits} splits of {len(probabilities)} samples: from 1 to that many are possible"
        )
    shuffled = np.random.default_rng(seed).permutation(probabilities.astype(np.float64))
    scores = [_score(part) for part in np.array_split(shuffled, splits)]
    return ClassifierScore(float(np.mean(scores)), float(np.std(scores)))


def balance(probabilities: np.ndarray, threshold: float = 0.9) -> Balance:
    """Shares of the classes, their entropy, and the share of samples with a probability over the
    threshold.

    Args:
        probabilities: float [N, K], K > 1, rows that sum to 1.
        threshold: in [0, 1).

    Raises:
        ValueError: not probabilities.
    """
    _check(probabilities)
    samples, classes = probabilities.shape
    shares = np.bincount(probabilities.argmax(axis=1), minlength=classes) / samples
    entropy = -float(_times_log(shares, shares).sum())
    confident = float((probabilities.max(axis=1) > threshold).mean())
    return Balance(shares, entropy, entropy / float(np.log(classes)), confident)


def modes(labels: np.ndarray, classes: int, real_shares: np.ndarray | None = None) -> Modes:
    """Number of modes found, and KL of their histogram to the real one, as for Stacked MNIST (Lin
    et al., 2018, PacGAN).

    The usual figures are those of 26,000 samples and 1,000 modes: both depend on the number of
    samples.

    Args:
        labels: int [N], the mode of each sample in [0, classes).
        classes: K.
        real_shares: float [K] that sums to 1; uniform where it is None. The divergence is infinite
            where a sample has a mode that the real data lacks.

    Raises:
        ValueError: a label outside, no labels, or shares that are not K.
    """
    if not len(labels) or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must be at least one in [0, {classes})")
    real = np.full(classes, 1 / classes) if real_shares is None else real_shares
    if real.shape != (classes,) or not np.isclose(real.sum(), 1):
        raise ValueError(f"real_shares must be {classes} shares that sum to 1")
    generated = np.bincount(labels, minlength=classes) / len(labels)
    with np.errstate(divide="ignore"):
        divergence = float((_times_log(generated, generated) - _times_log(generated, real)).sum())
    return Modes(int(np.count_nonzero(generated)), max(0.0, divergence))


def _score(probabilities: np.ndarray) -> float:
    marginal = np.broadcast_to(probabilities.mean(axis=0), probabilities.shape)
    divergences = (
        _times_log(probabilities, probabilities) - _times_log(probabilities, marginal)
    ).sum(axis=1)
    return float(np.exp(divergences.mean()))


def _times_log(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """weights * log(values), 0 where the weight is 0, whatever the value."""
    logarithms = np.log(values, out=np.zeros(values.shape), where=weights > 0)
    product: np.ndarray = weights * logarithms
    return product


def _check(probabilities: np.ndarray) -> None:
    if probabilities.ndim != 2 or not len(probabilities) or probabilities.shape[1] < 2:
        raise ValueError(
            f"probabilities must be [N, K] with K > 1; these have shape {probabilities.shape}"
        )
    if not (probabilities.min() >= 0 and np.allclose(probabilities.sum(axis=1), 1, atol=1e-3)):
        raise ValueError("probabilities must be at least 0 and sum to 1 in each row")
