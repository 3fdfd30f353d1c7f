"""How many replicas share a batch, and whether it can be shared. No TensorFlow."""

from __future__ import annotations

from dataclasses import replace

from gan_cli.base.errors import ConfigError
from gan_cli.base.machines import cluster, machine
from gan_cli.base.machines.cluster import Worker
from gan_cli.config.schema import Distribution, TrainConfig


def of(options: Distribution) -> int:
    """How many replicas a run has."""
    if options.name == "mirrored":
        return options.replicas or len(machine.gpus()) or machine.cores()
    if options.name == "multi_worker":
        return options.workers or members(options).count
    return 1


def members(options: Distribution) -> Worker:
    """This process among the workers of a run.

    Raises:
        ConfigError: nothing says which they are, or others than the configuration.
    """
    found = cluster.worker()
    if found is None and options.workers:
        raise ConfigError(
            f"distribution.workers={options.workers}: gan-train starts workers for a single run, "
            "not for the jobs of a sweep, nor from Python; distribution=mirrored goes with these"
        )
    if found is None:
        raise ConfigError(
            "distribution=multi_worker: TF_CONFIG names no workers, nor does Slurm; "
            "distribution.workers=2 starts two on this machine"
        )
    if options.workers not in (None, found.count):
        raise ConfigError(
            f"distribution.workers={options.workers}: TF_CONFIG or Slurm names {found.count}"
        )
    return found


def with_workers(options: Distribution) -> Distribution:
    """`distribution.workers=2` alone asks for `multi_worker`.

    Raises:
        ConfigError: a key of another distribution.
    """
    if options.workers is not None and options.name == "none":
        return replace(options, name="multi_worker")
    if options.workers is not None and options.name == "mirrored":
        raise ConfigError("distribution.workers goes with distribution=multi_worker")
    if options.replicas is not None and options.name != "mirrored":
        raise ConfigError("distribution.replicas goes with distribution=mirrored")
    return options


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
    if config.watchdog == "rollback" and options.name == "multi_worker":
        raise ConfigError("watchdog=rollback is for one process; watchdog=warn")
    if config.training.minutes is not None:
        raise ConfigError(
            "training.minutes measures one device; with distribution= give training.steps"
        )
