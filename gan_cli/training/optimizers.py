"""One Keras optimizer per player, built before anything is restored into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import keras
import tensorflow as tf

from gan_cli.base.errors import ConfigError, unknown
from gan_cli.config.schema import Optimizer, Schedule
from gan_cli.objectives.model import Model
from gan_cli.training.schedules import Beta, Rate


class Adam(keras.optimizers.Adam):
    """Kingma and Ba (2015) in TensorFlow's fused kernel: Keras's own update passes over each weight
    ten times.

    `beta_2_at` gives beta_2 at an iteration; None: it stays.
    """

    def __init__(self, *arguments: Any, beta_2_at: Beta | None = None, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._beta_2_at = beta_2_at

    def build(self, variables: list[keras.Variable]) -> None:
        super().build(variables)
        moments = [each.value for each in self.variables if each.path.endswith("_momentum")]
        squares = [each.value for each in self.variables if each.path.endswith("_velocity")]
        pairs = zip(moments, squares, strict=True)
        self._of = {
            variable.value.ref(): pair for variable, pair in zip(variables, pairs, strict=True)
        }

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        updates = tf.cast(self.iterations + 1, tf.float32)
        self._beta_2 = self._beta_2_at(self.iterations) if self._beta_2_at else self.beta_2
        self._powers = tf.pow(self.beta_1, updates), tf.pow(self._beta_2, updates)
        super().apply(grads, trainable_variables)

    def update_step(
        self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor
    ) -> None:
        moment, square = self._of[variable.ref()]
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=moment.handle,
            v=square.handle,
            beta1_power=self._powers[0],
            beta2_power=self._powers[1],
            lr=learning_rate,
            beta1=self.beta_1,
            beta2=self._beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


def _adam(options: Optimizer, rate: Rate, beta_2_at: Beta | None, **common: Any) -> keras.Optimizer:
    return Adam(
        rate,
        beta_1=options.beta_1,
        beta_2=options.beta_2,
        beta_2_at=beta_2_at,
        epsilon=options.epsilon,
        **common,
    )


def _adamw(
    options: Optimizer, rate: Rate, beta_2_at: Beta | None, **common: Any
) -> keras.Optimizer:
    """Loshchilov and Hutter (2019): Keras applies a decoupled decay for any optimizer that has
    one.
    """
    return _adam(options, rate, beta_2_at, weight_decay=options.weight_decay, **common)


def _rmsprop(options: Optimizer, rate: Rate, _: Beta | None, **common: Any) -> keras.Optimizer:
    return keras.optimizers.RMSprop(
        rate, rho=options.rho, momentum=options.momentum, epsilon=options.epsilon, **common
    )


def _sgd(options: Optimizer, rate: Rate, _: Beta | None, **common: Any) -> keras.Optimizer:
    return keras.optimizers.SGD(rate, momentum=options.momentum, **common)


BUILDERS: dict[str, Callable[..., keras.Optimizer]] = {
    "adam": _adam,
    "adamw": _adamw,
    "rmsprop": _rmsprop,
    "sgd": _sgd,
}


def build(
    model: Model, options: Optimizer, schedule: Schedule, total_steps: int, precision: str
) -> dict[str, keras.Optimizer]:
    """player -> optimizer whose variables exist; float16 adds a dynamic loss scale.

    Raises:
        ConfigError: an override for a player that the model does not have.
    """
    for player in options.players:
        if player not in model.players:
            raise ConfigError(unknown("player in optimizer.players", player, list(model.players)))
    return {
        player: _for_player(player, model, options, schedule, total_steps, precision)
        for player in model.players
    }


def _for_player(
    player: str,
    model: Model,
    options: Optimizer,
    schedule: Schedule,
    total_steps: int,
    precision: str,
) -> keras.Optimizer:
    if player in options.players:
        given = {
            key: value
            for key, value in asdict(options.players[player]).items()
            if value is not None
        }
        factor = given.pop("rate_factor")
        options = replace(options, **given)
        options = replace(options, learning_rate=factor * options.learning_rate)
    updates = sum(phase.repeats for phase in model.phases if player in phase.trains)
    rate = Rate(options.learning_rate, schedule, total_steps, updates)
    moves = schedule.end_beta_2 is not None
    beta_2_at = Beta(options.beta_2, schedule, total_steps, updates) if moves else None
    optimizer = BUILDERS[options.name](
        options, rate, beta_2_at, global_clipnorm=options.clip_norm, name=player
    )
    if precision == "float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, name=f"{player}_scale")
    optimizer.build(model.trainable(player))
    return optimizer
