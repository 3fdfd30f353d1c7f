"""What a classifier makes of the samples: how sure it is, and how evenly the classes come up."""

from __future__ import annotations

from typing import NamedTuple

from gan_cli.base.lazy import np
from gan_cli.metrics import ImageSet, ReferenceSet, Values, metric


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


@metric(
    "classes",
    gives={"classifier_score": "higher", "class_evenness": "higher", "confident": "higher"},
    needs=("classes",),
)
def compute(reference: ReferenceSet, generated: ImageSet) -> Values:
    """How sure a classifier is of the samples, and how evenly the classes come up."""
    probabilities = reference.extractor.classify(generated.features)
    spread = balance(probabilities)
    splits = min(10, len(probabilities))
    return {
        "classifier_score": classifier_score(probabilities, reference.seed, splits).mean,
        "class_evenness": spread.evenness,
        "confident": spread.confident,
    }


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
    from scipy import special

    _check(probabilities)
    samples, classes = probabilities.shape
    shares = np.bincount(probabilities.argmax(axis=1), minlength=classes) / samples
    entropy = float(special.entr(shares).sum())
    confident = float((probabilities.max(axis=1) > threshold).mean())
    return Balance(shares, entropy, entropy / float(np.log(classes)), confident)


def _score(probabilities: np.ndarray) -> float:
    from scipy import special

    divergences = special.rel_entr(probabilities, probabilities.mean(axis=0)).sum(axis=1)
    return float(np.exp(divergences.mean()))


def _check(probabilities: np.ndarray) -> None:
    if probabilities.ndim != 2 or not len(probabilities) or probabilities.shape[1] < 2:
        raise ValueError(
            f"probabilities must be [N, K] with K > 1; these have shape {probabilities.shape}"
        )
    if not (probabilities.min() >= 0 and np.allclose(probabilities.sum(axis=1), 1, atol=1e-3)):
        raise ValueError("probabilities must be at least 0 and sum to 1 in each row")
