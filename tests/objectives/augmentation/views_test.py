"""What a discriminator sees: packs by hand, noise that decays, changes in their order."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.objectives.augmentation.views import packed, view
from gan_cli.objectives.options import Loss
from tests.objectives.toys import context

IMAGES = tf.reshape(tf.range(4 * 2 * 3 * 2, dtype=tf.float32), (4, 2, 3, 2))


def shaken(images: tf.Tensor, noise: Noise) -> tf.Tensor:
    return images + noise.uniform("shake", images.shape)


def test_a_pack_holds_neighbours_as_channels() -> None:
    packs = packed(IMAGES, 2).numpy()
    assert packs.shape == (2, 2, 3, 4)
    np.testing.assert_array_equal(packs[0, ..., :2], IMAGES[0])
    np.testing.assert_array_equal(packs[0, ..., 2:], IMAGES[1])
    np.testing.assert_array_equal(packs[1, ..., 2:], IMAGES[3])


def test_packs_of_sequences() -> None:
    sequences = tf.reshape(tf.range(4 * 3 * 2 * 2 * 1, dtype=tf.float32), (4, 3, 2, 2, 1))
    packs = packed(sequences, 4).numpy()
    assert packs.shape == (1, 3, 2, 2, 4)
    np.testing.assert_array_equal(packs[0, ..., 2], sequences[2, ..., 0])


def test_nothing_asked_for_nothing_changed() -> None:
    np.testing.assert_array_equal(view(Loss("hinge"))(IMAGES, context()), IMAGES)
    np.testing.assert_array_equal(view(Loss("hinge"), None, None)(IMAGES, context()), IMAGES)


@pytest.mark.parametrize(
    ("step", "deviation"), [(0, 0.5), (50, 0.25), (75, 0.125), (100, 0.0), (400, 0.0)]
)
def test_instance_noise_falls_to_nothing(step: int, deviation: float) -> None:
    """By the step, whatever the number of the update."""
    seen = view(Loss("hinge", instance_noise=0.5, instance_noise_steps=100))
    normal = context(step).noise.normal("instance", IMAGES.shape)
    assert normal.numpy().std() > 0.8
    found = seen(IMAGES, context(step, update=7 * step + 3))
    np.testing.assert_allclose(found, IMAGES + deviation * normal, rtol=1e-6)


def test_instance_noise_stays_where_no_end_is_set() -> None:
    seen = view(Loss("hinge", instance_noise=0.5))(tf.zeros([64, 16, 16, 1]), context(10**6))
    assert seen.numpy().std() == pytest.approx(0.5, rel=0.02)
    assert seen.numpy().mean() == pytest.approx(0.0, abs=0.02)


def test_changes_come_first_and_in_order() -> None:
    seen = view(
        Loss("hinge", pack=2),
        None,
        lambda images, _: images + 1.0,
        lambda images, _: images * 2.0,
    )
    np.testing.assert_array_equal(seen(IMAGES, context()), packed((IMAGES + 1.0) * 2.0, 2))


def test_instance_noise_is_added_after_the_changes() -> None:
    seen = view(Loss("hinge", instance_noise=1.0), lambda images, _: images * 0.0)
    expected = context().noise.normal("instance", IMAGES.shape)
    np.testing.assert_array_equal(seen(IMAGES, context()), expected)


def test_each_change_has_draws_of_its_own() -> None:
    noise = context(3).noise
    expected = shaken(shaken(IMAGES, noise.branch("change_0")), noise.branch("change_1"))
    found = view(Loss("hinge"), shaken, shaken)(IMAGES, context(3))
    np.testing.assert_array_equal(found, expected)
    assert np.abs(found - shaken(shaken(IMAGES, noise), noise)).max() > 0.01
