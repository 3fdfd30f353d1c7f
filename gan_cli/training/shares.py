"""How many replicas share a batch, and whether it can be shared. No TensorFlow."""

from __future__ import annotations

from gan_cli.base import machine
from gan_cli.base.errors import ConfigError
from gan_cli.config.schema import Distribution, TrainConfig


def of(options: Distribution) -> int:
    """How many replicas a run has."""
    if options.name == "mirrored":
        return options.replicas or len(machine.gpus()) or machine.cores()
    return 1


def check(config: TrainConfig, replicas: int) -> None:
    """Refuse what several replicas cannot train.

    Args:
        replicas: how many share a batch.

    Raises:
        ConfigError: one line with the key and why.
    """
    options, batch, pack = config.distribution, config.training.batch_size, config.loss.pack
    if options.name == "none":
        return
    if replicas > batch:
        raise ConfigError(
            f"distribution={options.name}: {replicas} replicas are more than the images of a "
            f"batch; training.batch_size={batch}, so at most {batch}"
        )
    if batch % (replicas * pack):
        packs = f", each of whole packs (loss.pack={pack})" if pack > 1 else ""
        raise ConfigError(
            f"training.batch_size={batch} does not give {replicas} replicas equal shares{packs}: "
            f"{batch - batch % (replicas * pack) or replicas * pack} would"
        )
    if config.training.xla:
        raise ConfigError(
            f"training.xla compiles the step of one device; distribution={options.name} has "
            f"{replicas}"
        )
    if config.training.minutes is not None:
        raise ConfigError(
            "training.minutes measures one device; with distribution= give training.steps"
        )
