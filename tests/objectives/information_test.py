"""Information of codes against hand computation, NumPy and SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from scipy.special import log_softmax

from gan_cli.objectives.codes import Codes
from gan_cli.objectives.information import mutual_information
from gan_cli.objectives.terms import Comparison, Output

from .toys import context

CODES = Codes(noise=2, categories=3, continuous=2)
RANDOM = np.random.default_rng(0)
LATENTS = RANDOM.normal(size=(5, 7)).astype(np.float32)


def seen(codes: np.ndarray, latents: np.ndarray = LATENTS) -> Comparison:
    nothing = tf.zeros([len(latents), 1])
    of_fake = Output(nothing, codes=tf.constant(codes, tf.float32))
    return Comparison(
        nothing, nothing, Output(nothing), of_fake, None, lambda x: x, tf.constant(latents)
    )


def both_sides(
    given: Comparison, codes: Codes = CODES, weights: tuple[float, float] = (1.0, 0.1), **more: bool
) -> tuple[float, dict[str, float]]:
    """The cost, which is checked to be that of either side, and the logs of the discriminator."""
    term = mutual_information(codes, *weights, more.get("learnt", False))
    assert term.discriminator is not None
    assert term.generator is not None
    cost, logs = term.discriminator(given, context())
    assert float(term.generator(given, context())[0]) == float(cost)
    return float(cost), {name: float(value) for name, value in logs.items()}


def test_the_bounds_against_scipy() -> None:
    said = np.random.default_rng(1).normal(size=(5, 7)).astype(np.float32)
    cost, logs = both_sides(seen(said), learnt=True)
    chosen = LATENTS[:, 2:5].argmax(axis=1)
    category = math.log(3) + log_softmax(said[:, :3], axis=1)[np.arange(5), chosen].mean()
    density = stats.norm(said[:, 3:5], np.exp(0.5 * said[:, 5:])).logpdf(LATENTS[:, 5:])
    continuous = 2 * stats.norm.entropy() + density.sum(axis=1).mean()
    assert logs["information_category"] == pytest.approx(category, rel=1e-5)
    assert logs["information_continuous"] == pytest.approx(continuous, rel=1e-5)
    right = (said[:, :3].argmax(axis=1) == chosen).mean()
    assert logs["category_accuracy"] == pytest.approx(right)
    assert cost == pytest.approx(-category - 0.1 * continuous, rel=1e-5)


def test_of_unit_variance_by_hand() -> None:
    """Named exactly, each code has 1/2 ln(2 pi e) - 1/2 ln(2 pi) = 1/2 nat; by 1 beside, none."""
    codes = Codes(0, 0, 2)
    values = np.float32([[1.0, -2.0], [0.5, 3.0]])
    for beside, expected in ((0.0, 1.0), (1.0, 0.0), (2.0, -3.0)):
        cost, logs = both_sides(seen(values + beside, values), codes, (1.0, 2.0))
        assert logs == {"information_continuous": pytest.approx(expected, abs=1e-6)}
        assert cost == pytest.approx(-2.0 * expected, abs=1e-6)


def test_the_category_by_hand() -> None:
    """Knowing nothing is 0 nats, knowing all ln 4; a confident mistake is worse than nothing."""
    codes, latents = Codes(1, 4, 0), np.eye(5, dtype=np.float32)[[1, 2, 4]]
    chosen = latents[:, 1:]
    for said, expected, right in (
        (chosen * 0.0, 0.0, 1 / 3),
        (chosen * 50.0, math.log(4), 1.0),
        (np.roll(chosen, 1, axis=1) * 50.0, math.log(4) - 50.0, 0.0),
    ):
        cost, logs = both_sides(seen(said, latents), codes, (2.0, 0.0))
        assert logs["information_category"] == pytest.approx(expected, abs=1e-4)
        assert logs["category_accuracy"] == pytest.approx(right)
        assert cost == pytest.approx(-2.0 * expected, abs=1e-3)


def test_the_category_is_that_of_the_generator() -> None:
    """All values are drawn alike, and each is the largest equally often."""
    latents = np.random.default_rng(2).normal(size=(3000, 7)).astype(np.float32)
    counts = np.bincount(latents[:, 2:5].argmax(axis=1))
    assert np.abs(counts - 1000).max() < 130  # five standard errors

    from gan_cli.networks.layers.common import Category

    made = Category(2, 3)(latents).numpy()
    np.testing.assert_array_equal(made[:, :2], latents[:, :2])
    np.testing.assert_array_equal(made[:, 5:], latents[:, 5:])
    np.testing.assert_array_equal(made[:, 2:5], np.eye(3)[latents[:, 2:5].argmax(axis=1)])


def test_in_half_precision_the_category_is_the_same() -> None:
    """1 and 1.001 are one number in bfloat16."""
    from gan_cli.networks.layers.common import Category

    latents = np.float32([[1.0, 1.001, 0.0]])
    layer = Category(0, 3, name="category")
    assert layer(latents).numpy().tolist() == [[0.0, 1.0, 0.0]]
    again = Category.from_config(layer.get_config())
    assert again(latents).numpy().tolist() == [[0.0, 1.0, 0.0]]


def test_settings_of_codes_by_hand() -> None:
    latent = np.arange(7.0)
    for setting, expected in (
        ([], [0, 1, 2, 3, 4, 5, 6]),
        ([1], [0, 1, 0, 1, 0, 5, 6]),
        ([None, -2.0], [0, 1, 2, 3, 4, -2, 6]),
        ([0, None, 0.5], [0, 1, 1, 0, 0, 5, 0.5]),
    ):
        assert CODES.with_setting(latent, setting).tolist() == expected
    assert latent.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert Codes(2, 0, 5).with_setting(latent, [7.0]).tolist() == [0, 1, 7, 3, 4, 5, 6]


def test_moves_of_codes_by_hand() -> None:
    assert CODES.moves() == [
        [[0], [1], [2]],
        [[None, -2.0], [None, 0.0], [None, 2.0]],
        [[None, None, -2.0], [None, None, 0.0], [None, None, 2.0]],
    ]
    (alone,) = Codes(4, 0, 1).moves()
    assert [len(alone), alone[0], alone[-1]] == [10, [-2.0], [2.0]]
    assert [len(move) for move in Codes(4, 50, 1).moves()] == [20, 20]
