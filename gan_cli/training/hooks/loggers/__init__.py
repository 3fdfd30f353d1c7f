"""Where a run is followed beside its own directory, one file each: TensorBoard, W&B, MLflow.

`logger=NAME` chooses them for one command and is never stored: a run directory from a stranger must
not choose where numbers are sent. Importing a logger's file costs nothing of its package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from gan_cli.base.errors import ConfigError
from gan_cli.config.catalogue import Catalogue, Entry, current_plugin


@dataclass(frozen=True)
class Followed:
    """What a logger is told of a run when it begins.

    Attributes:
        directory: of the run.
        config: key -> value of its configuration, as in config.json.
        id: what this logger called the run before, of one that is resumed; None: it is new here.
    """

    directory: Path
    config: Mapping[str, Any]
    id: str | None

    @property
    def name(self) -> str:
        """What the run is called: its name, or that of its directory."""
        return self.config.get("name") or self.directory.name


class Logger(Protocol):
    """Any method may raise: the run goes on without the logger then.

    Attributes:
        id: what the logger calls the run.
    """

    id: str

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Values by tags such as loss/generator, score/frechet."""
        ...

    def image(self, step: int, tag: str, path: Path) -> None:
        """A PNG file."""
        ...

    def files(self, paths: list[Path]) -> None:
        """What samples can be drawn from: the best checkpoint, and what reads it."""
        ...

    def close(self) -> None:
        """The run has ended, or is interrupted."""
        ...


@dataclass(frozen=True, kw_only=True)
class LoggerEntry(Entry):
    """A registered logger.

    Attributes:
        package: what it imports; an extra of gan_cli of the logger's name installs it.
    """

    package: str


LOGGERS: Catalogue[LoggerEntry] = Catalogue("logger", __name__)
"""Every logger by its name."""

Build = Callable[[Any, Followed], Logger]


def logger(name: str, options: type, *, package: str) -> Callable[[Build], Build]:
    """Register `build(options, followed) -> Logger` as `logger=name`."""

    def register(build: Build) -> Build:
        plugin = current_plugin()
        LOGGERS.add(
            LoggerEntry(name=name, build=build, options=options, plugin=plugin, package=package)
        )
        return build

    return register


def parse_loggers(values: Any) -> list[Any]:
    """The options of each logger, of {name: plain values}.

    Raises:
        ConfigError: one line with the key and what is accepted, or the package that is missing.
    """
    if not isinstance(values, dict):
        raise ConfigError(f"logger={values}: one or several of {', '.join(LOGGERS)}")
    chosen = []
    for name, given in values.items():
        package = LOGGERS[name].package
        if find_spec(package) is None:
            raise ConfigError(
                f"logger={name} needs the package {package}: pip install 'gan_cli[{name}]'"
            )
        chosen.append(LOGGERS.parse({**(given or {}), "name": name}))
    return chosen
