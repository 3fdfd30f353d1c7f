"""Optuna's samplers and pruners by name, with arguments that a user gives."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from gan_cli.base.errors import ConfigError, unknown
from gan_cli.base.lazy import np

SAMPLER, PRUNER = "hydra.sweeper.sampler", "hydra.sweeper.pruner"
PACKAGES = {"CmaEsSampler": ["cmaes"], "GPSampler": ["scipy", "torch"]}
"""What samplers need beside Optuna, which they miss after some trials only."""
WHOLE_DESIGNS = {"GridSampler", "QMCSampler"}
"""Samplers whose seed orders all trials; the seed of others is that of one trial."""


class Algorithm:
    """A class of Optuna and arguments for it.

    Args:
        key: SAMPLER or PRUNER.
        given: a name, or a mapping with a name and arguments.

    Raises:
        ConfigError: it cannot be made.
    """

    def __init__(self, key: str, given: str | Mapping[str, Any]) -> None:
        self._key = key
        self.arguments = dict(given) if isinstance(given, Mapping) else {"name": given}
        if not (name := self.arguments.pop("name", None)):
            raise ConfigError(f"{key} has no name; {key}.name= gives it, beside its arguments")
        module = optuna.samplers if key == SAMPLER else optuna.pruners
        classes = _classes(module, key)
        short = {_short(each, key): each for each in classes}
        if _short(str(name), key) not in short:
            raise ConfigError(unknown(key, name, sorted(short)))
        self.name = short[_short(str(name), key)]
        self._class = classes[self.name]
        if missing := [each for each in PACKAGES.get(self.name, []) if not find_spec(each)]:
            raise ConfigError(f"{key}={name} needs another package: pip install {missing[0]}")

    def make(self, **known: Any) -> Any:
        """An object of the class.

        Args:
            known: arguments that it gets where it takes them and the user gives none.

        Raises:
            ConfigError: it does not take its arguments.
        """
        accepted = inspect.signature(self._class).parameters
        arguments = {name: known[name] for name in known if name in accepted} | self.arguments
        try:
            return self._class(**arguments)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{self._key}: {self.name}: {str(error).splitlines()[0]}") from None


class Sampler(Algorithm):
    """A sampler for each trial: what is drawn depends on the study, the seed and the number of the
    trial alone, so that a study which was cut draws as one that was not.
    """

    def __init__(
        self, given: str | Mapping[str, Any], space: Mapping[str, BaseDistribution]
    ) -> None:
        super().__init__(SAMPLER, given)
        seed: Any = self.arguments.pop("seed", None)
        if seed is not None and not (type(seed) is int and 0 <= seed < 2**32):
            raise ConfigError(f"{SAMPLER}.seed={seed}: a whole number from 0 on, or null")
        self._seed: int | None = seed
        self._grid = _grid(space) if self.name == "GridSampler" else None
        self.of(0)

    @property
    def most(self) -> float:
        """Trials after which there is nothing left to try."""
        return float(np.prod([len(each) for each in self._grid.values()])) if self._grid else np.inf

    def of(self, number: int) -> optuna.samplers.BaseSampler:
        """The sampler of a trial."""
        seed = self._seed
        if seed is not None and self.name not in WHOLE_DESIGNS:
            seed = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
        return self.make(seed=seed, search_space=self._grid)


def _classes(module: ModuleType, key: str) -> dict[str, type]:
    kind = key.rpartition(".")[2].capitalize()
    return {
        name: getattr(module, name)
        for name in module.__all__
        if name.endswith(kind) and not name.startswith("Base")
    }


def _short(name: str, key: str) -> str:
    """tpe of TPESampler, successivehalving of SuccessiveHalvingPruner."""
    return name.lower().replace("_", "").removesuffix(key.rpartition(".")[2])


def _grid(space: Mapping[str, BaseDistribution]) -> dict[str, list[Any]]:
    """Each value of each parameter.

    Raises:
        ConfigError: one has no end of them.
    """
    return {name: _values(name, each) for name, each in space.items()}


def _values(name: str, distribution: BaseDistribution) -> list[Any]:
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    if isinstance(distribution, IntDistribution):
        return list(range(distribution.low, distribution.high + 1, distribution.step))
    assert isinstance(distribution, FloatDistribution)
    if distribution.step is None:
        raise ConfigError(f"{SAMPLER}=grid needs a choice or a range of {name}, not an interval")
    count = round((distribution.high - distribution.low) / distribution.step) + 1
    return [float(each) for each in np.linspace(distribution.low, distribution.high, count)]
