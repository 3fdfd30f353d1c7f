"""`gan-train`: one run, a resumed run, or one run for each job of a multirun."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from gan_cli.base.errors import ConfigError
from gan_cli.cli import app
from gan_cli.cli.multirun import sweeper
from gan_cli.cli.options import all_keys
from gan_cli.cli.training.stored import plain
from gan_cli.training.configuration import train_config
from gan_cli.training.distributed import shares


def main() -> int:
    """The console script; returns the exit code."""
    return start(job, sweeper.ending())


def start(
    job: Callable[[DictConfig], float | None], around: AbstractContextManager[None] | None = None
) -> int:
    """Compose this process's arguments and call a job with the result; returns the exit code."""
    return app.run("train", job, all_keys, around)


def job(composed: DictConfig) -> float | None:
    """One composed configuration."""
    if HydraConfig.get().mode == RunMode.MULTIRUN:
        from gan_cli.cli.multirun import jobs

        return jobs.job(composed)
    elsewhere = HydraConfig.get().runtime.choices.get("cluster") not in (None, "none")
    if composed.sweep.resume is not None or composed.sweep.halving is not None or elsewhere:
        raise ConfigError(
            "sweep.resume=, sweep.halving= and cluster= are for sweeps: add -m, even for one job"
        )
    if composed.resume is None:
        # A mistake is answered before all that a run needs is there.
        config = train_config(plain(composed))
        shares.check(config, shares.of(config.distribution))
    from gan_cli.cli.training import local_workers, single

    if count := local_workers.wanted(composed, single.typed_overrides()):
        raise SystemExit(local_workers.run(count, sys.argv[1:]))
    single.train(composed)
    return None
