"""What a step tells the losses of its phases: the step, the update, and draws of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Batch
from gan_cli.config.schema import Schedule
from gan_cli.data.pipeline.feed import DeviceFeed
from gan_cli.data.reading.source import Source
from gan_cli.objectives.model import Context, Model, Phase
from gan_cli.training.schedules import Factor
from gan_cli.training.state import State
from gan_cli.training.step import Step

from .toys import no_network


def phase(name: str, repeats: int = 1) -> Phase:
    """Logs where it stands, each time under a name of its own."""
    count = iter(range(repeats))

    def losses(batch: Batch, context: Context) -> tuple[dict[str, tf.Tensor], dict[str, Any]]:
        number = next(count)
        return {}, {
            f"{name}_{number}_step": context.step,
            f"{name}_{number}_update": context.update,
            f"{name}_{number}_draw": context.noise.uniform("draw", ()),
            f"{name}_{number}_image": batch["images"][0, 0, 0, 0],
        }

    return Phase(losses, trains=(), repeats=repeats)


def test_updates_are_counted_for_each_phase_and_batches_and_draws_for_all() -> None:
    """Five updates of one phase and one of another are six batches a step."""
    pixels = np.arange(24, dtype=np.uint8)[:, None, None, None] * np.ones((8, 8, 1), np.uint8)
    model = Model(
        networks={},
        players={},
        sampler=(),
        phases=(phase("often", repeats=5), phase("once")),
        latent_shape=(1,),
        sampling=lambda networks, latents, labels, steps: latents,
        assemble=no_network,
    )
    feed = DeviceFeed(Source(pixels), 1, seed=3)
    state = State(model, {}, 0.0)
    step = Step(state, feed, seed=4)
    step.run(tf.constant(2, tf.int64), tf.zeros([1]))
    _, totals = step.run(tf.constant(1, tf.int64), tf.zeros([1]))
    found = dict(zip(step.names, totals.numpy().tolist(), strict=True))
    assert step.batches == 6
    for number in range(6):
        name = f"often_{number}" if number < 5 else "once_0"
        draw = 2 * 6 + number
        assert found[f"{name}_step"] == 2
        assert found[f"{name}_update"] == (2 * 5 + number if number < 5 else 2)
        assert found[f"{name}_draw"] == float(Noise(4, draw).uniform("draw", ()))
        image = feed.batch(tf.constant(draw, tf.int64))["images"][0, 0, 0, 0]
        assert found[f"{name}_image"] == float(image)


def test_the_weight_of_penalties_follows_its_factor() -> None:
    def losses(batch: Batch, context: Context) -> tuple[dict[str, tf.Tensor], dict[str, Any]]:
        return {}, {"factor": context.penalty_factor}

    model = Model(
        networks={},
        players={},
        sampler=(),
        phases=(Phase(losses, trains=()),),
        latent_shape=(1,),
        sampling=lambda networks, latents, labels, steps: latents,
        assemble=no_network,
    )
    feed = DeviceFeed(Source(np.zeros((2, 8, 8, 1), np.uint8)), 1, seed=0)
    schedule = Schedule("linear", warmup_steps=1)
    for factor, expected in ((Factor(schedule, 5, 0.2), 1.0 + 1.0 + 0.8), (None, 3.0)):
        step = Step(State(model, {}, 0.0), feed, seed=0, penalty_factor=factor)
        _, totals = step.run(tf.constant(3, tf.int64), tf.zeros([1]))
        np.testing.assert_allclose(totals, [expected], rtol=1e-6)
