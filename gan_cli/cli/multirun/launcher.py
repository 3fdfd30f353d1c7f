"""`hydra/launcher=processes`: each job of a sweep in a process of its own.

State cannot leak from job to job, all memory is returned, a crash takes one job with it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.utils import JobReturn, JobStatus, filter_overrides
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf, open_dict
from rich.progress import track

from gan_cli.base.errors import (
    ConfigError,
    DiskFullError,
    GanError,
    Interrupted,
    UnknownKeyError,
)
from gan_cli.cli.hydra import hydra_main
from gan_cli.cli.multirun import jobs
from gan_cli.cli.training.stored import plain
from gan_cli.config import commands
from gan_cli.config.options import parse
from gan_cli.config.schema import Distribution
from gan_cli.sweeps import halving, plan, rounds, slots, view
from gan_cli.sweeps.processes import Pool, Task
from gan_cli.training.configuration import train_config
from gan_cli.training.distributed import shares

if TYPE_CHECKING:
    from gan_cli.sweeps.study import Study


class Jobs:
    """The launcher, apart from Hydra's interface: it takes batches of overrides, and returns when
    all of their jobs have ended.

    Attributes:
        study: whose trials the jobs are; None: of no study.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = parse(commands.Processes, options, "hydra.launcher")
        self.study: Study | None = None

    def setup(self, context: HydraContext, config: DictConfig) -> None:
        """Take the sweep's directory for this process, before anything is written there.

        Raises:
            RunDirectoryError, ConfigError: it is taken, or is another sweep's.
        """
        self._context, self._config = context, config
        self._sweep = parse(
            commands.Sweep, OmegaConf.to_container(config.sweep, resolve=True), "sweep"
        )
        self._resuming = self._sweep.resume is not None
        self._plan = plan.opened(Path(str(config.hydra.sweep.dir)), self._typed(), self._resuming)

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Run the jobs; one that fails returns None, so that sweepers go on without it.

        Raises:
            ConfigError: a job does not compose, or is not that of the sweep that is resumed.
            Interrupted, DiskFullError: all jobs have stopped.
        """
        with hydra_main.heard():
            done: Sequence[JobReturn] = self._launch(job_overrides, initial_job_idx)
            return done

    def _launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> list[JobReturn]:
        owned = [jobs.own(filter_overrides(each)) for each in job_overrides]
        shown = track(job_overrides, "composing", transient=True, disable=not sys.stdout.isatty())
        composed = [
            self._composed(initial_job_idx + place, list(each)) for place, each in enumerate(shown)
        ]
        ladder, objective = self._compared(composed)
        choose = self._choose(objective, ladder, composed[0].training.steps)
        devices = max(map(_devices, composed))
        options = self._options
        places = slots.places(options.jobs, options.memory_gb, len(composed), options.pin, devices)
        threads = slots.threads(len(places))
        tasks = [
            self._task(initial_job_idx + place, owned[place], each, threads)
            for place, each in enumerate(composed)
        ]
        self._plan.add(owned, initial_job_idx)
        with view.view(self._plan.directory, tasks, objective, len(places)) as seen:
            limits = (self._options.timeout, self._options.retries)
            self._run(Pool(command, places, *limits, seen), tasks, ladder, choose)
        return [_returned(task, each) for task, each in zip(tasks, composed, strict=True)]

    def _run(self, pool: Pool, tasks: list[Task], ladder: list[int], choose: rounds.Choose) -> None:
        try:
            rounds.run(pool, tasks, ladder, choose)
        except (Interrupted, DiskFullError) as error:
            error.args = (
                f"{error}; the same command with sweep.resume={self._plan.directory} continues it",
            )
            raise

    def _composed(self, number: int, overrides: list[str]) -> DictConfig:
        composed: DictConfig = self._context.config_loader.load_sweep_config(
            self._config, overrides
        )
        jobs.refuse_places(composed)
        _refuse_unknown_keys(composed)
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
            int(composed.training.steps) if jobs.has_steps(composed) else None,
        )

    def _typed(self) -> list[str]:
        """The arguments of this command, without where the sweep is."""
        given = self._config.hydra.overrides
        where = ("hydra.mode=", "hydra.sweep.dir=", "sweep.resume=", "hydra.searchpath=")
        rest = [each for each in [*given.hydra, *given.task] if not each.startswith(where)]
        return ["-m", *self._flags(), *rest]

    def _flags(self) -> list[str]:
        """Where Hydra looks for more YAML, which a job's process needs too."""
        sources = self._config.hydra.runtime.config_sources
        folders = [source.path for source in sources if source.provider == "command-line"]
        searched = [
            each
            for each in self._config.hydra.overrides.hydra
            if each.startswith("hydra.searchpath=")
        ]
        return [*(f"--config-dir={folder}" for folder in folders), *searched]

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
            if each.evaluation.every is not None and jobs.has_steps(each)
        }
        if len(ladders) != 1 or len(objectives) != 1 or not (ladder := ladders.pop()):
            raise ConfigError(
                f"sweep.halving={factor} compares scores on the way: all jobs need the same "
                "training.steps (not epochs or minutes), "
                f"evaluation.objective and evaluation.every, with steps at least {factor} times "
                "every"
            )
        return list(ladder), objectives.pop()

    def _choose(self, objective: str, ladder: list[int], steps: int) -> rounds.Choose:
        """How jobs are compared at the steps of a ladder, on their way to the last.

        Raises:
            ConfigError: these trials climb another ladder than those before.
        """
        factor = self._sweep.halving or 0
        if self.study is None or not factor:
            return rounds.by_setting(objective, factor)
        self.study.climb(ladder, steps, factor)
        return self.study.ends


def command(task: Task) -> list[str]:
    """The command of a job's process."""
    place = [str(task.directory), str(task.until or 0)]
    return [sys.executable, "-m", "gan_cli.cli.multirun.worker", *place, *task.record.arguments]


def _devices(composed: DictConfig) -> int:
    """GPUs, or virtual devices of the processor, of a job."""
    try:
        return shares.of(parse(Distribution, plain(composed.distribution), "distribution"))
    except GanError:
        return 1  # what is wrong is that job's own failure


def _refuse_unknown_keys(composed: DictConfig) -> None:
    """Before the first job; what is wrong with a value is that job's own failure."""
    of_run = OmegaConf.masked_copy(composed, [str(key) for key in composed if key != "hydra"])
    try:
        train_config(plain(of_run))
    except UnknownKeyError:
        raise
    except GanError:
        return


def _returned(task: Task, composed: DictConfig) -> JobReturn:
    answer = JobReturn(
        overrides=task.record.overrides,
        cfg=composed,
        task_name=str(task.number),
        working_dir=str(task.directory),
        status=JobStatus.COMPLETED,
    )
    answer.return_value = jobs.score(task.directory) if task.record.over else None
    return answer
