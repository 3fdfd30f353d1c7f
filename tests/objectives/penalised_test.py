"""The sum of penalties: weights, intervals counted in updates of the discriminator, and what is
logged.
"""

import pytest
import tensorflow as tf
from gan_cli.objectives.penalised import Penalties

from gan_cli.base.randomness import Noise
from gan_cli.objectives.options import Loss

REAL, FAKE = tf.ones([4, 2, 2, 1]), tf.zeros([4, 2, 2, 1])


def slope(images: tf.Tensor) -> tf.Tensor:
    """A judge whose gradient is 1.5 in each of the four pixels: its norm is 3, its square 9."""
    return 1.5 * tf.reduce_sum(images, axis=[1, 2, 3])[:, None]


def paid(step: int = 0, draws: int = 1, **options: object) -> tuple[float, dict[str, float]]:
    penalty, logs = Penalties(Loss("hinge", **options), draws)(
        slope, REAL, FAKE, Noise(0, tf.constant(step, tf.int64))
    )
    return float(penalty), {name: float(value) for name, value in logs.items()}


def test_nothing_is_paid_by_default():
    assert paid() == (0.0, {})


@pytest.mark.parametrize(
    ("options", "penalty", "logs"),
    [
        ({"gradient_penalty": 10.0}, 40.0, {"gradient_norm": 3.0}),
        ({"gradient_penalty": 10.0, "gradient_penalty_sides": "one"}, 40.0, {"gradient_norm": 3.0}),
        ({"dragan": 1.0}, 4.0, {"gradient_norm_dragan": 3.0}),
        ({"r1": 2.0}, 9.0, {"r1": 4.5}),
        ({"r2": 2.0}, 9.0, {"r2": 4.5}),
        (
            {"r1": 2.0, "r2": 4.0, "gradient_penalty": 0.5},
            9.0 + 18.0 + 2.0,
            {"gradient_norm": 3.0, "r1": 4.5, "r2": 4.5},
        ),
    ],
)
def test_each_penalty_by_hand(options: dict, penalty: float, logs: dict):
    total, found = paid(**options)
    assert total == pytest.approx(penalty, rel=1e-6)
    assert found == pytest.approx(logs, rel=1e-6)


@pytest.mark.parametrize(("step", "due"), [(0, True), (1, False), (3, False), (4, True), (8, True)])
def test_a_lazy_penalty_is_due_every_fourth_update(step: int, due: bool):
    assert paid(step, r1=2.0, r1_interval=4)[0] == pytest.approx(36.0 if due else 0.0)


def test_intervals_count_updates_of_the_discriminator():
    """Five updates and the generator's draw make six draws a step: draws 6 to 10 are updates 5 to
    9.
    """
    options = {"r1": 2.0, "r1_interval": 4, "discriminator_steps": 5}
    due = [
        draw
        for draw in (*range(5), *range(6, 11), *range(12, 17))
        if paid(draw, 6, **options)[0] > 0
    ]
    assert due == [0, 4, 9, 14]
