"""What a command searches over, in Hydra's grammar of overrides, as distributions of Optuna."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep, Transformer
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from gan_cli.base.errors import ConfigError


class Space:
    """The overrides of a command: what each trial has, and what is drawn for it.

    Raises:
        ConfigError: Optuna cannot draw from one of them, or there is none to draw.
    """

    def __init__(self, overrides: Sequence[Override]) -> None:
        self._overrides = {each.get_key_element(): each for each in overrides}  # the last one wins
        self.distributions: dict[str, BaseDistribution] = {
            key.lstrip("+"): _distribution(key, each)
            for key, each in self._overrides.items()
            if each.is_sweep_override()
        }
        if not self.distributions:
            raise ConfigError(
                "hydra/sweeper=optuna has nothing to search over; give it a choice, as in "
                "'model.width=choice(8,16)' or "
                "'optimizer.learning_rate=tag(log,interval(1e-4,1e-2))'"
            )

    @property
    def typed(self) -> list[str]:
        """The overrides as they were typed."""
        return [str(each.input_line) for each in self._overrides.values()]

    def trial(self, values: Mapping[str, Any]) -> list[str]:
        """The overrides of a trial with these values."""
        return [
            f"{key}={_text(values[key.lstrip('+')])}"
            if each.is_sweep_override()
            else str(each.input_line)
            for key, each in self._overrides.items()
        ]


def _distribution(key: str, override: Override) -> BaseDistribution:
    value = override.value()
    try:
        if isinstance(value, IntervalSweep):
            return _interval(value)
        if isinstance(value, RangeSweep) and not value.shuffle:
            return _range(value)
        return CategoricalDistribution([_plain(each) for each in override.sweep_iterator()])
    except ValueError as error:  # Optuna's
        raise ConfigError(f"{key}: {error}") from None


def _interval(interval: IntervalSweep) -> BaseDistribution:
    assert interval.start is not None
    assert interval.end is not None
    log = "log" in interval.tags
    if "int" in interval.tags or isinstance(interval.start, int):  # int(interval(1,9)) has a cast
        return IntDistribution(int(interval.start), int(interval.end), log=log)
    return FloatDistribution(interval.start, interval.end, log=log)


def _range(span: RangeSweep) -> BaseDistribution:
    """Numbers in order: a sampler learns more of those than of a choice."""
    values: list[Any] = list(span.range())
    log = "log" in span.tags
    if len(values) < 2 or span.step < 0 or (log and span.step != 1):
        return CategoricalDistribution(values)
    if isinstance(values[0], int):
        return IntDistribution(values[0], values[-1], log=log, step=span.step)
    if log:
        return CategoricalDistribution(values)
    return FloatDistribution(values[0], values[-1], step=float(span.step))


def _plain(value: Any) -> Any:
    """What a journal of JSON holds; anything else as it is typed."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return Transformer.str(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else Transformer.str(value)
