"""`hydra/sweeper=optuna`: trials of a study, run by whichever launcher."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from gan_cli.base.errors import ConfigError, SweepError
from gan_cli.cli.multirun import jobs
from gan_cli.cli.multirun.grid import given
from gan_cli.config import commands
from gan_cli.config.options import parse
from gan_cli.runs.record import read_job

if TYPE_CHECKING:
    from gan_cli.cli.multirun.space import Space
    from gan_cli.sweeps.study import Study


class Search:
    """The sweeper, apart from Hydra's interface."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        if find_spec("optuna") is None:
            raise ConfigError(
                "hydra/sweeper=optuna comes with an extra: pip install 'gan_cli[sweep]'"
            )
        self._options = parse(commands.Optuna, options, "hydra.sweeper")
        pruner = self._options.pruner
        self._pruner = pruner if isinstance(pruner, str) or (pruner or {}).get("name") else None

    def setup(self, context: HydraContext, function: TaskFunction, config: DictConfig) -> None:
        """Refuse what cannot work, and have the launcher made.

        Raises:
            ConfigError: with the key.
        """
        if config.evaluation.every is None:
            raise ConfigError("evaluation.every=null: without scores there is nothing to optimise")
        for key in ("sampler", "pruner"):
            _refuse_dropped(f"hydra.sweeper.{key}", getattr(self._options, key), config)
        if self._pruner and config.sweep.halving is None:
            raise ConfigError(
                "hydra.sweeper.pruner= is asked at the steps of sweep.halving=, which must be given"
            )
        self._context, self._config = context, config
        self._launcher = Plugins.instance().instantiate_launcher(
            hydra_context=context, task_function=function, config=config
        )

    def sweep(self, arguments: list[str]) -> list[JobReturn]:
        """Run the study to its last trial.

        Raises:
            SweepError: no trial has a score.
        """
        from hydra_plugins.gan_cli import Processes

        space = self._space(arguments)
        study, most = self._study(space)
        if isinstance(self._launcher, Processes):
            self._launcher.jobs.study = study
        returned: list[JobReturn] = []
        while (first := study.next) < most:
            # the same batches in a study that was cut and in one that was not
            last = min(most, (first // self._options.n_jobs + 1) * self._options.n_jobs)
            numbers = range(first, last)
            overrides = [space.trial(study.draw(number)) for number in numbers]
            answers = self._launcher.launch(overrides, initial_job_idx=first)
            for number, answer in zip(numbers, answers, strict=True):
                _tell(study, number, answer)
            returned += answers
        if not study.has_score:
            raise SweepError(
                "no trial has a score: the models have none of evaluation.objective, or no step "
                "was scored"
            )
        return returned

    def _space(self, arguments: list[str]) -> Space:
        from gan_cli.cli.multirun.space import Space

        parser = OverridesParser.create(config_loader=self._context.config_loader)
        overrides = given(jobs.own(arguments), self._options.params)
        return Space(parser.parse_overrides(overrides))

    def _study(self, space: Space) -> tuple[Study, int]:
        """The study, and how many trials it shall have."""
        from gan_cli.sweeps.algorithms import PRUNER, Algorithm, Sampler
        from gan_cli.sweeps.study import Study, opened

        sampler = Sampler(self._options.sampler, space.distributions)
        pruner = Algorithm(PRUNER, self._pruner) if self._pruner else None
        resuming = self._config.sweep.resume is not None
        if resuming and sampler.name == "CmaEsSampler":
            raise ConfigError(
                "sweep.resume= cannot go on with sampler=cmaes: Optuna pickles its state into the "
                "study, and reading that would run whatever a stranger has put there"
            )
        objective = str(self._config.evaluation.objective)
        directory = Path(str(self._config.hydra.sweep.dir))
        study, storage = opened(directory, objective, space.typed, resuming)
        made = Study(study, storage, objective, space.distributions, sampler, pruner)
        return made, int(min(self._options.n_trials, sampler.most))


def _refuse_dropped(key: str, given: object, config: DictConfig) -> None:
    """A name in place of a mapping takes its seed and arguments away without a word."""
    typed = [str(each).lstrip("+") for each in config.hydra.overrides.hydra]
    if isinstance(given, str) and any(each.startswith(f"{key}.") for each in typed):
        raise ConfigError(
            f"{key}={given} drops the seed and arguments beside it; {key}.name={given} keeps them"
        )


def _tell(study: Study, number: int, answer: JobReturn) -> None:
    directory = Path(str(answer.working_dir))
    record = read_job(directory)
    pruned = record is not None and record.state == "pruned"
    study.tell(number, directory / "metrics.jsonl", answer.return_value, pruned)
