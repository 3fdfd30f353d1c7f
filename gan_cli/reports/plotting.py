"""Curves over training steps as a picture, grouped into panels. Matplotlib is imported late."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gan_cli import __version__
from gan_cli.base.files import whole
from gan_cli.base.lazy import np
from gan_cli.reports.series import smoothed, thinned
from gan_cli.runs import origin
from gan_cli.runs.curves import Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F")
"""Okabe and Ito's palette, which colour-blind readers can tell apart; grey in the place of its
yellow, which white paper swallows.
"""
DASHES = ("solid", (0, (5, 2)), (0, (1, 1.5)))
MOST_POINTS = 4000
FEW_POINTS = 40
"""Up to so many points of a curve are marked, so that scores taken now and then are seen to be
that.
"""
PREFIXES = {"loss_": "losses", "logits_": "logits"}
SPEED = "images_per_second"
ORDER = ("losses", "logits", "scores", SPEED)
MEANINGS = {
    "frechet": "Fréchet distance, lower is better",
    "diversity": "real images have 1",
    "ordered": "share of pairs ordered rightly",
    "elbo_held_out": "nats per image, higher is better",
    SPEED: "of training, without scores",
}
"""What stands beside the names of panels that do not say it."""
LETTERS = 110
"""Of a run's name that fit into a line."""
SAME_SCALE = 10.0
"""Scores whose largest magnitudes are further apart than this factor get different panels."""
WIDTH, PANEL_HEIGHT, DOTS_PER_INCH = 10.0, 2.2, 150
GREY = "#555555"
STYLE = {
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.xmargin": 0.02,
    "figure.constrained_layout.h_pad": 0.09,
    "figure.constrained_layout.w_pad": 0.09,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.8,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "lines.linewidth": 1.6,
    "lines.markersize": 3.5,
    "legend.frameon": False,
    "legend.handlelength": 2.5,
    "text.parse_math": False,  # a run's name may hold dollar signs
}


class Curve(NamedTuple):
    """What is drawn of a series: `raw`, and `smooth` over it where smoothing was asked for."""

    raw: Series
    smooth: Series | None


class Panel(NamedTuple):
    """One pair of axes and the keys that are drawn in it."""

    title: str
    keys: tuple[str, ...]


def curve(key: str, series: Series, factor: float) -> Curve:
    """Smooth all values first, then keep no more points than a figure shows; scores are few and
    stay as they are.
    """
    if not factor or _kind(key) == "scores":
        return Curve(thinned(series, MOST_POINTS), None)
    smooth = Series(series.steps, smoothed(series.values, factor))
    return Curve(thinned(series, MOST_POINTS), thinned(smooth, MOST_POINTS))


def panels(runs: Sequence[dict[str, Curve]], keys: Sequence[str]) -> list[Panel]:
    """Several runs: a panel per key, to compare them. One run: losses, logits, scores of one scale
    and images/s share one.
    """
    kinds: dict[str, list[str]] = {kind: [] for kind in ORDER}
    for key in keys:
        kinds[_kind(key)].append(key)
    if len(runs) > 1:
        return [Panel(key, (key,)) for kind in ORDER for key in kinds[kind]]
    groups = {
        kind: _scales(runs[0], kinds[kind]) if kind == "scores" else [kinds[kind]] for kind in ORDER
    }
    return [
        Panel(kind if len(group) > 1 else group[0], tuple(group))
        for kind in ORDER
        for group in groups[kind]
        if group
    ]


def _kind(key: str) -> str:
    return (
        SPEED
        if key == SPEED
        else next((kind for prefix, kind in PREFIXES.items() if key.startswith(prefix)), "scores")
    )


def _scales(run: dict[str, Curve], keys: list[str]) -> list[list[str]]:
    """The keys in groups, each of one scale; the groups in the order of their first keys."""
    largest = {key: float(np.abs(run[key].raw.values).max()) for key in keys}
    groups: list[list[str]] = []
    for key in sorted(keys, key=largest.__getitem__, reverse=True):
        if groups and SAME_SCALE * largest[key] >= largest[groups[-1][0]]:
            groups[-1].append(key)
        else:
            groups.append([key])
    return sorted(
        (sorted(group, key=keys.index) for group in groups), key=lambda group: keys.index(group[0])
    )


def figure(runs: dict[str, dict[str, Curve]], shown: Sequence[Panel]) -> Figure:
    """A figure of label -> key -> curve: colours are keys where there is one run, and runs where
    there are several.
    """
    from matplotlib.figure import Figure

    columns = 2 if len(runs) > 1 and len(shown) > 1 else 1
    last = len(shown) - 1
    mosaic = [
        [min(first + column, last) for column in range(columns)]
        for first in range(0, len(shown), columns)
    ]
    with style():
        sheet = Figure(
            figsize=(WIDTH, PANEL_HEIGHT * len(mosaic) + 0.6),
            dpi=DOTS_PER_INCH,
            layout="constrained",
        )
        grid: dict[Any, Axes] = sheet.subplot_mosaic(mosaic, sharex=True)
        for index, panel in enumerate(shown):
            _draw(grid[index], panel, runs)
            grid[index].tick_params(labelbottom=columns > 1 or index == last)
        for index in mosaic[-1]:
            grid[index].set_xlabel("step", color=GREY)
        _name_runs(sheet, list(runs))
    return sheet


def about(runs: Mapping[str, Mapping[str, Curve]]) -> dict[str, str]:
    """Texts for the file of a figure: each run, its last step and its best Fréchet distance."""
    scores = [
        origin.in_words(each["frechet"].raw.values.min() if "frechet" in each else None)
        for each in runs.values()
    ]
    steps = [max(int(curve.raw.steps[-1]) for curve in each.values()) for each in runs.values()]
    told = {"Run": list(runs), "Step": map(str, steps), "Score": scores}
    return {"Software": f"gan_cli {__version__}"} | {
        name: ", ".join(each) for name, each in told.items()
    }


def save(sheet: Figure, path: Path, about: Mapping[str, str]) -> None:
    """Write a figure as PNG, which carries texts; the file appears whole or not at all."""
    with style(), warnings.catch_warnings(), whole(path) as partial:
        warnings.simplefilter(
            "ignore", UserWarning
        )  # a name in letters that the font has not is drawn as boxes
        sheet.savefig(partial, format="png", metadata=dict(about))


def _draw(axes: Axes, panel: Panel, runs: dict[str, dict[str, Curve]]) -> None:
    from matplotlib.ticker import MaxNLocator

    lines = [curves.get(key) for curves in runs.values() for key in panel.keys]
    for index, line in enumerate(lines):
        if line is not None:
            _line(axes, line, index, faint=0.3 / len(runs) ** 0.5)
    axes.set_title(panel.title)
    meaning = MEANINGS.get(panel.title, "")
    axes.set_title(meaning, loc="right", color=GREY, fontsize=9, fontweight="normal")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))
    axes.xaxis.set_major_formatter("{x:,.9g}")
    if panel.keys == (SPEED,):
        axes.yaxis.set_major_formatter("{x:,.9g}")
        axes.axhline(0.0, linewidth=0.0)  # a speed is read against zero
        axes.set_ylim(bottom=0.0)
    if len(panel.keys) > 1:
        axes.legend(
            _handles(len(panel.keys)),
            panel.keys,
            loc="upper left",
            bbox_to_anchor=(1.01, 1.0),
            borderaxespad=0.0,
        )


def _line(axes: Axes, line: Curve, index: int, faint: float) -> None:
    if line.smooth is not None:
        axes.plot(*line.raw, color=_look(index)["color"], alpha=faint, linewidth=0.8, zorder=1.5)
    points = line.smooth or line.raw
    axes.plot(*points, **_look(index), marker="o" if len(points.steps) <= FEW_POINTS else None)


def _look(index: int) -> dict[str, Any]:
    return {
        "color": COLOURS[index % len(COLOURS)],
        "linestyle": DASHES[index // len(COLOURS) % len(DASHES)],
    }


def _handles(count: int) -> list[Any]:
    from matplotlib.lines import Line2D

    return [Line2D([], [], linewidth=2.5, **_look(index)) for index in range(count)]


def _name_runs(sheet: Figure, labels: list[str]) -> None:
    """The label of the only run as a heading, of several as a legend above the panels."""
    if len(labels) == 1:
        sheet.suptitle(
            _wrapped(labels[0]),
            x=0.01,
            horizontalalignment="left",
            color=GREY,
            fontsize=STYLE["font.size"],
        )
    else:
        columns = max(1, LETTERS // (max(map(len, labels)) + 8))
        names = list(map(_wrapped, labels))
        sheet.legend(_handles(len(labels)), names, loc="outside upper left", ncols=columns)


def _wrapped(label: str) -> str:
    return "\n".join(textwrap.wrap(label, LETTERS, break_on_hyphens=False))


@contextmanager
def style() -> Iterator[None]:
    """Matplotlib's defaults and ours, whatever the user's own matplotlibrc says."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield
