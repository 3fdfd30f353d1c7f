"""State and step of a run, from its configuration."""

from __future__ import annotations

from gan_cli import models
from gan_cli.config.schema import TrainConfig
from gan_cli.data.pipeline import augment
from gan_cli.data.pipeline.feed import Feed
from gan_cli.data.reading.source import Source
from gan_cli.objectives import ada, diffaug
from gan_cli.training import optimizers
from gan_cli.training.schedules import Factor
from gan_cli.training.state import State
from gan_cli.training.step import Step


def build(config: TrainConfig, source: Source, total: int) -> State:
    """The state at step 0 of a run of `total` steps."""
    training = config.training
    model = models.build(
        config.model,
        source.spec,
        config.loss,
        seed=config.seed,
        precision=training.precision,
        augment=diffaug.differentiable(config.augment.differentiable),
        adaptive=ada.adaptive(config.augment, config.loss.name, training.batch_size),
    )
    model.prepare()
    players = optimizers.build(model, config.optimizer, config.schedule, total, training.precision)
    decay = training.ema_decay
    if training.ema_half_life is not None:
        decay = 0.5 ** (training.batch_size / training.ema_half_life)
    return State(model, players, decay)


def compiled(config: TrainConfig, state: State, feed: Feed, total: int) -> Step:
    """The training step that the configuration of a run of `total` steps describes."""
    end = config.schedule.end_penalty_factor
    return Step(
        state,
        feed,
        config.seed,
        config.training.xla,
        augment.build(config.augment),
        Factor(config.schedule, total, end) if end != 1.0 else None,
    )
