"""`gan-train -m` without a sweeper by name: a job for each combination of the values given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from hydra.core.override_parser.types import Override

from gan_cli.base.errors import ConfigError


def combinations(overrides: Sequence[Override]) -> list[list[str]]:
    """The overrides of each job: the values of the last key change first.

    Raises:
        ConfigError: there is no list of the values of a key.
    """
    values = {each.get_key_element(): _values(each) for each in overrides}  # the last one wins
    return [list(job) for job in product(*values.values())]


def _values(override: Override) -> list[str]:
    if not override.is_sweep_override():
        return [str(override.input_line)]
    key = override.get_key_element()
    if not override.is_discrete_sweep():
        raise ConfigError(
            f"{override.input_line}: an interval has no list of values; hydra/sweeper=optuna draws "
            "from it"
        )
    return [f"{key}={value}" for value in override.sweep_string_iterator()]


def given(arguments: Sequence[str], params: Mapping[str, Any] | None) -> list[str]:
    """The overrides of a sweep: those of hydra.sweeper.params, then those of the command."""
    return [*(f"{key}={value}" for key, value in (params or {}).items()), *arguments]
