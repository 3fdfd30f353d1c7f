"""Overrides as settings: equal values are equal texts, and what was not typed comes from the
configuration.
"""

from __future__ import annotations

import pytest

from gan_cli.reports.settings import (
    completed,
    constant,
    number,
    of_text,
    of_value,
    short,
    typed,
    varying,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-4", "0.0001"),
        ("0.0001", "0.0001"),
        ("1.0", "1"),
        ("+3", "3"),
        ("1e30", "1e+30"),
        ("True", "true"),
        ("NULL", "null"),
        ("hinge", "hinge"),
        ("[1,2]", "[1,2]"),
        ("1_000", "1_000"),
        ("nan", "nan"),
        ("", ""),
        ("1e999", "1e999"),
    ],
)
def test_a_value_has_one_text(text: str, expected: str) -> None:
    assert of_text(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1e-4, "0.0001"), (True, "true"), (None, "null"), ([1, "a"], '[1, "a"]'), (2.0, "2")],
)
def test_a_stored_value_has_the_same_text(value: object, expected: str) -> None:
    assert of_value(value) == expected


def test_only_finite_decimal_numbers_are_numbers() -> None:
    assert [number(text) for text in ("-1.5e3", ".5", "7.", "inf", "0x10", "1e999", "٣", "")] == [
        -1500.0,
        0.5,
        7.0,
        None,
        None,
        None,
        None,
        None,
    ]


def test_overrides_among_arguments() -> None:
    arguments = [
        "-m",
        "--config-dir",
        "mine",
        "model=dcgan",
        "++optimizer.players.generator.learning_rate=1e-3",
        "+a/b=c",
        "hydra/launcher=processes",
        "hydra.sweep.dir=x",
        "sweep.resume=y",
        "run_dir=z",
        "resume=w",
        "~x",
        "=1",
        "seed=1",
        "data.path=a=b",
        "seed=2",
        "evaluation.every=1500",  # a sweep adds it
        "training.preview_every=10",
        "evaluation.count=500",
    ]
    assert typed(arguments) == {
        "evaluation.count": "500",
        "model": "dcgan",
        "optimizer.players.generator.learning_rate": "0.001",
        "a/b": "c",
        "seed": "2",
        "data.path": "a=b",
    }


def test_what_was_not_typed_comes_from_the_configuration() -> None:
    config = {
        "loss": {"name": "hinge", "r1": 0.0},
        "optimizer": {"learning_rate": 2e-4},
        "seed": 3,
        "init_from": None,
    }
    jobs = [
        {"loss": "minimax", "optimizer.learning_rate": "0.0002", "init_from": "x", "gone.key": "1"},
        {"loss.r1": "1"},
    ]
    first, second = completed(jobs, [config, config])
    assert first == {**jobs[0], "loss.r1": "0"}
    assert second == {
        "loss": "hinge",
        "optimizer.learning_rate": "0.0002",
        "init_from": "null",
        "gone.key": "",
        "loss.r1": "1",
    }
    assert varying([first, second]) == ["loss", "init_from", "gone.key", "loss.r1"]
    assert constant([first, second]) == {"optimizer.learning_rate": "0.0002"}


def test_a_job_that_has_not_begun_takes_what_all_others_share() -> None:
    begun = [
        {"loss": "a", "training.steps": "9", "model": "x"},
        {"loss": "b", "training.steps": "9", "model": "y"},
    ]
    waiting = completed([*begun, {"loss": "c"}], [{"a": 1}, {"a": 1}, {}])[2]
    assert waiting == {"loss": "c", "training.steps": "9", "model": ""}


def test_a_run_whose_command_is_not_known_differs_by_its_configuration() -> None:
    configs = [
        {"model": {"width": width}, "seed": seed, "run_dir": str(width)}
        for width, seed in ((8, 0), (8, 1), (16, 0))
    ]
    made = completed([None, None, None], configs)
    assert made == [
        {"model.width": "8", "seed": "0"},
        {"model.width": "8", "seed": "1"},
        {"model.width": "16", "seed": "0"},
    ]
    assert varying(made) == ["model.width"]  # the seed is no setting


def test_a_job_of_which_nothing_is_known_makes_nothing_vary() -> None:
    jobs = [{"a": "1", "b": "2"}, {"a": "1", "b": "3"}, {"a": "", "b": ""}]
    assert (varying(jobs), constant(jobs)) == (["b"], {"a": "1"})
    assert (varying([]), constant([]), completed([], [])) == ([], {}, [])


def test_short_names_stay_apart() -> None:
    keys = [
        "optimizer.learning_rate",
        "optimizer.players.generator.learning_rate",
        "model.width",
        "model",
        "loss.r1",
    ]
    assert short(keys) == {
        "optimizer.learning_rate": "optimizer.learning_rate",
        "optimizer.players.generator.learning_rate": "generator.learning_rate",
        "model.width": "width",
        "model": "model",
        "loss.r1": "r1",
    }
