"""Learning curves of a sweep, drawn with Matplotlib for the inside of a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gan_cli.reports import plotting, svg
from gan_cli.reports.markup import Markup
from gan_cli.reports.svg import RANKED, REST
from gan_cli.runs.curves import Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LOSSES = 4
FEWEST_POINTS, ALL_POINTS = 40, 40_000
"""Of a line, and of all lines of one panel together: a page of a hundred jobs stays small."""
WIDE = 20.0
"""Values of which the largest is so many times the smallest are drawn on a logarithmic axis."""
PANEL = (5.6, 3.2)


@dataclass(frozen=True)
class Line:
    """What is drawn of a job.

    Attributes:
        number: its place in the order of all jobs, from 0; the best ones have colours.
        score: None where it is in no comparison, or in another one.
    """

    number: int
    settings: Mapping[str, str]
    score: float | None
    curves: Mapping[str, Series]


def learning_curves(lines: Sequence[Line], objective: str) -> dict[str, Markup]:
    """A panel for the score and for each loss that was logged: name -> figure."""
    counts = Counter(key for line in lines for key in line.curves if key.startswith("loss_"))
    order = {key: place for place, key in enumerate(counts)}
    losses = sorted(
        sorted(counts, key=lambda key: (-counts[key], order[key]))[:MOST_LOSSES],
        key=order.__getitem__,
    )
    keys = [key for key in (objective, *losses) if any(key in line.curves for line in lines)]
    return {
        key: _panel(f"curve-{place}", key, [line for line in lines if key in line.curves])
        for place, key in enumerate(keys)
    }


def _panel(name: str, key: str, lines: Sequence[Line]) -> Markup:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    most = max(FEWEST_POINTS, ALL_POINTS // len(lines))
    with style():
        sheet = Figure(figsize=PANEL, layout="constrained")
        axes: Axes = sheet.add_subplot()
        for line in sorted(lines, key=lambda line: -line.number):  # the best on top
            _draw_curve(axes, line, plotting.thinned(line.curves[key], most))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))
        axes.xaxis.set_major_formatter("{x:,.9g}")
        axes.set_xlabel("step")
        _scale(axes, [line.curves[key].values for line in lines])
        return svg.inline(sheet, name, f"{key} over the steps, a line for each job")


def _draw_curve(axes: Axes, line: Line, series: Series) -> None:
    ranked = line.score is not None and line.number < len(RANKED)
    look: dict[str, Any] = (
        {"color": RANKED[line.number], "linewidth": 1.6}
        if ranked
        else {"color": REST, "linewidth": 1.0}
    )
    (drawn,) = axes.plot(*series, **look, marker="o" if len(series.steps) == 1 else None)
    drawn.set_gid(f"job-{line.number}")


def _scale(axes: Axes, values: Sequence[np.ndarray]) -> None:
    """A logarithmic axis where the values ask for it; without the few that would make all others
    look the same.
    """
    everything = np.concatenate(values)
    low, high = np.quantile(everything, [0.005, 0.995])
    if everything.min() > 0.0 and high > WIDE * low:
        axes.set_yscale("log")
        _plain_numbers(axes)
        return
    spread = max(high - low, 1e-12)
    if everything.max() - everything.min() > WIDE * spread:
        axes.set_ylim(low - 0.1 * spread, high + 0.1 * spread)


def _plain_numbers(axes: Axes) -> None:
    """Numbers instead of powers, which need marks that plain text has not."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=8))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


@contextmanager
def style() -> Iterator[None]:
    """What Matplotlib is told for the figures of a page."""
    import matplotlib

    with plotting.style():
        matplotlib.rcParams.update(svg.STYLE | {"svg.hashsalt": "gan_cli"})
        yield
