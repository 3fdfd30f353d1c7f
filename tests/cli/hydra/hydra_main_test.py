"""Hydra's failures are raised, not printed, without an environment variable that jobs inherit.

Hydra prints them and leaves by `sys.exit(1)` inside its except clause, which keeps the exception as
the context of the exit. Should that change, these tests notice.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hydra.errors import ConfigCompositionException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig

from gan_cli.cli.hydra import hydra_main, source

CONFIGS = f"pkg://{source.PACKAGE}"


def call(monkeypatch: pytest.MonkeyPatch, function: object, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["gan-plot", "runs=[a]", *arguments])
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    hydra_main.call(function, "plot", CONFIGS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("argument", "kind"),
    [
        ("smoth=1", ConfigCompositionException),
        ("smooth=[", OverrideParseException),
        ("hydra/launcher=nowhere", MissingConfigException),
    ],
)
def test_what_hydra_refuses(
    argument: str,
    kind: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(kind):
        call(monkeypatch, lambda composed: None, argument)
    assert capsys.readouterr() == ("", "")


def test_a_bug_in_the_command_and_what_it_has_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(composed: DictConfig) -> None:
        assert composed.runs == ["a"]
        assert "HYDRA_FULL_ERROR" not in os.environ
        with hydra_main.heard():
            print("from the command", file=sys.stderr)
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        call(monkeypatch, command)
    assert capsys.readouterr() == ("", "from the command\n")


def test_an_exit_of_the_command_is_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(composed: DictConfig) -> None:
        try:
            raise ValueError("expected")
        except ValueError:
            raise SystemExit(1) from None

    with pytest.raises(SystemExit) as caught:
        call(monkeypatch, command)
    assert caught.value.code == 1
    assert capsys.readouterr() == ("", "")


def test_arguments_that_argparse_refuses_keep_its_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        call(monkeypatch, lambda composed: None, "--nothing")
    assert caught.value.code == 2
    assert "unrecognized arguments: --nothing" in capsys.readouterr().err


def test_a_bug_keeps_its_traceback_whoever_sees_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the user has asked Hydra to raise."""

    def command(composed: DictConfig) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(sys, "argv", ["gan-plot", "runs=[a]"])
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(ZeroDivisionError) as caught:
        hydra_main.call(command, "plot", CONFIGS)
    assert caught.traceback[-1].name == "command"
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("arguments", "jobs"), [((), 1), (("+mine=two", "--config-dir=mine"), 2)])
def test_a_sweep_that_a_yaml_of_the_user_asks_for(
    arguments: tuple[str, ...],
    jobs: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine" / "mine").mkdir(parents=True)
    (tmp_path / "mine" / "mine" / "two.yaml").write_text(
        "# @package _global_\nhydra: {mode: MULTIRUN, sweeper: {params: {smooth: '0.1,0.2'}}}\n"
    )
    seen: list[float] = []
    call(monkeypatch, lambda composed: seen.append(composed.smooth), *arguments)
    assert seen == ([0.1, 0.2] if jobs == 2 else [0.0])
