"""Hydra's grammar of overrides as distributions of Optuna, and drawn values as overrides."""

from __future__ import annotations

from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from optuna.distributions import CategoricalDistribution as Choice
from optuna.distributions import FloatDistribution as Float
from optuna.distributions import IntDistribution as Int

from gan_cli.base.errors import ConfigError
from gan_cli.cli.multirun.space import Space


def space(*overrides: str) -> Space:
    return Space(OverridesParser.create().parse_overrides(list(overrides)))


@pytest.mark.parametrize(
    ("text", "distribution"),
    [
        ("interval(1e-4,1e-2)", Float(1e-4, 1e-2)),
        ("interval(1,3)", Float(1.0, 3.0)),
        ("tag(log,interval(1e-4,1e-2))", Float(1e-4, 1e-2, log=True)),
        ("int(interval(1,9))", Int(1, 9)),
        ("tag(int,interval(1,9))", Int(1, 9)),
        ("tag(log,int(interval(1,64)))", Int(1, 64, log=True)),
        ("choice(8,16)", Choice([8, 16])),
        ("8,16,null,true", Choice([8, 16, None, True])),
        ("choice([48,64],'a b',hinge)", Choice(["[48,64]", r"a\ b", "hinge"])),
        ("range(8)", Int(0, 7)),
        ("range(8,17,4)", Int(8, 16, step=4)),
        ("tag(log,range(1,65))", Int(1, 64, log=True)),
        ("range(0,1,0.25)", Float(0.0, 0.75, step=0.25)),
        ("range(3,0,-1)", Choice([3, 2, 1])),
    ],
)
def test_distributions(text: str, distribution: object) -> None:
    assert space(f"a.b={text}").distributions == {"a.b": distribution}


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-05, "1e-05"), (8, "8"), (None, "null"), (True, "True"), ("[48,64]", "[48,64]")],
)
def test_a_drawn_value_is_an_override_of_the_same_value(value: Any, text: str) -> None:
    made = space("++a.b=1,2", "c='x y'", "~d", "a.c=3")
    overrides = made.trial({"a.b": value})
    assert overrides == [f"++a.b={text}", "c='x y'", "~d", "a.c=3"]
    again = OverridesParser.create().parse_override(overrides[0]).value()
    assert again == ([48, 64] if value == "[48,64]" else value)


def test_the_last_of_one_key_holds() -> None:
    made = space("a=1,2", "b=1", "a=interval(0,1)")
    assert made.distributions == {"a": Float(0.0, 1.0)}
    assert made.typed == ["a=interval(0,1)", "b=1"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a=interval(2,1)", "a: "),
        ("a=tag(log,interval(0,1))", "a: "),
        ("a=1", "hydra/sweeper=optuna has nothing to search over"),
    ],
)
def test_what_cannot_be_searched(text: str, line: str) -> None:
    with pytest.raises(ConfigError, match=line) as error:
        space(text)
    assert "\n" not in str(error.value)
