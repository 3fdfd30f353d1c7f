"""A mean and its interval, drawn into a row of a table."""

from __future__ import annotations

from collections.abc import Sequence

from gan_cli.reports.markup import Markup, tag
from gan_cli.reports.spread import Setting, Spread


def scale(settings: Sequence[Setting]) -> tuple[float, float]:
    """What the drawn intervals span; the widest ones are cut where they would leave no room for the
    others.
    """
    spreads = [each.spread for each in settings if each.spread]
    means = [each.mean for each in spreads]
    if not means:
        return 0.0, 1.0
    reaches = sorted(each.interval.high - each.mean for each in spreads if each.interval)
    reach = min(reaches[-1], 3.0 * reaches[len(reaches) // 2]) if reaches else 0.0
    low, high = min(means) - reach, max(means) + reach
    return (low, high) if high > low else (low - 1.0, high + 1.0)


def whisker(spread: Spread, scale: tuple[float, float]) -> Markup:
    """The mean as a point and its interval as a line, 100 units wide."""

    def at(value: float) -> str:
        return f"{min(98.0, max(2.0, 4.0 + 92.0 * (value - scale[0]) / (scale[1] - scale[0]))):.1f}"

    middle = at(spread.mean)
    line = None
    if spread.interval:
        line = tag("line", x1=at(spread.interval.low), x2=at(spread.interval.high), y1=7, y2=7)
    point = tag("circle", cx=middle, cy=7, r=3)
    return tag("svg", line, point, class_="whisker", viewBox="0 0 100 14", aria_hidden="true")
