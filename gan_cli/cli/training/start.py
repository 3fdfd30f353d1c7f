"""A run as a Python program asks for it: the same configuration as the command line composes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import OmegaConf

from gan_cli.base.errors import ConfigError
from gan_cli.base.nested import flatten
from gan_cli.cli import app
from gan_cli.cli.hydra import source
from gan_cli.cli.options import all_keys
from gan_cli.cli.training import single, stored
from gan_cli.config.catalogue import load_plugins, require_plugins
from gan_cli.config.schema import GROUPS
from gan_cli.data import arrays
from gan_cli.runs.listing import locate
from gan_cli.runs.rundir import RunDirectory
from gan_cli.training import init_from
from gan_cli.training.configuration import called, train_config
from gan_cli.training.hooks.loggers import parse_loggers

Say = Callable[[str], None]


def train(
    chosen: dict[str, Any],
    run_dir: str | Path | None,
    resume: str | Path | None,
    plugins: Sequence[str],
    say: Say,
) -> Path:
    """Train a run, or go on with one; its directory.

    Args:
        chosen: options of groups by name, sections as mappings, keys; data may be arrays.

    Raises:
        GanError: with the key or file and the way out.
    """
    load_plugins(plugins)
    loggers = _loggers(chosen.pop("logger", None))
    groups, keys = _sorted({key: value for key, value in chosen.items() if value is not None})
    if resume is not None:
        return _resumed(RunDirectory.resume(str(locate.run(resume))), groups, keys, say, loggers)
    values = _merged(_composed(groups), keys)
    config = train_config(values)
    name = called(config)

    def created() -> RunDirectory:
        if config.init_from is not None:
            init_from.locate(config.init_from)
        return RunDirectory.create(None if run_dir is None else str(run_dir), name)

    return single.carry_out(config, values, created, say, loggers)


def _loggers(given: Any) -> list[Any]:
    """Of a name, of several, or of {name: options}."""
    if isinstance(given, str):
        given = [given]
    return parse_loggers(dict.fromkeys(given) if isinstance(given, list) else given or {})


def _resumed(
    run: RunDirectory, groups: dict[str, str], keys: dict[str, Any], say: Say, loggers: list[Any]
) -> Path:
    if groups:
        raise ConfigError(f"{', '.join(groups)}: cannot be given with resume=; give keys")
    inherited = run.read_config()
    require_plugins(inherited.pop("plugins", None))
    values = _merged(inherited, keys)
    stored.refuse_changes(run, inherited, values)
    return single.carry_out(train_config(values), values, lambda: run, say, loggers)


def _sorted(chosen: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Options of groups by their names, and all else as full keys."""
    groups: dict[str, str] = {}
    keys: dict[str, Any] = {}
    for key, value in chosen.items():
        if key in (*GROUPS, "experiment") and isinstance(value, str):
            groups[key] = value
        elif key == "data" and not isinstance(value, dict):
            given = arrays.given(value)
            keys |= {f"data.{name}": getattr(given, name) for name in given.__dataclass_fields__}
        else:
            keys |= flatten({key: value})
    return groups, keys


def _composed(groups: dict[str, str]) -> dict[str, Any]:
    """The configuration of some groups, as plain values."""
    source.register()
    before = GlobalHydra.instance().hydra  # of a program that uses Hydra itself
    GlobalHydra.instance().clear()
    try:
        with initialize_config_module("gan_cli.configs", version_base="1.3"):
            composed = compose("train", [f"{group}={name}" for group, name in groups.items()])
    except HydraException as error:
        raise ConfigError(app.explain(error, all_keys)) from None
    finally:
        GlobalHydra.instance().hydra = before
    OmegaConf.set_struct(composed, False)
    return stored.plain(composed)


def _merged(values: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    """Values with some full keys set; another source of data takes the place of all its options."""
    merged = {**values, "data": {}} if "data.name" in keys else dict(values)
    for key, value in keys.items():
        *parents, last = key.split(".")
        target = merged
        for parent in parents:
            target[parent] = dict(target.get(parent) or {})
            target = target[parent]
        target[last] = value
    return merged
