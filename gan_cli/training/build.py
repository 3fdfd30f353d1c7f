"""State and step of a run, from its configuration."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from gan_cli import models
from gan_cli.base.machines.replicas import Replica
from gan_cli.config.schema import TrainConfig
from gan_cli.data.pipeline import augment
from gan_cli.data.pipeline.feed import Feed
from gan_cli.data.reading.source import Source
from gan_cli.objectives.augmentation import ada, diffaug
from gan_cli.training import optimizers
from gan_cli.training.schedules import Factor
from gan_cli.training.state import State
from gan_cli.training.step import Part, Step


def build(config: TrainConfig, source: Source, total: int, replica: Replica | None = None) -> State:
    """The state at step 0 of a run of `total` steps; of a replica, on its device.

    Nobody looks at the moving averages of any replica but the first.
    """
    with tf.device(replica.device if replica else None):
        return _build(config, source, total, replica)


def _build(config: TrainConfig, source: Source, total: int, replica: Replica | None) -> State:
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
    return State(model, players, 0.0 if replica and replica.index else decay, replica)


def compiled(
    config: TrainConfig, state: State, feed: Feed, total: int, others: Sequence[Part] = ()
) -> Step:
    """The training step that the configuration of a run of `total` steps describes.

    Args:
        others: the replicas of this process beside the first.
    """
    end = config.schedule.end_penalty_factor
    return Step(
        state,
        feed,
        config.seed,
        config.training.xla,
        augment.build(config.augment),
        Factor(config.schedule, total, end) if end != 1.0 else None,
        others,
    )
