"""Arguments that are neither flags nor overrides: the directories that a command is about."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from gan_cli.base.errors import ConfigError

TAKES_A_VALUE = {
    "--cfg",
    "-c",
    "--package",
    "-p",
    "--config-path",
    "-cp",
    "--config-name",
    "-cn",
    "--config-dir",
    "-cd",
    "--info",
    "-i",
}
"""Hydra's flags whose next argument is their value and no directory."""
FLAGS = (
    "--help",
    "--hydra-help",
    "--version",
    "--resolve",
    "--run",
    "--multirun",
    "--shell-completion",
    "--experimental-rerun",
)
"""The others."""


@contextmanager
def replaced(
    override: Callable[[list[str]], str], aliases: Mapping[str, str] = MappingProxyType({})
) -> Iterator[None]:
    """This process's arguments with one override in place of the bare ones, which Hydra refuses,
    and all overrides in one piece, in front of the flags, as argparse wants them.

    Args:
        override: what they stand for; it may raise a ConfigError.
        aliases: flags that stand for an override each.
    """
    typed = sys.argv[1:]
    found, overrides, flags = split([aliases.get(each, each) for each in typed])
    try:
        sys.argv[1:] = [*overrides, *flags]
        if found:
            chosen = override(found)
            key = chosen.partition("=")[0]
            if any(each.startswith(f"{key}=") for each in overrides):
                raise ConfigError(f"{found[0]}: give {key} either as bare argument or as {key}=")
            sys.argv[1:] = [chosen, *overrides, *flags]
        yield
    finally:
        sys.argv[1:] = typed


def one(key: str) -> Callable[[list[str]], str]:
    """`key` takes the one bare argument."""

    def override(found: list[str]) -> str:
        if len(found) > 1:
            raise ConfigError(f"{found[1]}: one {key} at a time, and {found[0]} is given already")
        return f"{key}={quoted(found[0])}"

    return override


def several(key: str) -> Callable[[list[str]], str]:
    """`key` takes the list of all bare arguments."""
    return lambda found: f"{key}=[{','.join(map(quoted, found))}]"


def refuse(found: list[str]) -> str:
    """A command that takes none.

    Raises:
        ConfigError: always, with what was probably meant.
    """
    first = found[0]
    meant = [f"{group}={first}" for group in _groups(first)]
    if (Path(first) / "model.json").exists():
        meant = [f"resume={quoted(first) if ' ' in first else first}"]
    elif Path(first).is_dir():
        meant = [f"data=folder data.path={first}"]
    hint = f"; did you mean {' or '.join(meant)}?" if meant else "; --help has all"
    raise ConfigError(
        f"{first}: settings are written KEY=VALUE, such as model=dcgan or resume=RUN{hint}"
    )


def refuse_dashes(
    arguments: list[str], ours: Collection[str], meant: Callable[[str], str | None]
) -> None:
    """Settings as other programs take them, with dashes.

    Args:
        ours: flags of a command.
        meant: (an unknown key) -> the nearest one.

    Raises:
        ConfigError: there is one, with the way it is written here.
    """
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=False):
        name, _, value = argument.partition("=")
        known = any(each.startswith(name) for each in (*FLAGS, *TAKES_A_VALUE, *ours))
        if known or not re.fullmatch(r"--[a-z][\w.-]*", name):
            continue
        key = name[2:].replace("-", "_")
        if not value:
            value = "VALUE" if following.startswith("-") or not following else following
        raise ConfigError(f"{argument}: a setting has no dashes: {meant(key) or key}={value}")


def _groups(option: str) -> list[str]:
    """The groups of ours that have an option of this name."""
    groups = files("gan_cli.configs").iterdir()
    has = [each.name for each in groups if each.is_dir() and (each / f"{option}.yaml").is_file()]
    return sorted(has)


def split(arguments: list[str]) -> tuple[list[str], list[str], list[str]]:
    """The bare arguments, overrides, and flags with their values."""
    bare, overrides, flags = list[str](), list[str](), list[str]()
    for before, argument in zip(["", *arguments], arguments, strict=False):
        if argument.startswith("-") or before in TAKES_A_VALUE:
            flags.append(argument)
        elif "=" not in argument or Path(argument).is_dir():
            bare.append(argument)  # a sweep may well name a folder seed=0
        else:
            overrides.append(argument)
    return bare, overrides, flags


def quoted(text: str) -> str:
    """A string of Hydra's override grammar that means exactly `text`, without interpolation."""
    literal = re.sub(r"(\\*)\$\{", r"\1\1\\${", text)
    return (
        "'"
        + re.sub(r"(\\*)('|$)", lambda found: found[1] * 2 + ("\\'" if found[2] else ""), literal)
        + "'"
    )
