"""Bare arguments: which they are, and the override that they become."""

from __future__ import annotations

import sys

import pytest

from gan_cli.base.errors import ConfigError
from gan_cli.cli import bare


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["smooth=0.5"], ["smooth=0.5"]),
        (["a", "smooth=0.5", "b c"], ["runs=['a','b c']", "smooth=0.5"]),
        (["--cfg", "job", "a"], ["runs=['a']", "--cfg", "job"]),
        (["a", "-cd", "mine", "--help"], ["runs=['a']", "-cd", "mine", "--help"]),
    ],
)
def test_what_hydra_reads_while_a_command_runs(
    arguments: list[str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["gan-plot", *arguments])
    with bare.replaced(bare.several("runs")):
        assert sys.argv == ["gan-plot", *expected]
    assert sys.argv == ["gan-plot", *arguments]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a", "b"], "b: one directory at a time, and a is given already"),
        (["a", "directory=b"], "a: give directory either as bare argument or as directory="),
    ],
)
def test_one_directory(arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["gan-report", *arguments])
    with pytest.raises(ConfigError) as caught, bare.replaced(bare.one("directory")):
        pass
    assert str(caught.value) == message
