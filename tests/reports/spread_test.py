"""Who compares with whom, and the spread over seeds, by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gan_cli.reports.collect import collect
from gan_cli.reports.spread import SAME_SEED, Spread, compare, rank, spread

from . import made


def test_spread_by_hand() -> None:
    assert spread([5.0]) == Spread(1, 5.0, None, None)
    three = spread([1.0, 2.0, 3.0])
    assert (three.count, three.mean, three.deviation) == (3, 2.0, 1.0)
    assert three.interval == pytest.approx((2.0 - 2.484138, 2.0 + 2.484138), abs=1e-5)


def test_settings_are_ranked_by_the_mean_of_jobs_that_are_done(tmp_path: Path) -> None:
    rows = collect(made.sweep(tmp_path / "sweep")).rows
    full, training = compare(rows)
    assert [(each.letter, [row.name for row in each.rows]) for each in (full, training)] == [
        ("A", ["2", "3", "0", "1"]),
        ("B", ["5"]),
    ]
    best, second = full.settings
    assert (best.settings["loss"], best.best and best.best.name) == ("minimax", "2")
    assert best.spread is not None
    assert (best.spread.count, best.spread.mean) == (2, 33.0)
    assert best.spread.deviation == pytest.approx(18.0**0.5)
    assert best.spread.interval == pytest.approx(
        (33.0 - 12.7062 * 3.0, 33.0 + 12.7062 * 3.0), abs=1e-3
    )
    assert second.spread is not None
    assert second.spread.mean == 42.0
    assert training.settings == []
    assert training.apart == ["samples: 500, seed 0 instead of 1,000, seed 0"]


def test_settings_without_a_mean_stand_apart_from_what_others_were_measured_with(
    tmp_path: Path,
) -> None:
    rows = collect(made.sweep(tmp_path / "sweep")).rows
    failed, pruned = rank(rows).without_mean
    assert (failed.spread, failed.best, dict(failed.left_out)) == (
        None,
        None,
        {"failed": 1, "waiting": 1},
    )
    assert dict(pruned.left_out) == {"pruned": 1}


def test_the_order_of_all_jobs(tmp_path: Path) -> None:
    rows = collect(made.sweep(tmp_path / "sweep")).rows
    ordered = [(row.name, letter, place) for row, letter, place in rank(rows).order]
    assert ordered == [
        ("2", "A", 1),
        ("3", "A", 2),
        ("0", "A", 3),
        ("1", "A", 4),
        ("5", "B", 1),
        ("4", "", None),
        ("6", "", None),
    ]


def test_scores_measured_otherwise_are_apart(tmp_path: Path) -> None:
    other = replace(made.FACTS, data="ef" * 32, data_name="mnist", extractor="random")
    for name, full, facts in (("a", 9.0, made.FACTS), ("b", 8.0, made.FACTS), ("c", 1.0, other)):
        made.run(tmp_path / "runs" / name, full, facts=facts, overrides=[f"seed={name}"])
    first, second = compare(collect(tmp_path / "runs").rows)
    assert [row.name for row in first.rows] == ["b", "a"]
    assert first.settings[0].spread is not None
    assert first.settings[0].spread.mean == 8.5
    assert dict(first.settings[0].left_out) == {"measured otherwise": 1}
    assert second.apart == [
        "data: mnist (efefefefefef) instead of digits (cdcdcdcdcdcd)",
        "extractor: random (abababababab) instead of classifier (abababababab)",
    ]


def test_the_same_seed_twice_counts_once(tmp_path: Path) -> None:
    for name, full in (("a", 9.0), ("b", 9.0), ("c", 5.0)):
        made.run(tmp_path / "runs" / name, full, overrides=["seed=1" if name == "c" else "seed=0"])
    (comparison,) = compare(collect(tmp_path / "runs").rows)
    (setting,) = comparison.settings
    assert setting.spread is not None
    assert (setting.spread.count, setting.spread.mean, dict(setting.left_out)) == (
        2,
        7.0,
        {SAME_SEED: 1},
    )


def test_more_is_better_where_it_is(tmp_path: Path) -> None:
    for name, value in (("a", -90.0), ("b", -80.0)):
        lines = [{"step": 5, "seconds": 1.0, "elbo_held_out": value}]
        made.run(tmp_path / "runs" / name, lines=lines, overrides=[f"loss={name}"])
    (comparison,) = compare(collect(tmp_path / "runs", "elbo_held_out").rows)
    assert [row.name for row in comparison.rows] == ["b", "a"]
    assert [each.settings["loss"] for each in comparison.settings] == ["b", "a"]


def test_bounds_of_other_likelihoods_are_apart(tmp_path: Path) -> None:
    lines = [{"step": 5, "seconds": 1.0, "elbo_held_out": -1.0}]
    for likelihood in ("gaussian", "bernoulli"):
        config = made.CONFIG | {"model": {"name": "vae", "likelihood": likelihood}}
        made.run(tmp_path / "runs" / likelihood, lines=lines, config=config)
    assert [each.apart for each in compare(collect(tmp_path / "runs", "elbo_held_out").rows)] == [
        [],
        ["likelihood: gaussian instead of bernoulli"],
    ]


def test_nothing_scored_is_no_comparison(tmp_path: Path) -> None:
    made.run(tmp_path / "runs" / "a", None, None)
    rows = collect(tmp_path / "runs").rows
    ranking = rank(rows)
    assert (ranking.comparisons, ranking.order) == ([], [(rows[0], "", None)])
