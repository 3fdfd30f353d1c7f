"""Learning-rate schedules: factors of the step, so that the rate is never state that a checkpoint
could bring back.
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
        self._decay, self._end = DECAY[schedule.name], schedule.end_factor
        self._length = max((schedule.steps or total_steps) - schedule.warmup_steps, 1)
        self._updates_per_step = updates_per_step

    def __call__(self, iterations: tf.Tensor) -> tf.Tensor:
        step = tf.cast(iterations // self._updates_per_step, tf.float32)
        progress = tf.clip_by_value((step - self._warmup) / self._length, 0.0, 1.0)
        rate = self._learning_rate * self._decay(progress, self._end)
        return rate * tf.minimum((step + 1.0) / self._warmup, 1.0) if self._warmup else rate

    def get_config(self) -> dict[str, float]:
        return {"learning_rate": self._learning_rate}
