"""Arguments that are neither flags nor overrides: the directories that a command is about."""

from __future__ import annotations

import re
from pathlib import Path

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
