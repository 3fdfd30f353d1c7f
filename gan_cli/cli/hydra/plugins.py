"""`plugins=[package.module]`: imported before Hydra composes, for it must know their names."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import OverrideParseException

from gan_cli.base.errors import ConfigError
from gan_cli.config.catalogue import load_plugins

KEY = "plugins"


def load_from(arguments: list[str]) -> None:
    """Import what `plugins=` names among a command's arguments.

    Raises:
        ConfigError: it is no list of modules, or one of them cannot be imported.
    """
    given = [each for each in arguments if each.lstrip("+").startswith(f"{KEY}=")]
    if not given:
        return
    try:
        load(OverridesParser.create().parse_overrides(given)[-1].value())
    except OverrideParseException as error:
        raise ConfigError(str(error).splitlines()[0]) from None


def load(modules: Any) -> None:
    """Import modules by their names; those in the current directory are found too.

    Raises:
        ConfigError: it is no list of names, or one of them cannot be imported.
    """
    if not modules:
        return
    if isinstance(modules, str) or not all(isinstance(each, str) for each in modules):
        raise ConfigError(f"{KEY}={modules}: a list of modules, as in {KEY}=[package.module]")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # last, so that no file here hides an installed module
    load_plugins(modules)
