"""Parallel coordinates: which settings go with which scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gan_cli.data.reading.listing import shown
from gan_cli.reports import plotting, settings, svg
from gan_cli.reports.figures import Line, style
from gan_cli.reports.markup import Markup
from gan_cli.reports.svg import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_AXES = 8
BEST, MIDDLE, WORST = (0x00, 0x72, 0xB2), (0x93, 0x93, 0x99), (0xD5, 0x7A, 0x00)
"""A line's colour by its score; each is seen on light and on dark ground."""


def parallel_coordinates(
    lines: Sequence[Line], keys: Sequence[str], label: str, less_is_better: bool
) -> Markup | None:
    """One axis for each setting and one for the score, a line for each scored job; None with fewer
    than two settings that vary among these."""
    scored = [line for line in lines if line.score is not None]
    keys = [key for key in keys if len({line.settings[key] for line in scored}) > 1]
    if len(keys) < 2:
        return None
    names = settings.short(keys[:MOST_AXES])
    axes = [
        _Axis(_clipped(names[key]), [line.settings[key] for line in scored])
        for key in keys[:MOST_AXES]
    ]
    scores = np.array([line.score for line in scored], np.float64)
    axes.append(_Axis.of_numbers(label, scores, less_is_better))
    with style():
        from matplotlib.figure import Figure

        sheet = Figure(figsize=(1.2 + 2.1 * len(axes), 4.0), layout="constrained")
        _draw_parallel(
            sheet.add_subplot(), axes, scored, _colours(scores if less_is_better else -scores)
        )
        return svg.inline(
            sheet, "parallel", "Parallel coordinates: settings of each job and its score"
        )


class _Axis:
    """A vertical line of the parallel coordinates: where each job crosses it, from 0 to 1, and what
    is written beside it.
    """

    def __init__(self, name: str, texts: Sequence[str]) -> None:
        self.name = name
        numbers = [settings.number(text) for text in texts]
        values = [number for number in numbers if number is not None]
        distinct = sorted(set(values))
        if len(values) < len(texts) or len(distinct) < 2:
            words = sorted(set(texts))
            self.places = np.array([_share(words.index(text), 0, len(words) - 1) for text in texts])
            self.ticks = [
                (_share(place, 0, len(words) - 1), _clipped(word or "not set"))
                for place, word in enumerate(words)
            ]
            return
        scale = _Scale.of(distinct)
        self.places = np.array([scale.height(value) for value in values])
        self.ticks = [
            (scale.height(value), f"{value:.6g}")
            for value in (distinct if len(distinct) <= 6 else scale.ticks())
        ]

    @classmethod
    def of_numbers(cls, name: str, values: np.ndarray, upside_down: bool) -> _Axis:
        """The axis of the score: the better end is at the top."""
        axis = cls.__new__(cls)
        scale = _Scale.of(sorted(set(values.tolist())))

        def turned(value: float) -> float:
            return 1.0 - scale.height(value) if upside_down else scale.height(value)

        axis.name, axis.places = name, np.array([turned(value) for value in values])
        axis.ticks = [(turned(value), f"{value:.4g}") for value in scale.ticks()]
        return axis


class _Scale(NamedTuple):
    """Numbers from `low` to `high` as heights from 0 to 1."""

    low: float
    high: float
    logarithmic: bool

    @classmethod
    def of(cls, distinct: Sequence[float]) -> _Scale:
        """Logarithmic where the largest is many times the smallest and that spreads the values,
        sorted, more evenly.
        """
        low, high, middle = distinct[0], distinct[-1], float(np.median(distinct))
        linear, powers = cls(low, high, False), cls(low, high, True)
        wide = low > 0.0 and high >= 8.0 * low
        return (
            powers
            if wide and abs(powers.height(middle) - 0.5) <= abs(linear.height(middle) - 0.5)
            else linear
        )

    def height(self, value: float) -> float:
        if self.logarithmic:
            return _share(np.log(value), np.log(self.low), np.log(self.high))
        return _share(value, self.low, self.high)

    def ticks(self) -> list[float]:
        """The ends, and three values between them, evenly spaced as they are drawn."""
        if self.low == self.high:
            return [self.low]
        between = (np.geomspace if self.logarithmic else np.linspace)(self.low, self.high, 5)[1:-1]
        return [self.low, *(float(f"{value:.3g}") for value in between), self.high]


def _share(value: float, low: float, high: float) -> float:
    return 0.5 if high == low else float((value - low) / (high - low))


def _clipped(text: str) -> str:
    readable = shown(text)
    return readable if len(readable) <= 18 else f"{readable[:17]}…"


def _draw_parallel(
    axes: Axes, columns: Sequence[_Axis], lines: Sequence[Line], colours: Sequence[str]
) -> None:
    x = np.arange(len(columns))
    heights = np.stack(
        [*(_fanned(column.places) for column in columns[:-1]), columns[-1].places], axis=1
    )
    for index in range(len(lines) - 1, -1, -1):  # the best on top
        (drawn,) = axes.plot(*_bent(x, heights[index]), color=colours[index], linewidth=1.4)
        drawn.set_gid(f"job-{lines[index].number}")
    for place, column in enumerate(columns):
        axes.plot([place, place], [-0.05, 1.05], color=plotting.GREY, linewidth=1.0)
        for height, text in column.ticks:
            axes.plot([place], [height], marker="_", markersize=7, color=plotting.GREY)
            axes.text(place + 0.04, height, text, va="center", ha="left", fontsize=9, color=INK)
        axes.text(place, 1.09, column.name, ha="center", va="bottom", fontweight="bold", color=INK)
    axes.set_xlim(-0.3, len(columns) - 0.55)
    axes.set_ylim(-0.06, 1.18)
    axes.axis("off")


def _fanned(places: np.ndarray) -> np.ndarray:
    """Heights [N] in the order of the jobs; equal ones are spread a little, the best on top, so
    that none hides another.
    """
    distinct, group, counts = np.unique(places, return_inverse=True, return_counts=True)
    room = 0.6 * float(np.diff(distinct).min()) if len(distinct) > 1 else 1.0
    width = min(0.012 * (counts.max() - 1), 0.1, room)
    spread = np.zeros(len(places))
    for each in range(len(distinct)):
        members = np.flatnonzero(group == each)
        spread[members] = np.linspace(width / 2, -width / 2, len(members)) * (len(members) > 1)
    return places + spread


def _bent(x: np.ndarray, heights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lines that leave and reach the axes level, so that the eye can follow one through a
    crossing.
    """
    share = np.linspace(0.0, 1.0, 17)[:-1]
    ease = share * share * (3.0 - 2.0 * share)
    across = np.concatenate([x[:-1, None] + share, x[-1:, None]], axis=None)
    up = np.concatenate(
        [heights[:-1, None] + np.diff(heights)[:, None] * ease, heights[-1:, None]], axis=None
    )
    return across, up


def _colours(losses: np.ndarray) -> list[str]:
    """By rank from the best to the worst, so that one outlier leaves the others told apart."""
    ranks = np.argsort(np.argsort(losses, kind="stable"), kind="stable") / max(1, len(losses) - 1)
    stops = np.array([BEST, MIDDLE, WORST])
    mixed = np.stack(
        [np.interp(ranks, [0.0, 0.5, 1.0], stops[:, channel]) for channel in range(3)], axis=1
    )
    return ["#{:02x}{:02x}{:02x}".format(*colour) for colour in mixed.round().astype(int)]
