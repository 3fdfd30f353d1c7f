"""What changes over a run by the group `schedule`: functions of the step, so that no rate is state
that a checkpoint could bring back.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import keras
import tensorflow as tf

from gan_cli.config.schema import Schedule

DECAY: dict[str, Callable[[tf.Tensor, float], tf.Tensor]] = {
    "constant": lambda progress, end: tf.ones_like(progress),
    "linear": lambda progress, end: 1.0 - (1.0 - end) * progress,
    "cosine": lambda progress, end: end + (1.0 - end) * 0.5 * (1.0 + tf.cos(math.pi * progress)),
    "exponential": lambda progress, end: tf.pow(max(end, 1e-3), progress),
}
"""name -> factor at a progress in [0, 1] that ends at `end`; an exponential cannot end at 0 and
stops at 1/1000.
"""


class Factor:
    """1 until the warm-up is over, then along the curve of a schedule to `end` at `total_steps`."""

    def __init__(self, schedule: Schedule, total_steps: int, end: float) -> None:
        self._warmup = schedule.warmup_steps
        self._decay, self._end = DECAY[schedule.name], end
        self._length = max((schedule.steps or total_steps) - schedule.warmup_steps, 1)

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        step = tf.cast(step, tf.float32)
        progress = tf.clip_by_value((step - self._warmup) / self._length, 0.0, 1.0)
        return self._decay(progress, self._end)


class Rate(keras.optimizers.schedules.LearningRateSchedule):
    """`learning_rate` times warm-up times decay, as Keras asks for it: a function of the
    optimizer's iterations.

    The warm-up is linear over `warmup_steps`, so that step 0 takes 1/warmup_steps of the rate; the
    decay begins after it and ends at `total_steps`. `updates_per_step` is how often the optimizer
    is applied in one training step.
    """

    def __init__(
        self, learning_rate: float, schedule: Schedule, total_steps: int, updates_per_step: int = 1
    ) -> None:
        self._learning_rate, self._warmup = learning_rate, schedule.warmup_steps
        self._factor = Factor(schedule, total_steps, schedule.end_factor)
        self._updates_per_step = updates_per_step

    def __call__(self, iterations: tf.Tensor) -> tf.Tensor:
        step = tf.cast(iterations // self._updates_per_step, tf.float32)
        rate = self._learning_rate * self._factor(step)
        return rate * tf.minimum((step + 1.0) / self._warmup, 1.0) if self._warmup else rate

    def get_config(self) -> dict[str, float]:
        return {"learning_rate": self._learning_rate}


class Beta:
    """Adam's beta_2 at an iteration: 1 - beta_2 follows the schedule, to 1 - `end_beta_2`."""

    def __init__(
        self, beta_2: float, schedule: Schedule, total_steps: int, updates_per_step: int = 1
    ) -> None:
        end = beta_2 if schedule.end_beta_2 is None else schedule.end_beta_2
        self._forgotten = 1.0 - beta_2
        self._factor = Factor(schedule, total_steps, (1.0 - end) / self._forgotten)
        self._updates_per_step = updates_per_step

    def __call__(self, iterations: tf.Tensor) -> tf.Tensor:
        return 1.0 - self._forgotten * self._factor(iterations // self._updates_per_step)
