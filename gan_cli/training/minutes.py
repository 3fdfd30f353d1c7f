"""As many steps as fit into `training.minutes` on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gan_cli.config.schema import TrainConfig
from gan_cli.data.reading.source import Source
from gan_cli.training.estimate import estimate

TIMED = 16
"""Steps: penalties in every 16th update are among them."""


def in_steps(config: TrainConfig, source: Source, say: Callable[[str], None]) -> TrainConfig:
    """The configuration with training.steps for training.minutes, by the speed of its first steps.

    Scores, grids and checkpoints take what they take beside it.
    """
    minutes = config.training.minutes
    if minutes is None:
        return config
    seconds = estimate(config, source, TIMED).seconds_per_step
    steps = steps_within(minutes, seconds)
    unit = "minute" if minutes == 1 else "minutes"
    say(f"training.steps={steps}: {minutes:g} {unit} at {1 / seconds:,.1f} steps/s")
    return replace(config, training=replace(config.training, steps=steps, minutes=None))


def steps_within(minutes: float, seconds_per_step: float) -> int:
    """Steps that fit, at least one, in two figures: more would promise what a measurement does not
    hold.
    """
    return max(1, int(float(f"{60.0 * minutes / seconds_per_step:.2g}")))
