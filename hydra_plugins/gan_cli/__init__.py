"""The launcher and the sweeper of gan-train, where Hydra looks for plugins.

Every program that uses Hydra imports this file when it starts, so that it imports nothing of ours
before one of them is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class Processes(Launcher):
    """`hydra/launcher=processes`: each job of a sweep in a process of its own."""

    def __init__(self, **options: Any) -> None:
        from gan_cli.cli.launcher import Jobs

        self.jobs = Jobs(options)

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.jobs.setup(hydra_context, config)

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        return self.jobs.launch(job_overrides, initial_job_idx)


class Optuna(Sweeper):
    """`hydra/sweeper=optuna`: each next setting is chosen by the scores so far."""

    def __init__(self, **options: Any) -> None:
        from gan_cli.cli.search import Search

        self.search = Search(options)

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.search.setup(hydra_context, task_function, config)

    def sweep(self, arguments: list[str]) -> list[JobReturn]:
        return self.search.sweep(arguments)
