"""Gradients at images and the penalties on them against numbers worked out by hand, and their own
gradients against finite differences.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.config.catalogue import NoOptions
from gan_cli.networks.layers.common import layer_norm
from gan_cli.objectives.gradients import (
    gradient_norms,
    lazily,
    per_item,
    squared_norms,
    unit_norms,
    zero_centred,
)
from gan_cli.objectives.penalties.dragan import dragan
from gan_cli.objectives.penalties.gradient_penalty import GradientPenalty, gradient_penalty
from gan_cli.objectives.penalties.r1 import r1
from gan_cli.objectives.penalties.r2 import r2

from .toys import Draws, linear, quadratic

REAL = tf.constant([[[[1.0], [2.0]]], [[[-1.0], [0.5]]]])  # two images of 1x2x1
FAKE = tf.constant([[[[0.0], [4.0]]], [[[3.0], [0.5]]]])
MIX = Draws(gradient_penalty=tf.constant([0.25, 0.75]))
TWO, ONE = GradientPenalty(), GradientPenalty("one")


def floats(result: tuple[tf.Tensor, dict[str, tf.Tensor]]) -> tuple[float, dict[str, float]]:
    value, logs = result
    return float(value), {name: float(each) for name, each in logs.items()}


def test_norms_of_linear_and_of_quadratic_logits() -> None:
    np.testing.assert_allclose(gradient_norms(linear(3.0, -4.0), REAL), [5.0, 5.0])
    np.testing.assert_allclose(squared_norms(linear(3.0, -4.0), REAL), [25.0, 25.0])
    np.testing.assert_allclose(gradient_norms(quadratic, REAL), [math.sqrt(5.0), math.sqrt(1.25)])


def test_norms_of_sequences_are_those_of_whole_items() -> None:
    sequences = tf.reshape(tf.range(1.0, 13.0), (2, 3, 1, 2, 1))
    norms = gradient_norms(quadratic, sequences)
    np.testing.assert_allclose(norms, [math.sqrt(91.0), math.sqrt(559.0)], rtol=1e-6)


def test_unit_norms_by_hand() -> None:
    """Norms 2 and 0.5 of 4 and 1 pixels: (1 + 0.25) / 2, of one side 1 / 2; their mean is 1.25."""
    images = tf.constant([[2.0], [0.5]])
    for one_sided, expected in ((False, 0.625), (True, 0.5)):
        value, norm = unit_norms(quadratic, images, one_sided)
        assert (float(value), float(norm)) == (expected, 1.25)


def test_gradient_penalty_by_hand() -> None:
    """Of linear logits with norm 5: 16, wherever the points lie. Of norm 0.5: 0.25, and 0 on one
    side.
    """
    for options in (TWO, ONE):
        found = floats(gradient_penalty(linear(3.0, 4.0), REAL, FAKE, MIX, options))
        assert found == (16.0, {"gradient_norm": 5.0})
    found = floats(gradient_penalty(linear(0.3, 0.4), REAL, FAKE, MIX, TWO))
    assert found == (pytest.approx(0.25), {"gradient_norm": pytest.approx(0.5)})
    assert floats(gradient_penalty(linear(0.3, 0.4), REAL, FAKE, MIX, ONE))[0] == 0.0


def test_the_points_lie_between_real_and_fake_by_the_share_of_the_real() -> None:
    """Shares 0.25 and 0.75: (0.25, 3.5) of norm sqrt(12.3125), and (0, 0.5) of norm 0.5."""
    first = math.sqrt(0.25**2 + 3.5**2)
    value, logs = floats(gradient_penalty(quadratic, REAL, FAKE, MIX, TWO))
    assert value == pytest.approx(((first - 1) ** 2 + 0.25) / 2)
    assert logs == {"gradient_norm": pytest.approx((first + 0.5) / 2)}
    value, _ = floats(gradient_penalty(quadratic, REAL, FAKE, MIX, ONE))
    assert value == pytest.approx((first - 1) ** 2 / 2)


def test_zero_centred_by_hand() -> None:
    """Half the mean of 5 and 1.25; of linear logits half of 25."""
    assert float(zero_centred(quadratic, REAL)) == pytest.approx(1.5625)
    assert float(zero_centred(linear(3.0, -4.0), FAKE)) == pytest.approx(12.5)


def test_r1_is_at_real_images_and_r2_at_fake_ones() -> None:
    """Squares 5 and 1.25 of the real images, 16 and 9.25 of the fake ones."""
    assert floats(r1(quadratic, REAL, FAKE, Draws(), NoOptions())) == (1.5625, {"r1": 1.5625})
    assert floats(r2(quadratic, REAL, FAKE, Draws(), NoOptions())) == (6.3125, {"r2": 6.3125})


def test_dragan_by_hand() -> None:
    """Pixels 1, 2, -1, 0.5 deviate by sqrt(1.171875); half of that, by the share and the direction,
    is added.
    """
    directions = tf.constant([[[[1.0], [0.0]]], [[[0.0], [0.5]]]])
    draws = Draws(dragan_mix=tf.constant([0.5, 1.0]), dragan_directions=directions)
    reach = 0.5 * math.sqrt(1.171875)
    norms = np.array([math.hypot(1.0 + 0.5 * reach, 2.0), math.hypot(-1.0, 0.5 + 0.5 * reach)])
    value, logs = floats(dragan(quadratic, REAL, FAKE, draws, NoOptions()))
    assert logs == {"gradient_norm_dragan": pytest.approx(norms.mean())}
    assert value == pytest.approx(((norms - 1) ** 2).mean())


def test_dragan_costs_norms_below_one_too() -> None:
    draws = Draws(dragan_mix=tf.zeros([2]), dragan_directions=tf.zeros(REAL.shape))
    value, _ = floats(dragan(linear(0.3, 0.4), REAL, FAKE, draws, NoOptions()))
    assert value == pytest.approx(0.25)


def test_logits_without_a_slope_have_finite_gradients() -> None:
    weights = tf.Variable([[0.0], [0.0]])
    with tf.GradientTape() as tape:
        value, logs = gradient_penalty(
            lambda x: tf.reshape(x, (x.shape[0], -1)) @ weights, REAL, FAKE, MIX, TWO
        )
    assert (float(value), float(logs["gradient_norm"])) == (1.0, 0.0)
    np.testing.assert_array_equal(tape.gradient(value, weights), [[0.0], [0.0]])


def test_nothing_flows_back_into_the_images() -> None:
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([REAL, FAKE])
        penalty, _ = gradient_penalty(quadratic, REAL, FAKE, MIX, TWO)
        centred = zero_centred(quadratic, FAKE)
    assert tape.gradient(penalty, [REAL, FAKE]) == [None, None]
    assert tape.gradient(centred, FAKE) is None


def test_one_value_for_each_item() -> None:
    assert per_item(tf.range(3), tf.zeros([3, 2, 4, 5])).shape == (3, 1, 1, 1)
    assert per_item(tf.range(3), tf.zeros([3, 2])).numpy().tolist() == [[0], [1], [2]]


@pytest.fixture(scope="module")
def network() -> Iterator[keras.Model]:
    """A small smooth convolutional network in float64, so that finite differences say something."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    keras.utils.set_random_seed(0)
    layers = keras.layers
    yield keras.Sequential(
        [
            layers.Input((8, 8, 2), dtype="float64"),  # Keras would cast to float32 here
            layers.Conv2D(4, 3, strides=2, activation="tanh"),
            layer_norm("norm"),
            layers.Conv2D(3, 3, activation="softplus"),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    keras.config.set_dtype_policy(policy)


Value = Callable[[Callable[[tf.Tensor], tf.Tensor], tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


def between(sides: GradientPenalty) -> Callable[..., tuple[tf.Tensor, dict[str, tf.Tensor]]]:
    return lambda logits_of, real, fake, mix: gradient_penalty(
        logits_of, real, fake, Draws(gradient_penalty=mix), sides
    )


VALUES: dict[str, Value] = {
    "gradient_penalty": lambda *given: between(TWO)(*given)[0],
    "one_sided": lambda *given: between(ONE)(*given)[0],
    "mean_norm": lambda *given: between(TWO)(*given)[1]["gradient_norm"],
    "zero_centred": lambda logits_of, real, fake, mix: zero_centred(logits_of, real),
    "dragan": lambda logits_of, real, fake, mix: dragan(
        logits_of, real, fake, Draws(dragan_mix=mix, dragan_directions=fake), NoOptions()
    )[0],
}


@pytest.mark.parametrize("name", VALUES)
def test_gradients_to_the_weights_are_finite_differences(name: str, network: keras.Model):
    """Along a random direction in all weights at once, and in each layer alone."""
    random = np.random.default_rng(1)
    real, fake = (tf.constant(random.normal(size=(3, 8, 8, 2))) for _ in range(2))
    mix = tf.constant(random.uniform(size=3))
    scale = (
        20.0 if name == "one_sided" else 1.0
    )  # norms well above 1, where this penalty has a slope
    variables = network.trainable_variables

    def value() -> tf.Tensor:
        return VALUES[name](lambda x: scale * network(x, training=True), real, fake, mix)

    with tf.GradientTape(persistent=True) as tape:
        penalty = value()
    gradients = [
        0.0 if gradient is None else gradient.numpy()
        for gradient in tape.gradient(penalty, variables)
    ]
    before = [variable.numpy() for variable in variables]
    for chosen in ([True] * len(variables), *np.eye(len(variables), dtype=bool)):
        directions = [
            use * random.normal(size=variable.shape)
            for use, variable in zip(chosen, variables, strict=True)
        ]
        slope = sum(
            np.sum(gradient * direction)
            for gradient, direction in zip(gradients, directions, strict=True)
        )
        values = []
        for step in (1e-5, -1e-5):
            for variable, start, direction in zip(variables, before, directions, strict=True):
                variable.assign(start + step * direction)
            values.append(float(value()))
        for variable, start in zip(variables, before, strict=True):
            variable.assign(start)
        assert (values[0] - values[1]) / 2e-5 == pytest.approx(slope, rel=1e-5, abs=1e-7)
    assert np.any(gradients[0] != 0.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "xla"), [("float32", False), ("mixed_float16", False), ("mixed_bfloat16", True)]
)
def test_a_compiled_step_in_every_precision_under_a_persistent_tape(policy: str, xla: bool):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        keras.utils.set_random_seed(0)
        network = keras.Sequential(
            [
                keras.layers.Input((8, 8, 1)),
                keras.layers.Conv2D(4, 4, strides=2),
                keras.layers.LeakyReLU(0.2),
                keras.layers.Flatten(),
                keras.layers.Dense(1, dtype="float32"),
            ]
        )
    finally:
        keras.config.set_dtype_policy(before)
    random = np.random.default_rng(0)
    real = tf.constant(random.uniform(-1, 1, (4, 8, 8, 1)), tf.float32)
    calls: list[int] = []

    def logits_of(x: tf.Tensor) -> tf.Tensor:
        calls.append(1)
        return network(x, training=True)

    @tf.function(autograph=False, jit_compile=xla)
    def step(update: tf.Tensor) -> tuple:
        with tf.GradientTape(persistent=True) as tape:
            penalty, norm = lazily(update, 3, lambda: unit_norms(logits_of, real, one_sided=False))
            (centred,) = lazily(update, 2, lambda: (zero_centred(logits_of, real),))
        return (
            penalty,
            norm,
            centred,
            tape.gradient(penalty, network.variables),
            tape.gradient(centred, network.variables),
        )

    expected = [float(value) for value in unit_norms(logits_of, real, one_sided=False)]
    r1 = float(zero_centred(logits_of, real))
    rough = 1e-4 if policy == "float32" else 0.02
    calls.clear()
    for update in range(6):
        penalty, norm, centred, of_penalty, of_centred = step(tf.constant(update, tf.int64))
        assert penalty.dtype == norm.dtype == centred.dtype == tf.float32
        factor = 3.0 * (update % 3 == 0)
        assert (float(penalty), float(norm)) == pytest.approx(
            (factor * expected[0], factor * expected[1]), rel=rough
        )
        assert float(centred) == pytest.approx(2 * r1 * (update % 2 == 0), rel=rough)
        for gradients, due in ((of_penalty, update % 3 == 0), (of_centred, update % 2 == 0)):
            kernels = gradients[0], gradients[2]
            assert all(np.all(np.isfinite(kernel)) for kernel in kernels)
            assert [bool(np.any(kernel != 0.0)) for kernel in kernels] == [due, due]
    assert len(calls) == 2  # one trace of each


def test_lazily_in_eager_code_from_both_sides() -> None:
    pair = tf.constant(2.0), {"norm": tf.constant(3.0)}
    for update, factor in ((0, 4.0), (1, 0.0), (7, 0.0), (8, 4.0)):
        value, logs = lazily(tf.constant(update, tf.int64), 4, lambda: pair)
        assert (float(value), float(logs["norm"])) == (2.0 * factor, 3.0 * factor)


def test_an_interval_of_one_computes_without_a_branch() -> None:
    value = tf.constant(2.0)
    assert lazily(tf.constant(3, tf.int64), 1, lambda: value) is value


def test_the_mean_over_time_is_that_of_a_value_in_every_update():
    values = [
        float(lazily(tf.constant(update, tf.int64), 4, lambda: tf.constant(0.7)))
        for update in range(12)
    ]
    assert np.mean(values) == pytest.approx(0.7)
    assert sum(value > 0 for value in values) == 3
