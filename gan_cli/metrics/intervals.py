"""Confidence intervals of shares and of means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev
from typing import NamedTuple


class Interval(NamedTuple):
    """Both ends; of a share in [0, 1]."""

    low: float
    high: float


def quantile(confidence: float = 0.95) -> float:
    """Standard deviations of a normal distribution that hold `confidence` of it around the mean:
    1.96 for 95 %.
    """
    return NormalDist().inv_cdf((1.0 + confidence) / 2.0)


def wilson(successes: int, count: int, confidence: float = 0.95) -> Interval:
    """Score interval of a share (Wilson, 1927); unlike the normal one it also holds near 0 and 1
    and for few trials.

    Args:
        successes: 0 to `count`.
        count: independent trials, at least 1.
        confidence: probability that intervals made like this hold the true share, in (0, 1).
    """
    if not 0 <= successes <= count or count < 1:
        raise ValueError(f"{successes} successes of {count}")
    from scipy.stats import binomtest

    found = binomtest(successes, count).proportion_ci(confidence, method="wilson")
    return Interval(float(found.low), float(found.high))


def of_mean(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Interval of the mean that independent, normally distributed values have been drawn around
    (Student, 1908).

    Args:
        values: at least 2.
        confidence: probability that intervals made like this hold the true mean, in (0, 1).
    """
    if len(values) < 2:
        raise ValueError(f"{len(values)} values have no spread")
    from scipy.special import stdtrit

    errors = float(stdtrit(len(values) - 1, (1.0 + confidence) / 2.0))
    reach = errors * stdev(values) / math.sqrt(len(values))
    return Interval(fmean(values) - reach, fmean(values) + reach)
