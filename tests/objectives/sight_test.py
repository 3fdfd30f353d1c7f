"""What a discriminator sees: packs by hand, noise that decays, changes in their order."""

import numpy as np
import pytest
import tensorflow as tf
from gan_cli.objectives.sight import Sight, packed

from gan_cli.base.randomness import Noise
from gan_cli.objectives.options import Loss

IMAGES = tf.reshape(tf.range(4 * 2 * 3 * 2, dtype=tf.float32), (4, 2, 3, 2))


def noise(step: int) -> Noise:
    return Noise(0, tf.constant(step, tf.int64))


def test_a_pack_holds_neighbours_as_channels():
    packs = packed(IMAGES, 2).numpy()
    assert packs.shape == (2, 2, 3, 4)
    np.testing.assert_array_equal(packs[0, ..., :2], IMAGES[0])
    np.testing.assert_array_equal(packs[0, ..., 2:], IMAGES[1])
    np.testing.assert_array_equal(packs[1, ..., 2:], IMAGES[3])


def test_packs_of_sequences():
    sequences = tf.reshape(tf.range(4 * 3 * 2 * 2 * 1, dtype=tf.float32), (4, 3, 2, 2, 1))
    packs = packed(sequences, 4).numpy()
    assert packs.shape == (1, 3, 2, 2, 4)
    np.testing.assert_array_equal(packs[0, ..., 2], sequences[2, ..., 0])


def test_nothing_asked_for_nothing_changed():
    np.testing.assert_array_equal(Sight(Loss("hinge"), 1)(IMAGES, noise(0)), IMAGES)


@pytest.mark.parametrize(
    ("step", "deviation"), [(0, 0.5), (50, 0.25), (75, 0.125), (100, 0.0), (400, 0.0)]
)
def test_instance_noise_falls_to_nothing(step: int, deviation: float):
    sight = Sight(Loss("hinge", instance_noise=0.5, instance_noise_steps=100), 1)
    seen = sight(tf.zeros([64, 16, 16, 1]), noise(step)).numpy()
    assert seen.std() == pytest.approx(deviation, rel=0.02)
    assert abs(seen.mean()) <= 0.02


def test_instance_noise_counts_steps_not_draws():
    """With six batches a step, draw 302 is of step 50."""
    sight = Sight(Loss("hinge", instance_noise=0.5, instance_noise_steps=100), 6)
    assert sight(tf.zeros([64, 16, 16, 1]), noise(302)).numpy().std() == pytest.approx(
        0.25, rel=0.02
    )


def test_instance_noise_stays_where_no_end_is_set():
    sight = Sight(Loss("hinge", instance_noise=0.5), 1)
    assert sight(tf.zeros([64, 16, 16, 1]), noise(10**6)).numpy().std() == pytest.approx(
        0.5, rel=0.02
    )


def test_changes_come_first_and_in_order():
    sight = Sight(
        Loss("hinge", pack=2),
        1,
        None,
        lambda images, _: images + 1.0,
        lambda images, _: images * 2.0,
    )
    np.testing.assert_array_equal(sight(IMAGES, noise(0)), packed((IMAGES + 1.0) * 2.0, 2))
