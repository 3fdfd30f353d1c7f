"""What the parts of a run share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from gan_cli.base.errors import refused
from gan_cli.config.schema import TrainConfig
from gan_cli.data.reading.source import Source
from gan_cli.runs.manifest import FORMAT
from gan_cli.runs.rundir import ModelCard, RunDirectory
from gan_cli.training.configuration import plugins_of
from gan_cli.training.hooks.hook import RollBack

Say = Callable[[str], None]


@dataclass(frozen=True)
class TrainingRun:
    """What the parts of a run share.

    Attributes:
        config: the checked configuration.
        stored: the same as config.json shall hold it.
        source: the real images.
        directory: where everything is written.
        say: called with lines for the user.
        loggers: options of what follows the run elsewhere.
    """

    config: TrainConfig
    stored: dict[str, Any]
    source: Source
    directory: RunDirectory
    say: Say
    loggers: tuple[Any, ...] = ()

    @cached_property
    def total(self) -> int:
        """Steps of the whole run."""
        return steps_of(self.config, self.source)

    @cached_property
    def card(self) -> ModelCard:
        return ModelCard(
            FORMAT,
            self.config.model,
            self.config.loss,
            self.source.spec,
            plugins_of(self.config.model, self.config.loss),
        )

    def with_config(self, config: TrainConfig) -> TrainingRun:
        """The run with a precision in place of `auto` and steps in place of minutes, which
        config.json holds from now on, beside its epochs their steps.
        """
        chosen = {key: getattr(config.training, key) for key in ("precision", "minutes")}
        steps = steps_of(config, self.source)
        training = {**self.stored["training"], **chosen, "steps": steps}
        return replace(self, config=config, stored={**self.stored, "training": training})

    def with_optimizer(self, back: RollBack) -> TrainingRun:
        """The run that goes on from a rollback, stored at once: a kill while its state is built
        shall not undo it.
        """
        stored = {**self.stored, "optimizer": asdict(back.optimizer)}
        run = replace(self, config=replace(self.config, optimizer=back.optimizer), stored=stored)
        run.write()
        return run

    def write(self) -> None:
        """Write config.json and model.json, whose presence makes this a run directory."""
        try:
            self.directory.write_config(self.stored)
            self.directory.write_card(self.card)
        except OSError as error:
            line = f"{self.directory.path}: {error.strerror or error}; nothing was trained"
            raise refused(error, line) from None


def steps_of(config: TrainConfig, source: Source) -> int:
    """Steps of the whole run."""
    training = config.training
    if training.epochs:
        return training.epochs * source.batches(training.batch_size)
    return training.steps
