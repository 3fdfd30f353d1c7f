"""What can be chosen by name: all that stands in a room of its kind, and what plugins add to it.

A room's `__init__` makes its catalogue and the decorator that adds to it; a file of the room is
found by being there. Plugins are modules of the user's own: given as `plugins=[package.module]`, or
installed with an entry point in the group `gan_cli.plugins`. No name that is looked up ever makes
anything be imported but our own file of that name.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any, Generic, TypeVar

from gan_cli.base.errors import ConfigError, UnknownKeyError, unknown
from gan_cli.config.options import options, parse

GROUP = "gan_cli.plugins"
"""Entry points of this group name modules that are imported when gan_cli starts."""


@options
class NoOptions:
    """Of an entry without settings."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What stands behind a name.

    Attributes:
        name: what a configuration calls it.
        build: the decorated function.
        options: the dataclass of its settings.
        plugin: the plugin that has brought it; None: it is gan_cli's own.
    """

    name: str
    build: Callable[..., Any]
    options: type[Any] = NoOptions
    plugin: str | None = None

    @property
    def summary(self) -> str:
        """The first paragraph of its docstring, in one line."""
        return " ".join((self.build.__doc__ or "").partition("\n\n")[0].split())


Kind = TypeVar("Kind", bound=Entry)


class Catalogue(Mapping[str, Kind], Generic[Kind]):
    """name -> Entry; an unknown name is an error that lists the names.

    Args:
        group: what the configuration calls the kind: model, data, ...
        room: the package whose modules are its entries; each is imported when names are asked for.
    """

    def __init__(self, group: str, room: str) -> None:
        self.group, self._room = group, room
        self._entries: dict[str, Kind] = {}
        self._complete = False

    def add(self, entry: Kind) -> None:
        """Make an entry known.

        Raises:
            ConfigError: there is another of that name.
        """
        if entry.build.__module__.startswith(f"{self._room}."):
            entry = replace(entry, plugin=None)  # a plugin that builds on it has imported it
        elif entry.plugin is not None:
            self._all()  # a name of ours is taken, whoever is imported first
        taken = self._entries.get(entry.name)
        if taken is not None and taken.build.__module__ != entry.build.__module__:
            where = entry.plugin or entry.build.__module__
            raise ConfigError(f"{where}: there is a {self.group} {entry.name!r} already")
        self._entries[entry.name] = entry

    def __getitem__(self, name: str) -> Kind:
        if name not in self:
            raise ConfigError(unknown(f"{self.group}.name", name, list(self._all())))
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return self._is_ours(name) or name in self._all()

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def parse(self, values: Any) -> Any:
        """Plain values as the options dataclass of the entry that `values['name']` names.

        Raises:
            ConfigError: one line with the key and what is accepted.
        """
        if not isinstance(values, dict) or not isinstance(values.get("name"), str):
            raise ConfigError(f"{self.group}.name is missing (accepted: {', '.join(self)})")
        name = values["name"]
        schema = self[name].options
        for key in values.keys() - schema.__pydantic_fields__.keys():
            others = [each for each in self if key in self[each].options.__pydantic_fields__]
            if others:
                raise UnknownKeyError(
                    f"{self.group}={name} has no key {self.group}.{key}; these have it: "
                    f"{self.group}={', '.join(others)}"
                )
        return parse(schema, values, self.group)

    def of_plugins(self) -> list[str]:
        """The names that plugins have brought; of our own files none is imported for it."""
        load_installed()
        return sorted(each.name for each in self._entries.values() if each.plugin is not None)

    def _is_ours(self, name: object) -> bool:
        """Whether our file of that name, which is imported then, has an entry of that name: most
        have, and a command needs few of them.
        """
        if not self._complete and name not in self._entries and name in self._modules():
            import_module(f"{self._room}.{name}")
        return name in self._entries

    def _modules(self) -> list[str]:
        return sorted(each.name for each in pkgutil.iter_modules(self._path()))

    def _all(self) -> dict[str, Kind]:
        if not self._complete:
            self._complete = True  # first: modules of the room may ask for names themselves
            for module in self._modules():
                import_module(f"{self._room}.{module}")
            # one order, whoever has imported which of them first
            self._entries = dict(sorted(self._entries.items()))
            load_installed()
            # what was imported earlier must not come first in lists
            self._entries = dict(sorted(self._entries.items()))
        return self._entries

    def _path(self) -> Iterable[str]:
        return import_module(self._room).__path__


MODULE = re.compile(r"[A-Za-z_]\w{0,99}(\.[A-Za-z_]\w{0,99}){0,20}")

_loaded: list[str] = []
"""The modules of the plugins that have been imported."""
_loading: list[str] = []
"""The plugins that are being imported, the innermost last."""


def current_plugin() -> str | None:
    """The plugin whose module is being imported; None: gan_cli itself registers."""
    return _loading[-1] if _loading else None


def load_plugins(modules: Iterable[str]) -> None:
    """Import plugins by the names of their modules; what they register is in the catalogues then.

    Raises:
        ConfigError: one line that says which one cannot be imported, and why.
    """
    for module in modules:
        if module in _loaded:
            continue
        _loading.append(module)
        try:
            import_module(module)
        except ConfigError:
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise ConfigError(f"plugins=[{module}] cannot be imported: {reason}") from error
        finally:
            _loading.pop()
        _loaded.append(module)


def loaded_plugins() -> list[str]:
    """The modules of all plugins that are loaded, installed ones too."""
    load_installed()
    return list(_loaded)


def require_plugins(stored: Any) -> None:
    """Refuse what is stored with plugins that are not loaded; a stored list imports nothing.

    Args:
        stored: what a file has as the list of their names; what is no name in it is passed over.

    Raises:
        ConfigError: one line with what to give.
    """
    names = stored if isinstance(stored, list) else []
    known = [each for each in names if isinstance(each, str) and MODULE.fullmatch(each)]
    if missing := [each for each in known if each not in loaded_plugins()]:
        raise ConfigError(f"this run needs plugins=[{','.join(missing)}]: give it")


def load_installed() -> None:
    """Import the plugins that are installed with an entry point."""
    load_plugins(_installed())


@cache
def _installed() -> list[str]:
    """Their modules; looking through all packages takes a few milliseconds."""
    from importlib.metadata import entry_points

    return [entry.value for entry in entry_points(group=GROUP)]
