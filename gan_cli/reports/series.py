"""Series over training steps, made fit for drawing: smoothed, or of fewer points."""

from __future__ import annotations

from gan_cli.base.lazy import np
from gan_cli.runs.curves import Series


def smoothed(values: np.ndarray, factor: float) -> np.ndarray:
    """Exponential moving average [N]: the mean of all values so far, each weighted with `factor` **
    its age.
    """
    import pandas as pd  # half a second, which only those who smooth shall pay

    averages: np.ndarray = pd.Series(values).ewm(alpha=1.0 - factor).mean().to_numpy()
    return averages


def thinned(series: Series, most: int) -> Series:
    """At most `most` points: the first, the last, and the smallest and the largest of each of equal
    parts.
    """
    count = len(series.values)
    if count <= most:
        return series
    parts = np.array_split(np.arange(count), (most - 2) // 2)
    extremes = [
        part[choose(series.values[part])] for part in parts for choose in (np.argmin, np.argmax)
    ]
    kept = np.unique([0, *extremes, count - 1])
    return Series(series.steps[kept], series.values[kept])


def averaged(series: Series, most: int) -> Series:
    """At most `most` points: the mean of each of equal parts, at the mean of its steps."""
    count = len(series.values)
    if count <= most:
        return series
    parts = np.array_split(np.arange(count), most)
    steps, values = ([column[part].mean() for part in parts] for column in series)
    return Series(np.array(steps), np.array(values))
