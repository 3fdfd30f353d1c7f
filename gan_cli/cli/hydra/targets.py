"""What Hydra builds and opens because its own section of the configuration names it: of a YAML in a
folder that `--config-dir` names, plugins that are installed, and logging to the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from omegaconf import DictConfig, ListConfig, Node
from omegaconf.errors import OmegaConfBaseException

from gan_cli.base.errors import ConfigError

BUILT, LOGGING = ("callbacks", "launcher", "sweeper"), ("job_logging", "hydra_logging")
PLUGIN = re.compile(
    r"hydra_plugins\.[\w.]+|hydra\._internal\.core_plugins\.[\w.]+"
    r"|hydra\.experimental\.callbacks\.\w+|gan_cli\.cli\.multirun\.sweeper\.Sweep"
)
LOGGER = re.compile(
    r"logging\.(StreamHandler|NullHandler|Formatter)|colorlog\.ColoredFormatter"
    r"|ext://sys\.std(out|err)"
)
IMPORTED = re.compile("'(ext|cfg)://")
OWN_LOG = "${hydra.runtime.output_dir}/${hydra.job.name}.log"
"""The file of Hydra's own hydra/job_logging=default."""


@contextmanager
def checked() -> Iterator[None]:
    """Every configuration that Hydra composes meanwhile is looked at before Hydra acts on it.

    Raises:
        ConfigError: it names something else.
    """
    composed = ConfigLoaderImpl.load_configuration

    def load(self: ConfigLoaderImpl, *arguments: Any, **named: Any) -> DictConfig:
        config: DictConfig = composed(self, *arguments, **named)
        _refuse(config.hydra)
        return config

    ConfigLoaderImpl.load_configuration = load
    try:
        yield
    finally:
        ConfigLoaderImpl.load_configuration = composed


def _refuse(hydra: DictConfig) -> None:
    for section in (*BUILT, *LOGGING):
        accepted = PLUGIN if section in BUILT else LOGGER
        for key, name in _named(hydra, section, f"hydra.{section}"):
            if not accepted.fullmatch(name):
                what = "plugins that are installed" if section in BUILT else "the terminal"
                raise ConfigError(
                    f"{key}: {name} is refused; Hydra may use {what} alone, since configuration "
                    "is often a stranger's"
                )


def _named(parent: DictConfig | ListConfig, key: Any, path: str) -> Iterator[tuple[str, str]]:
    """Where something is named that Hydra or logging would import, and its name."""
    try:
        value = parent[key]
    except OmegaConfBaseException:  # an interpolation that only a job can resolve
        value = _written(parent, key)
    if isinstance(value, DictConfig):
        own = _written(value, "filename") == OWN_LOG
        for below in list[Any](value):
            if not (own and below == "class" and value[below] == "logging.FileHandler"):
                yield from _named(value, below, f"{path}.{below}")
    elif isinstance(value, ListConfig):
        for place in range(len(value)):
            yield from _named(value, place, f"{path}.{place}")
    elif key in ("_target_", "class", "()") or IMPORTED.match(repr(value)):
        yield path, value if isinstance(value, str) else repr(value)


def _written(parent: DictConfig | ListConfig, key: Any) -> str | None:
    """A value as it was written, interpolations and all."""
    node = parent._get_node(key, validate_access=False)
    return str(node._value()) if isinstance(node, Node) else None
