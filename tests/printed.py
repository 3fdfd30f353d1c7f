"""Commands as pages print them, found and composed without being run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from hydra import compose, initialize_config_module
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override
from omegaconf import DictConfig, OmegaConf

from gan_cli.cli import bare
from gan_cli.cli.hydra import source
from gan_cli.cli.options import COMMANDS, keys
from gan_cli.cli.training.stored import plain
from gan_cli.config.options import parse
from gan_cli.editing import EDITS
from gan_cli.training.configuration import train_config

CONFIGS = {"gan-data": "look"}
"""Where the primary configuration is not called as the command."""
ABOUT = ("checkpoint", "directory", "runs", "folder")
"""Keys that bare arguments may stand for."""
FLAGS = ("--help", "--version", "--cfg")
CUT_SHORT = re.compile(r"\.\.\.|\$|=NAME\b")


def commands(text: str) -> list[str]:
    """The commands of a page, but not those that are cut short by dots, or hold a variable or a
    KEY=NAME.
    """
    return [line for line in every(text) if not CUT_SHORT.search(line)]


def every(text: str) -> list[str]:
    """The commands in a page's bash blocks and those between backticks, without comments."""
    blocks = re.findall(r"```(?:bash|sh)\n(.*?)```", text, flags=re.DOTALL)
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    spans = re.findall(r"`(gan-\w+\s[^`]+)`", prose)
    return [*(line for each in lines for line in _in_line(each)), *map(_on_one_line, spans)]


def _in_line(line: str) -> Iterator[str]:
    """gan-* and its arguments, in a line of the shell."""
    words = shlex.split(line, comments=True)
    for start, word in enumerate(words):
        if re.fullmatch(r"gan-[a-z]+", word):
            rest = words[start:]
            end = next((at for at, each in enumerate(rest) if each in ("&&", ";;", "|")), None)
            yield shlex.join(rest[:end])


def _on_one_line(command: str) -> str:
    return " ".join(command.split())


def given_to(command: str) -> list[str]:
    """The overrides of a command, and those that its bare arguments stand for."""
    name, *arguments = shlex.split(command)
    paths, overrides, _ = bare.split([each for each in arguments if each not in (*FLAGS, "job")])
    given = [*_about(name, paths), *overrides]
    if any(each.startswith("resume=") for each in given):  # its model and data are not known here
        given = [each for each in given if not each.startswith(("data.", "model."))]
    return given


def compose_and_check(command: str) -> None:
    """Compose what a command would, and check it by its schema.

    Raises:
        Exception: whatever the command would be refused for.
    """
    name, *arguments = shlex.split(command)
    if "--config-dir" in arguments or any(each.startswith("plugins=") for each in arguments):
        return  # files of the user's own, which other tests write
    if "cluster=ray" in arguments:
        pytest.importorskip("hydra_plugins.hydra_ray_launcher")
    given = given_to(command)
    if {"-m", "--multirun"} & {*arguments}:
        swept = values(given)
        first = [values[0] for values in swept]
        _check(name, first)
        for at, each in enumerate(swept):
            for value in each[1:] if "." not in each[0].partition("=")[0] else []:
                if not value.startswith("seed="):  # a name, which may be wrong
                    _check(name, [*first[:at], value, *first[at + 1 :]])
    else:
        _check(name, given)


def _about(name: str, paths: list[str]) -> list[str]:
    if not paths:
        return []
    known = keys(COMMANDS[name])
    if len(paths) > 1 and "compare" in known:
        return [bare.several("compare")(paths)]
    key = next(key for key in ABOUT if key in known)
    return [(bare.several if key == "runs" else bare.one)(key)(paths)]


def values(overrides: list[str]) -> list[list[str]]:
    """Of each override of a sweep those of its runs."""
    return [_values(each) for each in OverridesParser.create().parse_overrides(overrides)]


def _values(override: Override) -> list[str]:
    """The overrides of single runs that one of a sweep stands for."""
    if not override.is_sweep_override():
        return [str(override.input_line)]
    key, value = override.get_key_element(), override.value()
    if isinstance(value, IntervalSweep):
        return [f"{key}={value.start}"]
    return [f"{key}={each}" for each in override.sweep_string_iterator()]


def composed(name: str, overrides: list[str]) -> DictConfig:
    """The configuration of a command."""
    config = CONFIGS.get(name, name.removeprefix("gan-"))
    configs = initialize_config_module("gan_cli.configs", version_base="1.3")
    with source.of_command(config), configs:
        return compose(config, overrides)


def _check(name: str, overrides: list[str]) -> None:
    configuration = composed(name, overrides)
    own: dict[str, Any] = {}
    if name != "gan-train":
        own = _own(configuration, COMMANDS[name])
        parse(COMMANDS[name], own)
    if edit := own.get("edit"):
        options = EDITS[edit].options
        parse(options, _own(configuration, options))
    if name in ("gan-train", "gan-data"):
        every = plain(configuration)
        assert train_config({key: value for key, value in every.items() if key not in own})


def _own(composed: DictConfig, schema: type) -> dict[str, Any]:
    values = OmegaConf.to_container(composed, resolve=True)
    assert isinstance(values, dict)
    return {key: values[key] for key in keys(schema) if key in values}
