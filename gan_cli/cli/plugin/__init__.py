"""`hydra_plugins.gan_cli`: the launcher and the sweepers of gan-train, where Hydra takes them from.

Every program that uses Hydra imports this file when it starts, so that it imports nothing of ours
before one of them is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class Processes(Launcher):
    """`hydra/launcher=processes`: each job of a sweep in a process of its own."""

    def __init__(self, **options: Any) -> None:
        from gan_cli.cli.multirun.launcher import Jobs

        self.jobs = Jobs(options)

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.jobs.setup(hydra_context, config)

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        return self.jobs.launch(job_overrides, initial_job_idx)


class Grid(Sweeper):
    """`hydra/sweeper=grid`: a job for each combination of the values given."""

    def __init__(self, params: dict[str, Any] | None = None) -> None:
        self._params = params

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.hydra_context, self.config = hydra_context, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> list[Any]:
        from gan_cli.cli.multirun import grid

        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        jobs = grid.combinations(parser.parse_overrides(grid.given(arguments, self._params)))
        if not isinstance(self.launcher, Processes):  # which composes all before it starts any
            self.validate_batch_is_legal(jobs)
        answers = self.launcher.launch(jobs, initial_job_idx=0)
        return [each.return_value for each in answers]  # raises what has ended a job


class Optuna(Sweeper):
    """`hydra/sweeper=optuna`: each next setting is chosen by the scores so far."""

    def __init__(self, **options: Any) -> None:
        from gan_cli.cli.multirun.search import Search

        self.search = Search(options)

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.search.setup(hydra_context, task_function, config)

    def sweep(self, arguments: list[str]) -> list[JobReturn]:
        return self.search.sweep(arguments)
