"""`hydra/launcher=processes`: a Hydra plugin that runs each job of a sweep in a process of its own.

State cannot leak from job to job, all memory is returned, a crash takes one job with it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus, filter_overrides
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

from gan_cli.base.errors import ConfigError, DiskFullError, Interrupted
from gan_cli.cli import hydra_main, jobs, sweeper
from gan_cli.config import commands
from gan_cli.config.options import parse
from gan_cli.sweeps import halving, plan, pruner, rounds, slots, view
from gan_cli.sweeps.processes import Pool, Task

PLUGIN = "hydra_plugins._gan_cli"
"""Hydra makes launchers of the package hydra_plugins only; the underscore keeps other programs'
scans from importing it.
"""


def register() -> None:
    """Make `hydra/launcher=processes` and what goes with it known to Hydra."""
    Plugins.instance().register(Processes)


class Processes(Launcher):
    """Hydra's interface: told of batches of overrides, it returns when all of their jobs have
    ended.
    """

    __module__ = PLUGIN

    def __init__(self, **options: Any) -> None:
        self._options = parse(commands.Processes, options, "hydra.launcher")
        self._pruner: pruner.Pruner | None = None

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Take the sweep's directory for this process, before anything is written there.

        Raises:
            RunDirectoryError, ConfigError: it is taken, or is another sweep's.
        """
        self._context, self._config = hydra_context, config
        self._sweep = parse(
            commands.Sweep, OmegaConf.to_container(config.sweep, resolve=True), "sweep"
        )
        self._resuming = self._sweep.resume is not None
        self._optimises = sweeper.optimises(config)
        typed = [
            each
            for each in sys.argv[1:]
            if not each.startswith(("hydra.sweep.dir=", "sweep.resume="))
        ]
        self._plan = plan.opened(Path(str(config.hydra.sweep.dir)), typed, self._resuming)

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Run the jobs; one that fails returns None, so that sweepers go on without it.

        Raises:
            Interrupted, DiskFullError: all jobs have stopped.
        """
        with hydra_main.heard():
            done: Sequence[JobReturn] = self._launch(job_overrides, initial_job_idx)
            return done

    def _launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> list[JobReturn]:
        owned = [jobs.own(filter_overrides(each)) for each in job_overrides]
        composed = [
            self._composed(initial_job_idx + place, list(each))
            for place, each in enumerate(job_overrides)
        ]
        ladder, objective = self._compared(composed)
        choose = self._choose(objective, ladder)
        places = slots.places(
            self._options.jobs, self._options.memory_gb, len(composed), self._options.pin
        )
        threads = slots.threads(len(places))
        tasks = [
            self._task(initial_job_idx + place, owned[place], each, threads)
            for place, each in enumerate(composed)
        ]
        if self._optimises and self._plan.planned > initial_job_idx + len(tasks):
            for task in tasks:
                task.settled = (
                    True  # the later trials were drawn from how these have ended, failed ones too
                )
        self._plan.add(owned, initial_job_idx)
        try:
            with view.view(self._plan.directory, tasks, objective, len(places)) as seen:
                pool = Pool(
                    self._command, places, self._options.timeout, self._options.retries, seen
                )
                rounds.run(pool, tasks, ladder, choose)
        except (Interrupted, DiskFullError) as error:
            error.args = (
                f"{error}; the same command with sweep.resume={self._plan.directory} goes on",
            )
            raise
        return [_returned(task, each) for task, each in zip(tasks, composed, strict=True)]

    def _composed(self, number: int, overrides: list[str]) -> DictConfig:
        composed: DictConfig = self._context.config_loader.load_sweep_config(
            self._config, overrides
        )
        jobs.refuse_places(composed)
        with open_dict(composed):
            composed.hydra.job.id = composed.hydra.job.num = number
        return composed

    def _task(self, number: int, overrides: list[str], composed: DictConfig, threads: int) -> Task:
        directory = self._plan.directory / str(composed.hydra.sweep.subdir)
        arguments = [*self._flags(), *overrides, *jobs.additions(composed, threads)]
        record = jobs.begin(directory, overrides, arguments, self._resuming)
        return Task(
            number,
            directory,
            record,
            None if composed.training.epochs else int(composed.training.steps),
        )

    def _flags(self) -> list[str]:
        """Where Hydra looks for more YAML: the flags and overrides that a job's process needs
        too.
        """
        sources = self._config.hydra.runtime.config_sources
        folders = [source.path for source in sources if source.provider == "command-line"]
        searched = [
            each
            for each in self._config.hydra.overrides.hydra
            if each.startswith("hydra.searchpath=")
        ]
        return [*(f"--config-dir={folder}" for folder in folders), *searched]

    def _command(self, task: Task) -> list[str]:
        place = [str(task.directory), str(task.until or 0)]
        return [sys.executable, "-m", "gan_cli.cli.worker", *place, *task.record.arguments]

    def _compared(self, composed: list[DictConfig]) -> tuple[list[int], str]:
        """The steps at which these jobs are compared, none without halving, and by what.

        Raises:
            ConfigError: they cannot be.
        """
        objectives = {str(each.evaluation.objective) for each in composed}
        factor = self._sweep.halving
        if factor is None:
            return [], min(objectives)
        ladders = {
            tuple(halving.rungs(each.training.steps, each.evaluation.every, factor))
            for each in composed
            if each.evaluation.every is not None and each.training.epochs is None
        }
        if len(ladders) != 1 or len(objectives) != 1 or not (ladder := ladders.pop()):
            raise ConfigError(
                f"sweep.halving={factor} compares scores on the way: all jobs need the same "
                "training.steps (not epochs), "
                f"evaluation.objective and evaluation.every, with steps at least {factor} times "
                "every"
            )
        return list(ladder), objectives.pop()

    def _choose(self, objective: str, ladder: list[int]) -> rounds.Choose:
        """How jobs are compared at the steps of a ladder.

        Raises:
            ConfigError: these trials climb another ladder than those before.
        """
        factor = self._sweep.halving or 0
        if not self._optimises or not factor:
            return rounds.by_setting(objective, factor)
        self._pruner = self._pruner or pruner.Pruner(objective, factor, ladder)
        if self._pruner.ladder != ladder:
            raise ConfigError(
                "sweep.halving compares trials: training.steps and evaluation.every cannot be "
                "searched over"
            )
        return self._pruner


def _returned(task: Task, composed: DictConfig) -> JobReturn:
    answer = JobReturn(
        overrides=task.record.overrides,
        cfg=composed,
        task_name=str(task.number),
        status=JobStatus.COMPLETED,
    )
    answer.return_value = jobs.score(task.directory) if task.record.over else None
    return answer
