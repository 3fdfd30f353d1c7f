"""What is wrong with the YAML in a folder of one's own, which Hydra answers with a traceback."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from gan_cli.data.reading.arrays import first_line

DEEPEST = 50
"""Levels of a configuration."""
TAGS = re.compile(r"tag:yaml\.org,2002:(map|seq|str|int|float|bool|null|merge|timestamp)")


def mistake(arguments: Sequence[str]) -> str | None:
    """The first file below --config-dir that is no configuration, with its line and why; those that
    are asked for come first.
    """
    asked = {argument.partition("=")[2] for argument in arguments}
    for folder in _folders(arguments):
        found = sorted(Path(folder).rglob("*.y*ml"))
        for path in sorted(found, key=lambda each: each.stem not in asked):
            if reason := _wrong(path):
                return f"{path}{reason}"
    return None


def _folders(arguments: Sequence[str]) -> list[str]:
    found = []
    for place, argument in enumerate(arguments):
        flag, given, value = argument.partition("=")
        if flag in ("--config-dir", "-cd"):
            found.append(value if given else "".join(arguments[place + 1 : place + 2]))
    return found


def _wrong(path: Path) -> str | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        return f": {first_line(error)}"
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return f", line {line}: {(error.problem or str(error.context)).removeprefix('but ')}"
    except yaml.YAMLError as error:
        return f": {first_line(error)}"
    except RecursionError:
        return f": more than {DEEPEST} levels"
    if node is None:
        return None
    if not isinstance(node, yaml.MappingNode):
        return ", line 1: no keys and values"
    return _wrong_node(node, ()) or _of_itself(node, path)


def _wrong_node(node: Any, above: tuple[Any, ...]) -> str | None:
    where = f", line {node.start_mark.line + 1}"
    if any(node is each for each in above):
        return f"{where}: an alias to what it stands in"
    if len(above) > DEEPEST:
        return f"{where}: more than {DEEPEST} levels"
    if not TAGS.fullmatch(node.tag):
        return f"{where}: {node.tag.replace('tag:yaml.org,2002:', '!!')} is not read"
    below = node.value if isinstance(node, yaml.SequenceNode) else []
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            return f"{where}: the key {twice} stands there twice"
        below = [each for pair in node.value for each in pair]
    return next(filter(None, (_wrong_node(each, (*above, node)) for each in below)), None)


def _of_itself(node: Any, path: Path) -> str | None:
    for key, value in node.value:
        if key.value == "defaults" and isinstance(value, yaml.SequenceNode):
            for each in value.value:
                if each.value == path.stem:
                    return f", line {each.start_mark.line + 1}: {path.stem} is a default of itself"
    return None
