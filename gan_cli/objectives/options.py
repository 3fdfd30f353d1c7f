"""The group `loss`: how generator and discriminator are held against each other.

The keys of the penalties come from their catalogue: a penalty that a plugin adds has its keys like
any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import Field

from gan_cli.base.errors import ConfigError, unknown
from gan_cli.config.options import Bound, Count, OptionalCount, Weight, option, options, parse
from gan_cli.objectives.losses import LOSSES
from gan_cli.objectives.penalties import PENALTIES, PenaltyEntry


@options
class LossOptions:
    """Options of any adversarial loss; `name` is one of `gan_cli.objectives.losses`."""

    name: str = "non_saturating"
    weight_clip: Bound = option(
        "largest absolute weight of the discriminator (Wasserstein); null: unbounded", None
    )
    discriminator_steps: Annotated[int, Field(ge=1, le=100)] = option(
        "updates of the discriminator for each of the generator, with different images", 1
    )
    label_smoothing: Annotated[float, Field(ge=0.0, lt=0.5)] = option(
        "one-sided: the target for real images is 1 minus this (cross-entropy and least squares)",
        0.0,
    )
    instance_noise: Weight = option(
        "standard deviation of noise added to all images that the discriminator sees", 0.0
    )
    instance_noise_steps: OptionalCount = option(
        "steps in which that noise falls linearly to 0; null: it stays", None
    )
    pack: Annotated[int, Field(ge=1, le=16)] = option(
        "images that the discriminator sees together (PacGAN)", 1
    )


def extended(schema: type[Any], penalties: Iterable[PenaltyEntry]) -> type[Any]:
    """A schema with the keys of penalties: of each its weight, its settings and its interval."""
    keys: dict[str, tuple[Any, Any]] = {}
    for entry in penalties:
        keys[entry.name] = Weight, option(entry.text, 0.0)
        for name, field in _settings(entry).items():
            keys[f"{entry.name}_{name}"] = field.annotation, field
        keys[f"{entry.name}_interval"] = (
            Count,
            option("apply that penalty in every n-th update of the discriminator", 1),
        )
    body = {name: value for name, (_, value) in keys.items()}
    types = {name: annotation for name, (annotation, _) in keys.items()}
    return options(type("Loss", (schema,), {**body, "__annotations__": types}))


def _settings(entry: PenaltyEntry) -> dict[str, Any]:
    return dict(entry.options.__pydantic_fields__)


if TYPE_CHECKING:
    Loss = LossOptions
else:
    Loss = extended(LossOptions, (each for each in PENALTIES.values() if each.plugin is None))
"""Options of the group `loss`, with the keys of our own penalties."""


@lru_cache
def _with_plugins(count: int) -> type[Any]:
    own = [each for each in PENALTIES.values() if each.plugin is not None]
    return extended(Loss, own) if own else Loss


def loss_schema() -> type[Any]:
    """`Loss`, with the keys of the penalties that plugins have added by now."""
    return _with_plugins(len(PENALTIES))


def parse_loss(values: Any) -> Loss:
    """Plain values as checked options.

    Raises:
        ConfigError: one line with the key and what is accepted.
    """
    loss: Loss = parse(loss_schema(), values, "loss")
    if loss.name not in LOSSES:
        raise ConfigError(unknown("loss.name", loss.name, list(LOSSES)))
    return _without_idle_plugins(loss)


def _without_idle_plugins(loss: Loss) -> Loss:
    """The same without the keys of plugins' penalties that are off: whoever reads what is stored
    needs only the plugins that a run uses.
    """
    active = {each.entry.name for each in active_penalties(loss)}
    own = [each for each in PENALTIES.values() if each.plugin is not None and each.name in active]
    schema: Any = extended(Loss, own) if own else Loss
    needed: Loss = schema(**{key: getattr(loss, key) for key in schema.__pydantic_fields__})
    return needed


class ActivePenalty(NamedTuple):
    """A penalty that is switched on, with its settings."""

    entry: PenaltyEntry
    weight: float
    interval: int
    options: Any


def active_penalties(loss: Loss) -> list[ActivePenalty]:
    """The penalties whose weight is not 0."""
    found = []
    for name, entry in PENALTIES.items():
        if weight := getattr(loss, name, 0.0):
            given = {key: getattr(loss, f"{name}_{key}") for key in _settings(entry)}
            settings = entry.options(**given)
            found.append(ActivePenalty(entry, weight, getattr(loss, f"{name}_interval"), settings))
    return found
