"""The configuration of a run, checked: from plain values to options, and whether they go together.

No TensorFlow: a mistake is answered before anything is loaded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.config.catalogue import Entry
from gan_cli.config.options import parse
from gan_cli.config.schema import TrainConfig
from gan_cli.data import DATA
from gan_cli.metrics import extractors
from gan_cli.models import MODELS, check, needs
from gan_cli.objectives.losses import LOSSES
from gan_cli.objectives.options import active_penalties, parse_loss
from gan_cli.training.distributed import shares


def train_config(values: dict[str, Any]) -> TrainConfig:
    """Plain values as a checked configuration, the options of model, data and loss by their names.

    Raises:
        ConfigError: one line with the key and what is accepted.
    """
    checked = parse(TrainConfig, values)
    extractors.check("evaluation.extractor", checked.evaluation.extractor)
    return replace(
        checked,
        model=MODELS.parse(checked.model),
        data=DATA.parse(checked.data),
        loss=parse_loss(checked.loss),
        distribution=shares.with_workers(checked.distribution),
    )


def with_size(
    config: TrainConfig, stored: dict[str, Any], spec: DataSpec
) -> tuple[TrainConfig, dict[str, Any]]:
    """Configuration, and what is stored of it, with the size of the images in place of `auto`: a
    resumed run has the same, whatever pictures have come.
    """
    if getattr(config.data, "size", None) != "auto":
        return config, stored
    size = spec.height if spec.height == spec.width else [spec.height, spec.width]
    return replace(config, data=replace(config.data, size=size)), stored | {
        "data": {**stored["data"], "size": size}
    }


def called(config: TrainConfig) -> str:
    """What the directory of a new run is called after the time: its name, or model and data."""
    return config.name or f"{config.model.name}-{config.data.name}"


def plugins_of(model: Any, loss: Any, data: Any = None) -> list[str]:
    """The plugins that the options of a model, of its loss with its penalties, and of a data set
    come from.
    """
    entries: list[Entry] = [MODELS[model.name], LOSSES[loss.name]]
    entries += [each.entry for each in active_penalties(loss)]
    entries += [DATA[data.name]] if data is not None else []
    return sorted({each.plugin for each in entries if each.plugin is not None})


def check_run(config: TrainConfig, spec: DataSpec) -> None:
    """Refuse what cannot be trained.

    Raises:
        ConfigError: one line with the key and why.
    """
    name, entry, pack = config.model.name, MODELS[config.model.name], config.loss.pack
    if "labels" in needs(config.model) and not spec.num_classes:
        raise ConfigError(
            f"model={name} needs labels; data={config.data.name} has none (a folder has one class "
            "per subfolder)"
        )
    check(config.model, spec, config.loss)
    if config.training.batch_size % pack:
        raise ConfigError(
            f"training.batch_size={config.training.batch_size} is no multiple of loss.pack={pack}"
        )
    shares.check(config, shares.of(config.distribution))
    if config.evaluation.objective == "elbo_held_out" and not entry.likelihood:
        raise ConfigError(
            f"evaluation.objective=elbo_held_out: model={name} has no likelihood; frechet ranks "
            "any model"
        )
    if config.training.epochs is not None and config.training.minutes is not None:
        raise ConfigError(
            "training.epochs and training.minutes both say how long a run is; leave one out"
        )
    for key in ("differentiable", "ada"):
        if getattr(config.augment, key) and not entry.adversarial:
            raise ConfigError(f"model={name} has no discriminator for augment.{key}; augment=none")
    if config.augment.differentiable and config.augment.ada:
        raise ConfigError(
            "augment.ada and augment.differentiable both change what the discriminator sees; leave "
            "one out"
        )
