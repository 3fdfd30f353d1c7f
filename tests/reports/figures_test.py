"""What Plotly is given to draw: which jobs, in which scale, and no markup of a stranger's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from gan_cli.reports import figures
from gan_cli.reports.figures import Line
from gan_cli.runs.curves import Series


def line(
    number: int, score: float | None, values: Sequence[float] = (3.0, 2.0, 1.0), **settings: str
) -> Line:
    series = Series(np.arange(1.0, len(values) + 1), np.array(values))
    curves = {"frechet": series, "loss_generator": series, "logits_real": series}
    return Line(number, f"job {number}", settings, score, curves)


def score_of(*lines: Line) -> go.Figure:
    return figures.learning_curves(lines, "frechet")["frechet"]


def parallel(
    lines: Sequence[Line], keys: Sequence[str], less_is_better: bool = True
) -> dict[str, Any] | None:
    """The axes by their labels, each job's line and their colours; None where there is no
    figure.
    """
    figure = figures.parallel_coordinates(lines, keys, "Score", less_is_better)
    if figure is None:
        return None
    (trace,) = figure.data
    return {
        "axes": {each.label: each for each in trace.dimensions},
        "jobs": trace.meta["jobs"],
        "colours": dict(zip(trace.meta["jobs"], trace.line.color, strict=True)),
    }


def test_a_figure_for_the_score_and_each_loss() -> None:
    made = figures.learning_curves([line(0, 1.0), line(1, None)], "frechet")
    assert list(made) == ["frechet", "loss_generator"]
    assert [each.meta["job"] for each in made["frechet"].data] == [1, 0]  # the best on top
    assert made["frechet"].data[1].x.tolist() == [1.0, 2.0, 3.0]
    assert made["frechet"].data[1].y.tolist() == [3.0, 2.0, 1.0]
    assert figures.learning_curves([Line(0, "", {}, None, {})], "frechet") == {}


def test_the_best_six_stand_out() -> None:
    lines = [*(line(number, 1.0) for number in range(8)), line(8, None)]
    ranked = {each.meta["job"]: each.meta["ranked"] for each in score_of(*lines).data}
    assert ranked == {number: number < 6 for number in range(9)}


def test_at_most_four_losses_those_that_most_jobs_have() -> None:
    series = Series(np.array([1.0]), np.array([1.0]))
    first = Line(0, "", {}, None, {f"loss_{name}": series for name in "abcdef"})
    second = Line(1, "", {}, None, {f"loss_{name}": series for name in "cdef"})
    made = figures.learning_curves([first, second], "frechet")
    assert list(made) == ["loss_c", "loss_d", "loss_e", "loss_f"]


def test_a_wide_range_has_a_logarithmic_axis_and_a_narrow_or_negative_one_has_not() -> None:
    kinds = {
        values: score_of(line(0, 1.0, values)).layout.yaxis.type
        for values in [(1000.0, 10.0, 0.1), (3.0, 2.0, 1.0), (1000.0, 10.0, -0.1)]
    }
    assert list(kinds.values()) == ["log", None, None]


def test_one_explosion_does_not_flatten_all_others() -> None:
    calm = [line(number, 1.0, [1.0, -1.0] * 200) for number in range(3)]
    low, high = score_of(*calm, line(3, None, [1.0, 1e30])).layout.yaxis.range
    assert -2.0 < low < -1.0 < 1.0 < high < 2.0


def test_many_points_become_fewer() -> None:
    figure = score_of(line(0, 1.0, np.sin(np.arange(50_000.0)).tolist()))
    assert 30_000 < len(figure.data[0].x) <= figures.ALL_POINTS


@pytest.mark.parametrize(
    "values", [[0.0], [5.0, 5.0], [3e38, -3e38], [1e-38, 3e38], [-1e30, 1.0, 1e30]]
)
def test_whatever_finite_numbers_can_be_drawn(values: list[float]) -> None:
    figure = score_of(line(0, 1.0, values))
    assert np.isfinite(figure.data[0].y).all()
    assert np.isfinite(figure.layout.yaxis.range or 0.0).all()


def test_parallel_axes_are_settings_and_the_score() -> None:
    rates = [("0.001", "hinge"), ("0.0001", "hinge"), ("0.00001", "minimax")]
    lines = [
        line(number, 10.0 * (number + 1), rate=rate, loss=loss, model="one")
        for number, (rate, loss) in enumerate(rates)
    ]
    made = parallel(lines, ["rate", "loss", "model"])
    assert made is not None
    assert (list(made["axes"]), made["jobs"]) == (["rate", "loss", "Score"], [2, 1, 0])
    assert made["axes"]["rate"].values == pytest.approx([-5.0, -4.0, -3.0])  # in powers
    assert made["axes"]["rate"].ticktext == ("1e-05", "0.0001", "0.001")
    minimax, *hinge = made["axes"]["loss"].values
    assert (minimax, made["axes"]["loss"].ticktext) == (1.0, ("hinge", "minimax"))
    assert -0.02 < hinge[0] < 0.0 < hinge[1] < 0.02  # none hides another, the best is on top
    assert made["axes"]["Score"].values == (30.0, 20.0, 10.0)
    assert made["colours"] == {2: 0, 1: 1, 0: 2}  # the last colour is the best one's


def test_the_best_score_is_on_top_whichever_way_is_better() -> None:
    lines = [line(0, 10.0, a="1", b="1"), line(1, 20.0, a="2", b="2")]
    ranges = [parallel(lines, ["a", "b"], less)["axes"]["Score"].range for less in (True, False)]  # type: ignore[index]
    assert ranges == [(20.0, 10.0), (10.0, 20.0)]


@pytest.mark.parametrize(
    ("texts", "values", "ticks"),
    [
        (["8", "12", "16"], [8, 12, 16], ["8", "12", "16"]),
        (["0.001", "0.01", "0.1"], [-3, -2, -1], ["0.001", "0.01", "0.1"]),
        (["-1", "10", "100"], [-1, 10, 100], ["-1", "10", "100"]),
        (["8", "", "x" * 40], [1, 0, 2], ["not set", "8", "x" * 17 + "…"]),
        (
            [str(each) for each in range(8)],
            range(8),
            ["0", "1.75", "3.5", "5.25", "7"],
        ),
    ],
)
def test_an_axis_of_settings(texts: list[str], values: list[float], ticks: list[str]) -> None:
    lines = [line(place, 1.0, key=text, b=str(place)) for place, text in enumerate(texts)]
    made = parallel(lines, ["key", "b"])
    assert made is not None
    assert list(made["axes"]["key"].values)[::-1] == pytest.approx(list(values))
    assert list(made["axes"]["key"].ticktext) == ticks


def test_no_parallel_coordinates_with_fewer_than_two_settings_that_vary() -> None:
    lines = [line(0, 1.0, a="1", b="1"), line(1, 2.0, a="2", b="1"), line(2, None, a="1", b="2")]
    assert parallel(lines, ["a", "b"]) is None
    assert parallel([], []) is None


def test_at_most_eight_settings_and_names_that_stay_apart() -> None:
    keys = [f"group{place}.key" for place in range(12)]
    lines = [line(number, 1.0, **dict.fromkeys(keys, str(number))) for number in range(2)]
    made = parallel(lines, keys)
    assert made is not None
    assert list(made["axes"]) == [*keys[:8], "Score"]


def test_no_text_of_a_stranger_is_markup_for_plotly() -> None:
    text = "<a href='x'>$y$\x1b</a>"
    lines = [line(number, 1.0, a=f"{text}{number}", b=str(number)) for number in range(2)]
    lines = [Line(each.number, text, each.settings, 1.0, each.curves) for each in lines]
    assert score_of(*lines).data[0].name == "&lt;a href=&#x27;x&#x27;&gt;$y$\\x1b&lt;/a&gt;"
    made = parallel(lines, ["a", "b"])
    assert made is not None
    assert not [
        tick for axis in made["axes"].values() for tick in axis.ticktext or () if "<" in tick
    ]
