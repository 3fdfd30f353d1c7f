"""Kernel inception distance (Bińkowski et al., 2018): squared maximum mean discrepancy with a cubic
kernel.
"""

from __future__ import annotations

from typing import NamedTuple

from gan_cli.base.lazy import np
from gan_cli.metrics import ImageSet, ReferenceSet, Values, metric
from gan_cli.metrics.shared import checks

SUBSETS, SUBSET_SIZE = 50, 1000


class KernelDistance(NamedTuple):
    """Over the subsets: mean, and standard deviation (divided by their number, as in the authors'
    code).
    """

    mean: float
    deviation: float


@metric("kernel", gives={"kernel": "lower"})
def compute(reference: ReferenceSet, generated: ImageSet) -> Values:
    """Kernel distance (squared MMD) between the features of both sets."""
    real, seed = reference.real.features, reference.seed
    size = min(SUBSET_SIZE, len(generated.features), len(real))
    return {"kernel": kernel_distance(real, generated.features, seed, SUBSETS, size).mean}


def kernel_distance(
    real: np.ndarray, generated: np.ndarray, seed: int, subsets: int = 100, subset_size: int = 1000
) -> KernelDistance:
    """Mean and standard deviation of the unbiased estimate over random subsets of both sets.

    Lower is better. Unbiased: 0 on average for equal distributions, whatever the number of samples,
    and so at times negative.

    Args:
        real: features [N, D].
        generated: features [M, D].
        seed: of the subsets, each drawn without replacement.
        subsets: how many.
        subset_size: samples of each set in a subset, from 2 to the smaller of N and M.

    Raises:
        ValueError: too few samples for a subset, or not as many dimensions in both.
    """
    if subset_size < 2 or subsets < 1:
        raise ValueError(f"{subsets} subsets of {subset_size} samples: at least 1 of 2 is needed")
    checks.same_width(checks.features(real, subset_size), checks.features(generated, subset_size))
    random = np.random.default_rng(seed)
    estimates = [
        squared_discrepancy(_draw(real, subset_size, random), _draw(generated, subset_size, random))
        for _ in range(subsets)
    ]
    return KernelDistance(float(np.mean(estimates)), float(np.std(estimates)))


def squared_discrepancy(first: np.ndarray, second: np.ndarray) -> float:
    """Unbiased squared MMD of features [N, D] and [M, D] (Gretton et al., 2012, eq. 3)."""
    first, second = first.astype(np.float64), second.astype(np.float64)
    return (
        _mean_of_others(first) + _mean_of_others(second) - 2 * float(_kernel(first, second).mean())
    )


def _mean_of_others(values: np.ndarray) -> float:
    """Mean kernel of all pairs of two different samples."""
    kernel = _kernel(values, values)
    return float(kernel.sum() - np.trace(kernel)) / (len(values) * (len(values) - 1))


def _kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(x . y / D + 1)^3."""
    base = first @ second.T
    base /= first.shape[1]
    base += 1
    cube: np.ndarray = base * base * base
    return cube


def _draw(values: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    return values[random.choice(len(values), count, replace=False)]
