"""Where Hydra finds every configuration: our YAML over the defaults of the schema.

A YAML states only what differs from the schema. What a plugin has registered needs no YAML: its
defaults are the configuration of its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import MISSING, DictConfig, OmegaConf

from gan_cli.base import files
from gan_cli.config import commands
from gan_cli.config.catalogue import Catalogue
from gan_cli.config.options import defaults
from gan_cli.config.schema import GROUPS, Augment, Distribution, Optimizer, Schedule, TrainConfig
from gan_cli.data import DATA
from gan_cli.editing import EDITS
from gan_cli.models import MODELS
from gan_cli.objectives.losses import LOSSES
from gan_cli.objectives.options import loss_schema
from gan_cli.training.hooks.loggers import LOGGERS

PACKAGE = "gan_cli.configs"
CATALOGUES: dict[str, Catalogue[Any]] = {
    "model": MODELS,
    "data": DATA,
    "loss": LOSSES,
    "logger": LOGGERS,
    "edit": EDITS,
}

PRIMARY: dict[str, list[type]] = {
    "train": [TrainConfig, commands.TrainCommand],
    "look": [commands.DataConfig],
    "sample": [commands.SampleConfig],
    "export": [commands.ExportConfig],
    "edit": [commands.EditConfig],
    "evaluate": [commands.EvaluateConfig],
    "plot": [commands.PlotConfig],
    "report": [commands.ReportConfig],
    "runs": [commands.RunsConfig],
    "watch": [commands.WatchConfig],
    "hydra/launcher/processes": [commands.Processes],
    "hydra/sweeper/optuna": [commands.Optuna],
}
"""Configuration -> the schemas whose keys it holds."""

PLAIN = ("runs", "watch")
"""Commands without groups."""

OPEN = {
    "train": (*GROUPS, "training", "evaluation", "sweep", "logger"),
    "evaluate": ("data",),
}
"""Configuration -> sections in which Hydra takes any key: the schema knows which there are, and
answers with the nearest. Of a resumed run, and of players, Hydra cannot know them.
"""


class Configs(ConfigSource):
    """`gan://PACKAGE`: Hydra's own source of that package's YAML, over the schema.

    Hydra copies its sources for each look at a group; nothing changes this one.

    Attributes:
        hidden: groups that are none of the command's, such as `model` where it is a plain value.
    """

    hidden: tuple[str, ...] = ()

    def __init__(self, provider: str, path: str) -> None:
        super().__init__(provider, path)
        sources = cast(list[type[ConfigSource]], Plugins.instance().discover(ConfigSource))
        packaged = next(each for each in sources if each.scheme() == "pkg")
        self._files = packaged(provider, f"pkg://{self.path}")

    def __deepcopy__(self, _: object) -> Configs:
        return self

    @staticmethod
    def scheme() -> str:
        return "gan"

    def available(self) -> bool:
        return bool(self._files.available())

    def is_group(self, config_path: str) -> bool:
        return config_path not in self.hidden and bool(self._files.is_group(config_path))

    def is_config(self, config_path: str) -> bool:
        return bool(self._files.is_config(config_path)) or _registered(config_path)

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        found = self._files.list(config_path, results_filter)
        if config_path in CATALOGUES and results_filter != ObjectType.GROUP:
            found += CATALOGUES[config_path].of_plugins()
        hidden = self.hidden if results_filter == ObjectType.GROUP and not config_path else ()
        return sorted(set(found).difference(hidden))

    def load_config(self, config_path: str) -> ConfigResult:
        name = config_path.removesuffix(".yaml")
        group, _, option = name.rpartition("/")
        if not self._files.is_config(name):
            if group == "edit":
                return self._result(_edit(option), "_global_")
            package = f"logger.{option}" if group == "logger" else None  # there may be several
            config = _over_schema(group, OmegaConf.create({"name": option}))
            return self._result(config, package)
        result = self._files.load_config(name)
        config = cast(DictConfig, result.config)
        if name in PRIMARY:
            result.config = _primary(name, config)
        elif group == "edit":
            result.config = _edit(option)
        elif group == "logger":
            result.config = _over_schema(group, config) if "name" in config else config
        elif group in GROUPS:
            if result.header["package"] == "_global_":
                config[group] = _over_schema(group, config[group])
            else:
                result.config = _over_schema(group, config)
        return result

    def _result(self, config: DictConfig, package: str | None) -> ConfigResult:
        return ConfigResult(self.provider, self.full_path(), config, {"package": package})


class Replaced(SearchPathPlugin):
    """Puts our source where Hydra would read the package's YAML as it is."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for element in search_path.get_path():
            if element.path == f"pkg://{PACKAGE}":
                element.path = f"{Configs.scheme()}://{PACKAGE}"


@contextmanager
def of_command(command: str) -> Iterator[None]:
    """The configurations of a command."""
    register()
    Configs.hidden = GROUPS if command in PLAIN else () if command == "edit" else ("edit",)
    try:
        yield
    finally:
        Configs.hidden = ()


def register() -> None:
    """Make Hydra, in this process alone, read our configurations from here, and know our launcher
    and sweepers: its own scan sees those only where gan_cli is installed as a wheel. It takes such
    classes of hydra_plugins alone, which is mapped from `gan_cli/cli/plugin`.
    """
    from hydra_plugins.gan_cli import Grid, Optuna, Processes

    for plugin in (Configs, Replaced, Processes, Grid, Optuna):
        Plugins.instance().register(plugin)


def _registered(config_path: str) -> bool:
    group, _, option = config_path.removesuffix(".yaml").rpartition("/")
    return group in CATALOGUES and _of_plugin(group, option)


def _of_plugin(group: str, name: str) -> bool:
    """Whether a plugin has brought it. What is ours and has no YAML is for Python alone."""
    return name in CATALOGUES[group].of_plugins()


def _schema(group: str, name: Any) -> type | None:
    """The schema of one option of a group; None where nothing of that name is registered."""
    if group in ("model", "data", "logger"):
        known = CATALOGUES[group]
        return known[name].options if name in known else None
    known_schemas: dict[str, Callable[[], type]] = {
        "loss": loss_schema,
        "optimizer": lambda: Optimizer,
        "schedule": lambda: Schedule,
        "augment": lambda: Augment,
        "distribution": lambda: Distribution,
    }
    return known_schemas[group]()


def _over_schema(group: str, given: DictConfig) -> DictConfig:
    """A YAML's values over the defaults of its schema; not of a YAML that builds on another."""
    schema = _schema(group, given.get("name"))
    if schema is None or "defaults" in given:
        return given
    named = {"name": given["name"]} if "name" in given else {}
    whole = OmegaConf.create(named | defaults(schema))
    whole.merge_with(given)
    return whole


def _primary(name: str, given: DictConfig) -> DictConfig:
    """The keys of a command at their defaults, with what its YAML says, and sections left open."""
    values: dict[str, Any] = {section: {} for section in OPEN.get(name, ())}
    groups = () if name in PLAIN else GROUPS
    for schema in PRIMARY[name]:
        fields = schema.__pydantic_fields__  # type: ignore[attr-defined]
        required = {key: MISSING for key, field in fields.items() if field.is_required()}
        values |= {key: value for key, value in required.items() if key not in groups}
        values |= {key: value for key, value in defaults(schema).items() if key not in groups}
    whole = OmegaConf.create(values)
    whole.merge_with(given)
    for section in OPEN.get(name, ()):
        OmegaConf.set_struct(whole[section], False)  # told outright, it outlives Hydra's merges
    return whole


def _edit(name: str) -> DictConfig:
    """The keys of an edit stand beside those that all edits have."""
    return OmegaConf.create({"edit": name, **defaults(EDITS[name].options)})


def sweep_directory(resumed: str | None, name: str | None = None) -> str:
    """Where a sweep writes: the one it goes on in, or runs/DATE/TIME-sweep, or -name-sweep,
    numbered where another sweep of the same second has it.
    """
    if resumed is not None:
        return resumed
    called = f"{name}-" if name and re.fullmatch(r"[\w.+-]{1,60}", str(name)) else ""
    return str(files.untaken(f"runs/{datetime.now():%Y-%m-%d/%H-%M-%S}-{called}sweep"))


OmegaConf.register_new_resolver(
    "gan.sweep_directory", sweep_directory, use_cache=True, replace=True
)
