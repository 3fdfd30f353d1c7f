"""Figures as inline SVG: what is drawn, in which scale and colour, and nothing that a page must not
hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np
import pytest

from gan_cli.reports import figures, parallel
from gan_cli.reports.figures import Line
from gan_cli.reports.markup import Markup
from gan_cli.runs.curves import Series


def line(
    number: int, score: float | None, values: Sequence[float] = (3.0, 2.0, 1.0), **settings: str
) -> Line:
    series = Series(np.arange(1.0, len(values) + 1), np.array(values))
    return Line(
        number,
        settings,
        score,
        {"frechet": series, "loss_generator": series, "logits_real": series},
    )


def texts(figure: Markup) -> list[str]:
    return [
        element.text or ""
        for element in ElementTree.fromstring(figure).iter()
        if element.tag.endswith("text")
    ]


def jobs(figure: Markup) -> dict[str, str]:
    """Job -> the style of its line."""
    found = ElementTree.fromstring(figure).iterfind(".//*[@class='job']")
    return {group.attrib["data-job"]: group[0].attrib["style"] for group in found}


def test_a_panel_for_the_score_and_each_loss() -> None:
    made = figures.learning_curves([line(0, 1.0), line(1, None)], "frechet")
    assert list(made) == ["frechet", "loss_generator"]
    assert set(jobs(made["frechet"])) == {"0", "1"}
    assert "step" in texts(made["frechet"])
    assert figures.learning_curves([Line(0, {}, None, {})], "frechet") == {}


def test_the_best_have_colours_of_the_theme_and_the_others_are_grey() -> None:
    made = jobs(
        figures.learning_curves(
            [line(number, 1.0) for number in range(8)] + [line(8, None)], "frechet"
        )["frechet"]
    )
    assert [
        re.findall(r"stroke: (var\(--[\w-]+\))", style)[0] for _, style in sorted(made.items())
    ] == [
        *(f"var(--rank-{place})" for place in range(1, 7)),
        *["var(--rest)"] * 3,
    ]


def test_at_most_four_losses_those_that_most_jobs_have() -> None:
    series = Series(np.array([1.0]), np.array([1.0]))
    first = Line(0, {}, None, {f"loss_{name}": series for name in "abcdef"})
    second = Line(1, {}, None, {f"loss_{name}": series for name in "cdef"})
    assert list(figures.learning_curves([first, second], "frechet")) == [
        "loss_c",
        "loss_d",
        "loss_e",
        "loss_f",
    ]


def heights(values: Sequence[float]) -> list[float]:
    """Where a curve through these values runs, downwards from the top."""
    figure = figures.learning_curves([line(0, 1.0, values)], "frechet")["frechet"]
    (path,) = ElementTree.fromstring(figure).iterfind(".//*[@class='job']/path")
    return [
        float(point.split()[1]) for point in re.findall(r"[ML] ([\d.]+ [\d.]+)", path.attrib["d"])
    ]


def test_a_wide_range_is_drawn_in_powers_and_a_narrow_one_is_not() -> None:
    top, middle, bottom = heights([1000.0, 10.0, 0.1])
    assert middle == pytest.approx((top + bottom) / 2, abs=0.5)
    top, middle, bottom = heights([3.0, 2.0, 1.0])
    assert middle == pytest.approx((top + bottom) / 2, abs=0.5)
    assert (
        heights([1000.0, 10.0, -0.1])[1] > 0.9 * heights([1000.0, 10.0, -0.1])[2]
    )  # no logarithm of what is negative
    labels = texts(figures.learning_curves([line(0, 1.0, [1500.0, 40.0])], "frechet")["frechet"])
    assert {"50", "100", "1,000"} & set(labels)


def test_one_explosion_does_not_flatten_all_others() -> None:
    calm = [line(number, 1.0, [1.0, -1.0] * 200) for number in range(3)]
    figure = figures.learning_curves([*calm, line(3, None, [1.0, 1e30])], "frechet")["frechet"]
    assert {"0.0", "1.0"} <= set(texts(figure))


@pytest.mark.parametrize(
    "values", [[0.0], [5.0, 5.0], [3e38, -3e38], [1e-38, 3e38], [-1e30, 1.0, 1e30]]
)
def test_whatever_finite_numbers_can_be_drawn(values: list[float]) -> None:
    assert "nan" not in figures.learning_curves([line(0, 1.0, values)], "frechet")["frechet"]


def test_parallel_axes_are_settings_and_the_score() -> None:
    lines = [
        line(number, 10.0 * (number + 1), rate=rate, loss=loss, model="one")
        for number, (rate, loss) in enumerate(
            [("0.001", "hinge"), ("0.0001", "hinge"), ("0.00001", "minimax")]
        )
    ]
    figure = parallel.parallel_coordinates(lines, ["rate", "loss", "model"], "Score", True)
    assert figure is not None
    said = texts(figure)
    assert [name for name in said if name in ("rate", "loss", "model", "Score")] == [
        "rate",
        "loss",
        "Score",
    ]
    assert {"0.001", "0.0001", "1e-05", "hinge", "minimax", "10", "30"} <= set(said)
    assert set(jobs(figure)) == {"0", "1", "2"}
    assert "var(--rank-1)" in jobs(figure)["0"]  # the blue of the best
    assert "#d57a00" in jobs(figure)["2"]


def test_the_best_score_is_on_top_whichever_way_is_better() -> None:
    lines = [line(0, 10.0, a="1", b="1"), line(1, 20.0, a="2", b="2")]
    for less_is_better, top in ((True, "0"), (False, "1")):
        figure = parallel.parallel_coordinates(lines, ["a", "b"], "Score", less_is_better)
        assert figure is not None
        ends = {}
        for group in ElementTree.fromstring(figure).iterfind(".//*[@class='job']"):
            ends[group.attrib["data-job"]] = float(group[0].attrib["d"].split()[-1])
        assert min(ends, key=ends.__getitem__) == top
        assert "var(--rank-1)" in jobs(figure)[top]


def test_numbers_lie_in_order_and_rates_in_powers() -> None:
    places = parallel._Axis("rate", ["0.001", "0.0001", "0.01"]).places
    assert places.tolist() == pytest.approx([0.5, 0.0, 1.0])
    assert parallel._Axis("width", ["8", "12", "16"]).places.tolist() == [0.0, 0.5, 1.0]
    words = parallel._Axis("mixed", ["8", "b", "", "8"])
    assert words.places.tolist() == [0.5, 1.0, 0.0, 0.5]
    assert [text for _, text in words.ticks] == ["not set", "8", "b"]
    many = parallel._Axis("many", [str(value) for value in range(1, 102)])
    assert [text for _, text in many.ticks] == [
        "1",
        "26",
        "51",
        "76",
        "101",
    ]  # evenly spaced, though the range is wide
    powers = parallel._Axis("powers", [str(2**value) for value in range(8)])
    assert [text for _, text in powers.ticks] == ["1", "3.36", "11.3", "38.1", "128"]
    assert powers.places.tolist() == pytest.approx([value / 7 for value in range(8)])
    assert parallel._Axis("two", ["0.0001", "0.001"]).places.tolist() == [0.0, 1.0]


def test_equal_places_are_fanned_out_with_the_best_on_top() -> None:
    assert parallel._fanned(np.array([0.0, 1.0, 0.0])) == pytest.approx(
        np.array([0.006, 1.0, -0.006])
    )
    assert np.ptp(parallel._fanned(np.zeros(1000))) == pytest.approx(0.1)


@pytest.mark.parametrize("keys", [[], ["a"], ["a", "same"]])
def test_fewer_than_two_settings_that_vary_are_not_drawn(keys: list[str]) -> None:
    assert (
        parallel.parallel_coordinates(
            [line(0, 1.0, a="1", same="x"), line(1, 2.0, a="2", same="x")], keys, "S", True
        )
        is None
    )


def test_jobs_without_a_comparable_score_are_not_in_it() -> None:
    lines = [line(0, 1.0, a="1", b="1"), line(1, 2.0, a="2", b="2"), line(2, None, a="3", b="3")]
    figure = parallel.parallel_coordinates(lines, ["a", "b"], "S", True)
    assert figure is not None
    assert set(jobs(figure)) == {"0", "1"}


def test_nothing_in_a_figure_reaches_outside_or_meets_another() -> None:
    hostile = "</svg><script>\x00\x1b"
    lines = [line(0, 1.0, a=hostile, b="1"), line(1, 2.0, a="$x_1$ & <b>", b="2")]
    made = [
        *figures.learning_curves(lines, "frechet").values(),
        parallel.parallel_coordinates(lines, ["a", "b"], "S", True),
    ]
    identifiers: list[str] = []
    for figure in made:
        assert figure is not None
        for element in ElementTree.fromstring(figure).iter():
            assert element.tag.rpartition("}")[2] in (
                "svg",
                "g",
                "path",
                "text",
                "defs",
                "clipPath",
                "use",
                "rect",
            )
            assert not [key for key in element.attrib if key.startswith("on") or "}" in key]
            assert element.attrib.get("href", "#").startswith("#")
            identifiers += [element.attrib["id"]] if "id" in element.attrib else []
        links = re.findall(r'(?:url\(|href=")#([^)"]+)', figure)
        assert set(links) <= set(identifiers)
        assert not re.findall(
            r"https?:|<!|<\?|metadata|font-family|<script",
            figure.replace("http://www.w3.org/2000/svg", ""),
        )
    assert len(identifiers) == len(set(identifiers)) > 0
    assert "$x_1$ & <b>" in texts(made[-1])  # type: ignore[arg-type]


def test_figures_are_the_same_each_time() -> None:
    lines = [line(0, 1.0, a="1", b="1"), line(1, 2.0, a="2", b="2")]
    assert figures.learning_curves(lines, "frechet") == figures.learning_curves(lines, "frechet")
