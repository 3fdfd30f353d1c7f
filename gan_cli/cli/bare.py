"""Arguments that are neither flags nor overrides: the directories that a command is about."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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


@contextmanager
def replaced(
    override: Callable[[list[str]], str], flags: Mapping[str, str] = MappingProxyType({})
) -> Iterator[None]:
    """This process's arguments with one override in place of the bare ones, which Hydra refuses.

    Args:
        override: what they stand for; it may raise a ConfigError.
        flags: those that stand for an override each.
    """
    typed = sys.argv[1:]
    found, rest = split([flags.get(each, each) for each in typed])
    sys.argv[1:] = rest
    try:
        if found:  # in front: argparse wants overrides in one piece
            chosen = override(found)
            key = chosen.partition("=")[0]
            if any(each.startswith(f"{key}=") for each in rest):
                raise ConfigError(f"{found[0]}: give {key} either as bare argument or as {key}=")
            sys.argv[1:] = [chosen, *rest]
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
        ConfigError: always.
    """
    raise ConfigError(
        f"{found[0]}: an argument is KEY=VALUE, such as model=dcgan, or resume=RUN; --help has all"
    )


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The bare arguments, and those for Hydra."""
    rest: list[str] = []
    found: list[str] = []
    for before, argument in zip(["", *arguments], arguments, strict=False):
        is_path = (
            "=" not in argument or Path(argument).is_dir()
        )  # a sweep may well name a folder seed=0
        (
            found
            if is_path and not argument.startswith("-") and before not in TAKES_A_VALUE
            else rest
        ).append(argument)
    return found, rest


def quoted(text: str) -> str:
    """A string of Hydra's override grammar that means exactly `text`, without interpolation."""
    literal = re.sub(r"(\\*)\$\{", r"\1\1\\${", text)
    return (
        "'"
        + re.sub(r"(\\*)('|$)", lambda found: found[1] * 2 + ("\\'" if found[2] else ""), literal)
        + "'"
    )
