"""Series become curves, curves become panels, panels become a figure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from gan_cli.reports import plotting
from gan_cli.reports.plotting import Curve, Panel
from gan_cli.reports.series import averaged, smoothed, thinned
from gan_cli.runs.curves import Series


def series(*values: float) -> Series:
    return Series(np.arange(1.0, len(values) + 1), np.array(values))


def curves(**values: list[float]) -> dict[str, Curve]:
    return {key: plotting.curve(key, series(*each), 0.0) for key, each in values.items()}


def test_smoothing_is_the_weighted_mean_of_all_so_far() -> None:
    # weights 1; 1/2, 1; 1/4, 1/2, 1
    expected = [8.0, (4 + 2) / 1.5, (2 + 1 + 5) / 1.75]
    assert smoothed(np.array([8.0, 2.0, 5.0]), 0.5) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("factor", [0.0, 0.5, 0.99])
def test_smoothing_leaves_a_constant_alone(factor: float) -> None:
    assert smoothed(np.full(1000, 3.0), factor) == pytest.approx(np.full(1000, 3.0), rel=1e-12)


def test_no_smoothing_is_the_values_themselves() -> None:
    assert smoothed(np.array([8.0, -2.0, 5.0]), 0.0).tolist() == [8.0, -2.0, 5.0]


def test_thinning_keeps_first_last_and_extremes_in_order() -> None:
    values = np.sin(np.arange(100_000.0) / 500)
    values[[7, 50_001, 70_003, 99_990]] = [30.0, -99.0, 99.0, -30.0]
    thin = thinned(Series(np.arange(100_000.0), values), 1000)
    assert 900 < len(thin.values) <= 1000
    assert (np.diff(thin.steps) > 0).all()
    assert {0.0, 7.0, 50_001.0, 70_003.0, 99_990.0, 99_999.0} <= set(thin.steps)
    assert thin.values.tolist() == values[thin.steps.astype(int)].tolist()


def test_thinning_leaves_what_is_short_alone() -> None:
    few = series(*range(100))
    assert thinned(few, 100) is few
    assert len(thinned(few, 99).values) < 100


def test_a_curve_is_smoothed_before_it_is_thinned_out() -> None:
    values = np.random.default_rng(0).normal(size=20_000)
    line = plotting.curve("loss_a", Series(np.arange(20_000.0), values), 0.9)
    assert line.smooth is not None
    assert len(line.raw.values) <= plotting.MOST_POINTS
    expected = smoothed(values, 0.9)
    assert line.smooth.values.tolist() == expected[line.smooth.steps.astype(int)].tolist()
    assert line.smooth.values.max() == expected.max() < values.max() == line.raw.values.max()


def test_scores_are_not_smoothed() -> None:
    assert plotting.curve("frechet", series(1, 2), 0.9).smooth is None
    assert plotting.curve("images_per_second", series(1, 2), 0.9).smooth is not None
    assert plotting.curve("logits_real", series(1, 2), 0.0).smooth is None


def test_panels_of_one_run_are_losses_logits_scores_of_one_scale_and_speed() -> None:
    run = curves(
        images_per_second=[9e3],
        frechet=[200.0, 9.0],
        loss_generator=[1.0],
        logits_real=[0.5],
        precision=[0.6],
        loss_discriminator=[2.0],
        kernel=[0.05],
        recall=[0.06],
        logits_fake=[-0.5],
    )
    assert plotting.panels([run], list(run)) == [
        Panel("losses", ("loss_generator", "loss_discriminator")),
        Panel("logits", ("logits_real", "logits_fake")),
        Panel("frechet", ("frechet",)),
        Panel(
            "scores", ("precision", "recall")
        ),  # a factor of ten is one scale, and of twelve is not
        Panel("kernel", ("kernel",)),
        Panel("images_per_second", ("images_per_second",)),
    ]


def test_a_panel_of_one_key_has_its_name() -> None:
    run = curves(loss_generator=[1.0], loss_discriminator=[2.0])
    assert plotting.panels([run], ["loss_discriminator"]) == [
        Panel("loss_discriminator", ("loss_discriminator",))
    ]


def test_scores_that_are_zero_share_a_panel() -> None:
    assert plotting.panels([curves(b=[0.0], a=[0.0])], ["b", "a"]) == [Panel("scores", ("b", "a"))]


def test_several_runs_have_a_panel_per_key() -> None:
    runs = [
        curves(loss_b=[1.0], frechet=[1.0], loss_a=[1.0]),
        curves(loss_a=[2.0], images_per_second=[2.0]),
    ]
    shown = plotting.panels(runs, ["frechet", "loss_b", "loss_a", "images_per_second"])
    assert [panel.keys for panel in shown] == [
        ("loss_b",),
        ("loss_a",),
        ("frechet",),
        ("images_per_second",),
    ]


def test_the_figure_of_one_run_has_a_colour_per_key_and_names_them_beside_the_panel() -> None:
    run = curves(loss_a=[1.0, 2.0], loss_b=[3.0, 5.0], images_per_second=[10.0, 20.0])
    losses, speed = plotting.figure({"here": run}, plotting.panels([run], list(run))).axes
    assert [line.get_ydata().tolist() for line in losses.lines] == [[1.0, 2.0], [3.0, 5.0]]
    assert [to_hex(line.get_color()).upper() for line in losses.lines] == list(plotting.COLOURS[:2])
    assert [text.get_text() for text in losses.get_legend().get_texts()] == ["loss_a", "loss_b"]
    assert speed.get_legend() is None
    assert speed.get_ylim() == (0.0, 21.0)  # from zero, and the usual margin of a twentieth above
    assert speed.get_xlabel() == "step"
    assert losses.figure.get_suptitle() == "here"


def test_the_figure_of_several_runs_has_a_colour_per_run_whether_it_has_the_key_or_not() -> None:
    runs = {
        "_a": curves(loss_x=[1.0]),
        "$b$": curves(loss_x=[2.0], frechet=[4.0]),
        "c": curves(frechet=[3.0]),
    }
    sheet = plotting.figure(runs, plotting.panels(list(runs.values()), ["loss_x", "frechet"]))
    drawn = [
        [(line.get_ydata().tolist(), to_hex(line.get_color()).upper()) for line in axes.lines]
        for axes in sheet.axes
    ]
    blue, red, green = plotting.COLOURS[:3]
    assert drawn == [[([1.0], blue), ([2.0], red)], [([4.0], red), ([3.0], green)]]
    assert [text.get_text() for text in sheet.legends[0].get_texts()] == ["_a", "$b$", "c"]
    assert [axes.get_title(loc="left") for axes in sheet.axes] == ["loss_x", "frechet"]


@pytest.mark.parametrize("count", [1, 2])
def test_the_longest_names_of_runs_are_shown_whole(count: int) -> None:
    names = [f"{place}-{'optimizer.learning_rate=0.0002,' * 8}" for place in range(count)]
    runs = {name: curves(loss_a=[1.0, 2.0]) for name in names}
    sheet = plotting.figure(runs, plotting.panels(list(runs.values()), ["loss_a"]))
    sheet.draw_without_rendering()
    shown = sheet.legends[0].get_texts() if count > 1 else [sheet._suptitle]
    for name, text in zip(names, shown, strict=True):
        assert text.get_text().replace("\n", "") == name
        box = text.get_window_extent()
        assert (box.x0 >= 0, box.x1 <= sheet.bbox.x1, box.y1 <= sheet.bbox.y1) == (True,) * 3
    assert sheet.axes[0].bbox.y1 < box.y0


def test_panels_say_what_is_better_and_in_what_where_their_names_do_not() -> None:
    run = curves(loss_a=[1.0], frechet=[40.0], elbo_held_out=[-90.0])
    sheet = plotting.figure({"a": run, "b": run}, plotting.panels([run, run], list(run)))
    assert [axes.get_title(loc="right") for axes in sheet.axes] == [
        "",
        "Fréchet distance, lower is better",
        "nats per image, higher is better",
    ]


def test_a_smoothed_curve_lies_over_its_faint_values() -> None:
    run = {"loss_a": plotting.curve("loss_a", series(8, 2, 5), 0.5)}
    (axes,) = plotting.figure({"here": run}, [Panel("loss_a", ("loss_a",))]).axes
    faint, smooth = axes.lines
    assert faint.get_ydata().tolist() == [8.0, 2.0, 5.0]
    assert smooth.get_ydata() == pytest.approx([8.0, 4.0, 8 / 1.75])
    assert faint.get_alpha() < 0.5
    assert faint.get_zorder() < smooth.get_zorder()


def test_points_are_marked_where_they_are_few() -> None:
    few, many = series(*range(plotting.FEW_POINTS)), series(*range(plotting.FEW_POINTS + 1))
    run = {"loss_a": Curve(few, None), "loss_b": Curve(many, None)}
    (axes,) = plotting.figure({"here": run}, [Panel("losses", ("loss_a", "loss_b"))]).axes
    assert [line.get_marker() for line in axes.lines] == ["o", "None"]


def test_an_odd_last_panel_takes_the_whole_row() -> None:
    runs = {name: curves(loss_a=[1.0], loss_b=[1.0], loss_c=[1.0]) for name in "xy"}
    sheet = plotting.figure(
        runs, plotting.panels(list(runs.values()), ["loss_a", "loss_b", "loss_c"])
    )
    sheet.draw_without_rendering()
    first, second, third = (axes.get_position() for axes in sheet.axes)
    assert first.y0 == pytest.approx(second.y0)
    assert third.y1 < first.y0
    assert third.width > 1.9 * first.width


def test_every_run_of_a_figure_looks_its_own() -> None:
    count = len(plotting.COLOURS) * len(plotting.DASHES)
    looks = {tuple(plotting._look(index).items()) for index in range(count)}
    assert count == 24  # what PlotConfig lets through
    assert len(looks) == count


def test_the_png_is_whole_the_same_each_time_and_free_of_the_users_style(tmp_path: Path) -> None:
    run = curves(loss_a=[1.0, 2.0])
    shown, about = [Panel("loss_a", ("loss_a",))], plotting.about({"$ _ 日本": run})
    plotting.save(plotting.figure({"$ _ 日本": run}, shown), tmp_path / "a.png", about)
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 30, "savefig.dpi": 10}):
        plotting.save(plotting.figure({"$ _ 日本": run}, shown), tmp_path / "b.png", about)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.format == "PNG"
        assert picture.size == (1500, 420)
        about = {"Run": "$ _ 日本", "Step": "2", "Score": "not scored"}
        assert picture.text.items() >= about.items()


def test_matplotlib_is_imported_to_draw_only_and_without_a_window() -> None:
    code = (
        "import sys; from gan_cli.reports import plotting\n"
        "assert 'matplotlib' not in sys.modules\n"
        "plotting.figure({'a': {}}, [plotting.Panel('b', ('b',))])\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_averages_of_equal_parts() -> None:
    series = Series(np.arange(1.0, 8.0), np.array([1.0, 3.0, 5.0, 2.0, 4.0, 10.0, 20.0]))
    steps, values = averaged(series, 3)
    assert (steps.tolist(), values.tolist()) == ([2.0, 4.5, 6.5], [3.0, 3.0, 15.0])
    assert averaged(series, 7) is series
