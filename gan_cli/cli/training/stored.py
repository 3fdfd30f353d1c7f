"""The configuration that a run stores and a resumed run inherits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from gan_cli.base.errors import ConfigError, RunDirectoryError
from gan_cli.base.nested import flatten, unflatten
from gan_cli.cli.hydra import plugins
from gan_cli.cli.options import keys
from gan_cli.config.catalogue import require_plugins
from gan_cli.config.commands import TrainCommand
from gan_cli.runs.listing import locate
from gan_cli.training.configuration import train_config

if TYPE_CHECKING:
    from gan_cli.runs.rundir import RunDirectory

SAFE = re.compile(
    r"name|notes|watchdog|evaluation\..*|distribution(\..*)?|schedule(\..*)?|data\.(path|decode)|model\.features_file"
    r"|optimizer\.(players\.\w+\.)?learning_rate|optimizer\.players\.\w+\.rate_factor"
    r"|training\.(steps|epochs|steps_per_call|xla|feed|threads)"
    r"|training\.(log_every|preview_every|checkpoint_every)"
)
"""What may change between the parts of a run; anything else would change the meaning of the weights
or of the position.
"""


def plain(composed: DictConfig) -> dict[str, Any]:
    """The composed configuration of a run as plain values, interpolations resolved.

    `init_from` becomes absolute: a run that goes on before its first checkpoint reads it again,
    from whatever directory.
    """
    values: dict[str, Any] = OmegaConf.to_container(composed, resolve=True)  # type: ignore[assignment]
    for key in keys(TrainCommand):  # how and where it runs
        values.pop(key, None)
    if isinstance(values.get("init_from"), str) and values["init_from"]:
        values["init_from"] = str(locate.run(values["init_from"]).absolute())
    return values


def stored_values(composed: DictConfig) -> dict[str, Any]:
    """Plain values for config.json, with `${oc.env:...}` as written: what the environment holds
    stays out of the file.

    Raises:
        ConfigError: a key other than data.path comes from the environment; the model could not be
            rebuilt from it.
    """
    resolved = plain(composed)
    written = flatten(OmegaConf.to_container(composed, resolve=False))
    for key, value in written.items():
        if "oc.env" in str(value):
            if key != "data.path":
                raise ConfigError(
                    f"{key}={value}: only data.path may come from the environment, for it is "
                    "not "
                    "stored"
                )
            resolved["data"]["path"] = value
    return resolved


def resumed(
    run: RunDirectory, given_stored: dict[str, Any], composed: DictConfig, overrides: list[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The run's configuration with the overrides of this command line: (as stored, as used).

    Raises:
        RunDirectoryError: config.json is not a configuration.
        ConfigError: an override that would change what the run is, with a table; or a path that
            came from the environment.
    """
    inherited = run.read_config()
    require_plugins(inherited.pop(plugins.KEY, None))
    try:
        train_config(inherited)
    except ConfigError as error:
        raise RunDirectoryError(f"{run.path}/config.json: {error}") from None
    stored = _merge(inherited, given_stored, overrides)
    used = _merge(inherited, plain(composed), overrides)
    train_config(used)  # a key that nobody knows is a mistake of its own, not a difference
    refuse_changes(run, inherited, stored)
    without_environment(used.get("data", {}).get("path"))
    return stored, used


def refuse_changes(run: RunDirectory, inherited: dict[str, Any], stored: dict[str, Any]) -> None:
    """Refuse what would change the meaning of a run's weights.

    Raises:
        ConfigError: a table of the differences; or steps are given to a run of epochs, which they
            would not change.
    """
    before, after = flatten(inherited), flatten(stored)
    epochs, steps = "training.epochs", "training.steps"
    lasting = after.get(epochs) is not None and before.get(epochs) == after[epochs]
    if lasting and before.get(steps) != after.get(steps):
        raise ConfigError(
            f"{steps}={after.get(steps)}: {run.path} lasts {epochs}={after[epochs]}; give "
            f"{epochs}=N, or {epochs}=null with it"
        )
    changed = [
        key
        for key in sorted(before | after)
        if before.get(key) != after.get(key) and not SAFE.fullmatch(key)
    ]
    if changed:
        rows = [
            ("key", "this run", "asked for"),
            *((key, before.get(key), after.get(key)) for key in changed),
        ]
        table = "\n".join(f"  {key!s:<36}{old!s:<20}{new!s}" for key, old, new in rows)
        raise ConfigError(
            f"resume={run.path} cannot change these; start a new run for them:\n{table}"
        )


def without_environment(path: Any) -> None:
    """Refuse a stored data.path whose value was not stored."""
    if isinstance(path, str) and "${" in path:
        raise ConfigError(
            f"data.path was {path}, from the environment, which is not stored: give data.path= "
            "again"
        )


def _merge(inherited: dict[str, Any], given: Any, overrides: list[str]) -> dict[str, Any]:
    """`inherited` with the values of those keys and groups of `given` that the command line
    names.
    """
    merged = unflatten(flatten(inherited))
    for override in overrides:
        key = override.lstrip("+~").split("=")[0].split("@")[0].replace("/", ".")
        if key.partition(".")[0] in ("resume", "run_dir", "logger", plugins.KEY):
            continue
        if key == "experiment":
            raise ConfigError("experiment= cannot be given with resume=; give its keys")
        *parents, last = key.split(".")
        source, target = given, merged
        try:
            for parent in parents:
                source, target = source[parent], target.setdefault(parent, {})
            target[last] = source[last]
        except (KeyError, TypeError, AttributeError):  # ~key, or a key below a value
            raise ConfigError(f"{override} cannot be given with resume=") from None
    return merged
