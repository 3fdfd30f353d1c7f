"""The figures of a page, as Plotly draws them in the browser: learning curves, means with their
intervals, parallel coordinates.

Colours are the page's own, which follow the reader's theme: its script sets them.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.reports import settings
from gan_cli.reports.series import thinned
from gan_cli.reports.spread import Comparison
from gan_cli.runs.curves import Series

RANKED = 6
"""So many of the best jobs have a colour of their own."""
MOST_LOSSES, MOST_AXES, MOST_INTERVALS = 4, 8, 30
FEWEST_POINTS, ALL_POINTS = 40, 40_000
"""Of a line, and of all lines of one figure together: a page of a thousand jobs stays small."""
WIDE, WIDE_SETTING = 20.0, 8.0
"""Values of which the largest is so many times the smallest are drawn on a logarithmic axis."""
STEP = {"title": {"text": "step"}, "tickformat": ",.9~g", "nticks": 7, "rangemode": "tozero"}


@dataclass(frozen=True)
class Line:
    """What is drawn of a job.

    Attributes:
        number: its place in the order of all jobs, from 0.
        label: what it is called, with its settings.
        score: None where it is in no comparison, or in another one than the first.
    """

    number: int
    label: str
    settings: Mapping[str, str]
    score: float | None
    curves: Mapping[str, Series]


def learning_curves(lines: Sequence[Line], objective: str) -> dict[str, go.Figure]:
    """A figure for the score and for each of the losses that most jobs have logged."""
    counts = Counter(key for line in lines for key in line.curves if key.startswith("loss_"))
    frequent = {key for key, _ in counts.most_common(MOST_LOSSES)}
    keys = [objective, *(key for key in counts if key in frequent)]
    there = {key: [line for line in lines if key in line.curves] for key in keys}
    return {key: _curves(key, each) for key, each in there.items() if each}


def _curves(key: str, lines: Sequence[Line]) -> go.Figure:
    most = max(FEWEST_POINTS, ALL_POINTS // len(lines))
    figure = go.Figure(layout={"height": 320, "xaxis": STEP, "yaxis": _axis(key, lines)})
    for line in reversed(lines):  # the best on top
        series = thinned(line.curves[key], most)
        ranked = line.score is not None and line.number < RANKED
        figure.add_scatter(
            x=series.steps,
            y=series.values.astype(np.float32),
            name=plain(line.label),
            meta={"job": line.number, "ranked": ranked},
            mode="markers" if len(series.steps) == 1 else "lines",
            line={"width": 2.0 if ranked else 1.0},
            hovertemplate="%{fullData.name}<br>step %{x:,.9~g}: %{y:.5~g}<extra></extra>",
        )
    return figure


def _axis(key: str, lines: Sequence[Line]) -> dict[str, Any]:
    """A logarithmic axis where the values ask for it; without the few that would make all others
    look the same.
    """
    values = np.concatenate([line.curves[key].values for line in lines])
    low, high = np.quantile(values, [0.005, 0.995])
    if values.min() > 0.0 and high > WIDE * low:
        return {"type": "log", "dtick": "D2", "tickformat": "~g"}
    spread = max(high - low, 1e-12)
    if values.max() - values.min() > WIDE * spread:
        return {"range": [low - 0.1 * spread, high + 0.1 * spread]}
    return {}


def intervals(comparison: Comparison) -> go.Figure:
    """The mean of each setting with its interval, by rank; the widest intervals are cut where they
    would leave no room for the others.
    """
    spreads = [each.spread for each in comparison.settings[:MOST_INTERVALS] if each.spread]
    means = np.array([each.mean for each in spreads])
    reaches = np.array([each.interval.high - each.mean if each.interval else 0 for each in spreads])
    wide = np.sort(reaches[reaches > 0.0])
    room = min(wide[-1], 3.0 * np.median(wide)) if len(wide) else 0.0
    room = 1.1 * room or 1.0
    figure = go.Figure(
        layout={
            "height": 90 + 22 * len(spreads),
            "xaxis": {"range": [means.min() - room, means.max() + room]},
            "yaxis": {
                "title": {"text": "rank"},
                "range": [len(spreads) + 0.6, 0.4],
                "tickformat": "d",
                "dtick": 1 if len(spreads) < 16 else 5,
                "tick0": 0,
            },
        }
    )
    figure.add_scatter(
        x=means.tolist(),
        y=[*range(1, len(spreads) + 1)],
        mode="markers",
        marker={"size": 8},
        error_x={"array": reaches.tolist(), "thickness": 2, "width": 4},
        hovertemplate="rank %{y}: %{x:.5~g} ± %{error_x.array:.4~g}<extra></extra>",
    )
    return figure


def parallel_coordinates(
    lines: Sequence[Line], keys: Sequence[str], label: str, less_is_better: bool
) -> go.Figure | None:
    """One axis for each setting and one for the score, a line for each scored job; None with fewer
    than two settings that vary among these.
    """
    scored = [line for line in lines if line.score is not None][::-1]  # the best on top
    keys = [key for key in keys if len({line.settings[key] for line in scored}) > 1]
    if len(keys) < 2:
        return None
    names = settings.short(keys[:MOST_AXES])
    axes = [
        _setting_axis(name, [line.settings[key] for line in scored]) for key, name in names.items()
    ]
    scores = [line.score for line in scored if line.score is not None]
    ends = [min(scores), max(scores)]
    axes.append({"label": label, "values": scores, "range": ends[::-1] if less_is_better else ends})
    colours = [*range(len(scored))]  # by rank, so that one outlier leaves the others distinct
    figure = go.Figure(layout={"height": 420, "margin": {"l": 80, "r": 80, "t": 60, "b": 30}})
    figure.add_parcoords(
        dimensions=axes,
        meta={"jobs": [line.number for line in scored]},
        line={"color": colours},
    )
    return figure


def _setting_axis(name: str, texts: Sequence[str]) -> dict[str, Any]:
    numbers = [settings.number(text) for text in texts]
    values = np.array([value for value in numbers if value is not None])
    distinct: Any = np.unique(values)
    if len(values) < len(texts) or len(distinct) < 2:
        words = sorted(set(texts))
        ticks = [_clipped(word or "not set") for word in words]
        places, at = [float(words.index(text)) for text in texts], [*range(len(words))]
    else:
        powers, (low, high) = _is_logarithmic(distinct), distinct[[0, -1]]
        few = len(distinct) <= 6
        marks = distinct if few else (np.geomspace if powers else np.linspace)(low, high, 5)
        places, at = [(np.log10(each) if powers else each).tolist() for each in (values, marks)]
        ticks = [f"{mark:.3g}" for mark in marks]
    return {"label": _clipped(name), "values": _fanned(places), "tickvals": at, "ticktext": ticks}


def _fanned(places: Sequence[float]) -> list[float]:
    """Equal places are spread a little, the best job's on top, so that none hides another."""
    series = pd.Series(places)
    equal = series.groupby(series)
    counts, distinct = equal.transform("size"), np.sort(series.unique())
    room = float(np.diff(distinct).min()) if len(distinct) > 1 else 1.0
    width = min(0.012 * (counts.max() - 1) * (np.ptp(distinct) or 1.0), 0.3 * room)
    offsets = equal.cumcount() / (counts - 1).clip(lower=1) - 0.5
    fanned: list[float] = (series + width * offsets.where(counts > 1, 0.0)).tolist()
    return fanned


def _is_logarithmic(distinct: np.ndarray) -> bool:
    """Whether the largest is many times the smallest and logarithms spread the values more
    evenly.
    """
    if distinct[0] <= 0.0 or distinct[-1] < WIDE_SETTING * distinct[0]:
        return False

    def uneven(values: np.ndarray) -> float:
        return abs(float((np.median(values) - values[0]) / np.ptp(values)) - 0.5)

    return uneven(np.log(distinct)) <= uneven(distinct)


def _clipped(text: str) -> str:
    readable = printable(text)
    return plain(readable if len(readable) <= 18 else f"{readable[:17]}…")


def plain(text: str) -> str:
    """A stranger's text for Plotly, which would take tags for markup."""
    return html.escape(printable(text))
