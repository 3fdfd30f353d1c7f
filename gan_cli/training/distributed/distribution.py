"""The replicas of a run: where they are, and that all start from the same state."""

from __future__ import annotations

import tensorflow as tf

from gan_cli.base.errors import ConfigError
from gan_cli.base.machines import replicas
from gan_cli.base.machines.replicas import Replica
from gan_cli.config.schema import Distribution, TrainConfig
from gan_cli.data.reading.source import Source
from gan_cli.training.distributed import shares
from gan_cli.training.distributed.workers import Workers
from gan_cli.training.state import State

Places = list[Replica | None]


def places(options: Distribution, workers: Workers | None) -> Places:
    """The replicas of this process; [None]: the run has one device.

    Raises:
        ConfigError: there are not as many devices.
    """
    if workers:
        return [workers.group()]
    if options.name == "mirrored":
        return [*replicas.group(_devices(shares.of(options)))]
    return [None]


def _devices(count: int) -> list[str]:
    """GPUs, or else virtual devices of the processor."""
    if gpus := tf.config.list_physical_devices("GPU"):
        if len(gpus) < count:
            raise ConfigError(f"distribution.replicas={count}: this machine has {len(gpus)} GPUs")
        return [f"/GPU:{number}" for number in range(count)]
    try:
        processor = tf.config.list_physical_devices("CPU")[0]
        virtual = [tf.config.LogicalDeviceConfiguration()] * count
        tf.config.set_logical_device_configuration(processor, virtual)
    except RuntimeError:  # TensorFlow runs already, as in a run that is rolled back
        if len(tf.config.list_logical_devices("CPU")) < count:
            raise ConfigError(
                f"distribution.replicas={count}: TensorFlow runs already, with fewer devices; "
                "start a process of its own"
            ) from None
    return [f"/CPU:{number}" for number in range(count)]


def connected(options: Distribution) -> Workers | None:
    """The workers of a run of several processes."""
    return Workers(shares.members(options)) if options.name == "multi_worker" else None


def alike(states: list[State], workers: Workers | None) -> None:
    """Give every replica the values of the first."""
    first = states[0].tensors()
    for state in states[1:]:
        for key, variable in state.trained().items():
            variable.assign(first[key])
    if workers:
        workers.from_chief(states[0])


def facts(config: TrainConfig, source: Source, total: int) -> list[object]:
    """What all workers of a run must have in common."""
    groups = [config.model, config.loss, config.optimizer, config.schedule, config.augment]
    training = config.training
    return [
        *groups,
        training.batch_size,
        training.precision,
        config.seed,
        total,
        source.fingerprint,
    ]
