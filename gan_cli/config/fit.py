"""Whether model, loss and data go together: asked before TensorFlow is imported, and again of a
stranger's model.json.
"""

from __future__ import annotations

from typing import Any

from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.config.catalogue import MODELS
from gan_cli.config.schema import Loss, TrainConfig

SMOOTHED = ("minimax", "non_saturating", "least_squares")
"""Losses in which a real image has a target that can be lowered."""
PENALTIES = ("gradient_penalty", "r1", "r2", "dragan")


def check_run(config: TrainConfig, spec: DataSpec) -> None:
    """Refuse what cannot be trained.

    Raises:
        ConfigError: one line with the key and why.
    """
    name, loss = config.model.name, config.loss
    if "labels" in MODELS[name].needs and not spec.num_classes:
        raise ConfigError(
            f"model={name} needs labels; data={config.data.name} has none (a folder has one "
            "class "
            "per subfolder)"
        )
    check(config.model, spec, loss)
    if config.training.batch_size % loss.pack:
        raise ConfigError(
            f"training.batch_size={config.training.batch_size} is no multiple of "
            f"loss.pack={loss.pack}"
        )
    if config.evaluation.objective == "elbo_held_out" and not MODELS[name].bound:
        raise ConfigError(
            f"evaluation.objective=elbo_held_out: model={name} has no likelihood; frechet "
            "ranks "
            "any model"
        )
    if config.augment.differentiable and not MODELS[name].game:
        raise ConfigError(
            f"model={name} has no discriminator for augment.differentiable; augment=none"
        )


def check(options: Any, spec: DataSpec, loss: Loss) -> None:
    """Refuse a model that does not fit the data or the loss.

    Raises:
        ConfigError: one line with the key and why.
    """
    name = options.name
    entry = MODELS[name]
    if "labels" in entry.needs and not spec.num_classes:
        raise ConfigError(f"model={name} needs labels; the data has none")
    if "sequences" in entry.needs and not spec.sequence_length:
        raise ConfigError(
            f"model={name} makes sequences; the data holds {spec} (data=moving_mnist or frames "
            "has sequences)"
        )
    if spec.sequence_length and "sequences" not in entry.needs:
        raise ConfigError(f"model={name} makes single images; the data holds {spec}")
    if not entry.game and loss != Loss("non_saturating"):
        raise ConfigError(
            f"model={name} has no adversarial loss; leave loss={loss.name} and its options out"
        )
    if getattr(options, "binarize", False) and options.likelihood != "bernoulli":
        raise ConfigError(
            f"model.binarize goes with model.likelihood=bernoulli, not {options.likelihood}"
        )
    if getattr(options, "min_size", 0.0) > getattr(options, "max_size", 1.0):
        raise ConfigError(
            f"model.min_size={options.min_size} is larger than model.max_size={options.max_size}"
        )
    _check_loss(options, loss)


def _check_loss(options: Any, loss: Loss) -> None:
    if loss.label_smoothing and loss.name not in SMOOTHED:
        raise ConfigError(
            f"loss.label_smoothing goes with loss={', '.join(SMOOTHED)}, not with {loss.name}"
        )
    if loss.pack > 1 and "labels" in MODELS[options.name].needs:
        raise ConfigError(
            f"loss.pack={loss.pack}: model={options.name} judges each image with its label, so "
            "loss.pack=1"
        )
    penalties = [penalty for penalty in PENALTIES if getattr(loss, penalty)]
    if penalties and getattr(options, "discriminator_norm", "none") == "batch":
        raise ConfigError(
            f"loss.{penalties[0]} is of single images, which discriminator_norm=batch mixes; "
            "model.discriminator_norm=layer"
        )
