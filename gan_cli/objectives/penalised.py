"""The penalties that a discriminator pays, as the configuration asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Logs
from gan_cli.config.schema import Loss
from gan_cli.objectives import penalties
from gan_cli.objectives.penalties import Judge

Compute = Callable[[Judge, tf.Tensor, tf.Tensor, Noise], tuple[tf.Tensor, ...]]
"""(judge, real, fake, noise) -> the penalty without its weight and, where there is one, the
gradient norm to log.
"""


class Term(NamedTuple):
    """A penalty with its weight and the updates from one to the next."""

    name: str
    weight: float
    interval: int
    compute: Compute


class Penalties:
    """The weighted sum of all penalties that are switched on; 0 where none is."""

    def __init__(self, loss: Loss, draws: int) -> None:
        self._draws, self._repeats = draws, loss.discriminator_steps
        one_sided = loss.gradient_penalty_sides == "one"
        terms = (
            Term(
                "gradient_norm",
                loss.gradient_penalty,
                loss.gradient_penalty_interval,
                _between(one_sided),
            ),
            Term("gradient_norm_dragan", loss.dragan, loss.dragan_interval, _around),
            Term(
                "r1",
                loss.r1,
                loss.r1_interval,
                lambda judge, real, fake, noise: (penalties.zero_centred(judge, real),),
            ),
            Term(
                "r2",
                loss.r2,
                loss.r2_interval,
                lambda judge, real, fake, noise: (penalties.zero_centred(judge, fake),),
            ),
        )
        self._terms = [term for term in terms if term.weight]

    def __call__(
        self, judge: Judge, real: tf.Tensor, fake: tf.Tensor, noise: Noise
    ) -> tuple[tf.Tensor, Logs]:
        """The penalty of what a discriminator saw, and for each term the gradient norm or else the
        penalty itself.
        """
        total, logs = tf.constant(0.0), {}
        for term in self._terms:
            compute = lambda term=term: term.compute(judge, real, fake, noise)  # noqa: E731
            penalty, *norm = penalties.lazily(self._update(noise), term.interval, compute)
            total += term.weight * penalty
            logs[term.name] = norm[0] if norm else penalty
        return total, logs

    def _update(self, noise: Noise) -> tf.Tensor:
        """How often the discriminators were updated before."""
        step, draw = noise.step // self._draws, noise.step % self._draws
        return step * self._repeats + draw


def _between(one_sided: bool) -> Compute:
    def compute(
        judge: Judge, real: tf.Tensor, fake: tf.Tensor, noise: Noise
    ) -> tuple[tf.Tensor, ...]:
        mix = noise.uniform("gradient_penalty", (real.shape[0],))
        return penalties.gradient_penalty(judge, real, fake, mix, one_sided)

    return compute


def _around(judge: Judge, real: tf.Tensor, fake: tf.Tensor, noise: Noise) -> tuple[tf.Tensor, ...]:
    mix = noise.uniform("dragan/mix", (real.shape[0],))
    return penalties.dragan(judge, real, mix, noise.uniform("dragan/directions", real.shape))
