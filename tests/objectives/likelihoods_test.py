"""Likelihoods against numbers worked out by hand, and against sums and integrals that must be 1."""

import math

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.objectives.likelihoods import (
    LEVEL,
    LIKELIHOODS,
    bernoulli,
    discretised_logistic,
    gaussian,
    kl_divergence,
)


def images(*pixels: float) -> tf.Tensor:
    """One image of a row of pixels."""
    return tf.constant(pixels, tf.float32)[None, None, :, None]


def log_scale(value: float) -> tf.Tensor:
    return tf.fill([1, 1, 1, 1], value)


def sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def test_bernoulli_is_the_probability_of_black_and_white():
    expected = math.log(sigmoid(2.0)) + math.log(1.0 - sigmoid(-1.0)) + math.log(1.0 - sigmoid(3.0))
    assert bernoulli(images(1.0, -1.0, -1.0), images(2.0, -1.0, 3.0)).numpy() == pytest.approx(
        [expected], rel=1e-6
    )


def test_bernoulli_counts_a_grey_as_a_share_of_white():
    expected = 0.75 * math.log(sigmoid(2.0)) + 0.25 * math.log(1.0 - sigmoid(2.0))
    assert bernoulli(images(0.5), images(2.0)).numpy() == pytest.approx([expected], rel=1e-6)


def test_bernoulli_of_logits_that_overflow_an_exponential():
    assert bernoulli(images(1.0, -1.0), images(1000.0, -1000.0)).numpy() == pytest.approx(
        [0.0], abs=1e-6
    )
    assert bernoulli(images(-1.0), images(1000.0)).numpy() == pytest.approx([-1000.0])


def test_gaussian_is_the_density():
    scale = 0.5
    expected = sum(
        -0.5 * (gap / scale) ** 2 - math.log(scale) - 0.5 * math.log(2.0 * math.pi)
        for gap in (0.0, 0.5, -1.5)
    )
    found = gaussian(images(0.0, 0.5, -1.0), images(0.0, 0.0, 0.5), log_scale(math.log(scale)))
    assert found.numpy() == pytest.approx([expected], rel=1e-6)


def test_gaussian_is_best_where_the_scale_is_the_error():
    """A mean error of 0.2 asks for a standard deviation of 0.2."""
    observed, mean = images(0.2, -0.2), images(0.0, 0.0)
    at = {
        scale: float(gaussian(observed, mean, log_scale(math.log(scale)))[0])
        for scale in (0.19, 0.2, 0.21)
    }
    assert at[0.2] > max(at[0.19], at[0.21])


def test_logistic_is_the_mass_of_a_bin():
    scale, mean, level = 0.1, 0.3, 200
    x = level / 127.5 - 1.0
    expected = math.log(
        sigmoid((x - mean + LEVEL / 2) / scale) - sigmoid((x - mean - LEVEL / 2) / scale)
    )
    found = discretised_logistic(images(x), images(mean), log_scale(math.log(scale)))
    assert found.numpy() == pytest.approx([expected], rel=1e-4)


@pytest.mark.parametrize(
    ("mean", "scale"), [(0.0, 0.1), (-0.98, 0.05), (1.0, 0.5), (0.31, 0.002), (0.3, 20.0)]
)
def test_logistic_of_all_levels_sums_to_one(mean: float, scale: float):
    levels = tf.constant(np.arange(256) / 127.5 - 1.0, tf.float32)[:, None, None, None]
    found = discretised_logistic(levels, tf.fill([256, 1, 1, 1], mean), log_scale(math.log(scale)))
    assert float(tf.reduce_sum(tf.exp(found))) == pytest.approx(1.0, abs=2e-4)


def test_logistic_far_from_the_mean_keeps_its_value_and_gradient():
    """A float32 difference of two sigmoids would be 0 here, its logarithm minus infinity."""
    scale, mean = 0.001, tf.Variable(images(-0.5))
    with tf.GradientTape() as tape:
        found = discretised_logistic(images(0.5), mean, log_scale(math.log(scale)))
    # s(a) - s(b) for large a and b is e^-b (1 - e^-(a-b)).
    expected = -(1.0 - LEVEL / 2) / scale + math.log(1.0 - math.exp(-LEVEL / scale))
    assert found.numpy() == pytest.approx([expected], rel=1e-5)
    assert tape.gradient(found, mean).numpy().item() == pytest.approx(1.0 / scale, rel=1e-3)


def test_each_image_has_its_own_sum():
    two = tf.concat([images(1.0, 1.0), images(-1.0, -1.0)], 0)
    found = bernoulli(two, tf.ones_like(two))
    assert found.numpy() == pytest.approx(
        [2 * math.log(sigmoid(1.0)), 2 * math.log(1.0 - sigmoid(1.0))], rel=1e-6
    )


def test_divergence_is_the_integral():
    """KL of N(1, 4) and N(0.5, 0.25) from N(0, 1), by hand: (s^2 + m^2 - 1 - log s^2) / 2 each."""
    mean, log_variance = tf.constant([[1.0, 0.5]]), tf.math.log([[4.0, 0.25]])
    expected = 0.5 * (4.0 + 1.0 - 1.0 - math.log(4.0)) + 0.5 * (0.25 + 0.25 - 1.0 - math.log(0.25))
    assert kl_divergence(mean, log_variance).numpy() == pytest.approx([expected], rel=1e-6)
    x = np.linspace(-40.0, 40.0, 400_001)
    density = np.exp(-0.5 * ((x - 1.0) / 2.0) ** 2) / (2.0 * math.sqrt(2.0 * math.pi))
    ratio = -0.5 * ((x - 1.0) / 2.0) ** 2 - math.log(2.0) + 0.5 * x**2
    one = float(kl_divergence(mean[:, :1], log_variance[:, :1])[0])
    assert one == pytest.approx(float(np.sum(density * ratio) * (x[1] - x[0])), rel=1e-5)


def test_divergence_of_the_prior_from_itself_is_zero():
    assert kl_divergence(tf.zeros([3, 5]), tf.zeros([3, 5])).numpy() == pytest.approx(
        [0.0, 0.0, 0.0], abs=0.0
    )


def test_the_mean_image_is_in_range():
    assert LIKELIHOODS["bernoulli"].image(
        tf.constant([0.0, math.log(3.0), -1000.0])
    ).numpy() == pytest.approx([0.0, 0.5, -1.0])
    for name in ("gaussian", "logistic"):
        assert (LIKELIHOODS[name].activation, LIKELIHOODS[name].scaled) == ("tanh", True)
        assert LIKELIHOODS[name].image(tf.constant([-0.25, 1.0])).numpy() == pytest.approx(
            [-0.25, 1.0]
        )
