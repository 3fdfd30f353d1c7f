"""Penalties against numbers worked out by hand, and their gradients against finite differences."""

import math
from collections.abc import Callable, Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.networks.layers import layer_norm
from gan_cli.objectives import penalties

REAL = [[[[1.0], [2.0]]], [[[-1.0], [0.5]]]]  # two images of 1x2x1
FAKE = [[[[0.0], [4.0]]], [[[3.0], [0.5]]]]


def images(values: list, dtype: tf.DType = tf.float32) -> tf.Tensor:
    return tf.constant(values, dtype)


def linear(*weights: float) -> penalties.Judge:
    """Logit = w x: the gradient is w at every image."""
    return lambda x: tf.reshape(x, (x.shape[0], -1)) @ tf.reshape(tf.constant(weights), (-1, 1))


def quadratic(x: tf.Tensor) -> tf.Tensor:
    """Logit = |x|^2 / 2: the gradient is x itself."""
    return 0.5 * tf.reduce_sum(tf.square(tf.reshape(x, (x.shape[0], -1))), axis=1, keepdims=True)


def test_norms_of_a_linear_and_of_a_quadratic_judge():
    np.testing.assert_allclose(
        penalties.gradient_norms(linear(3.0, -4.0), images(REAL)), [5.0, 5.0]
    )
    np.testing.assert_allclose(
        penalties.gradient_norms(quadratic, images(REAL)), [math.sqrt(5.0), math.sqrt(1.25)]
    )


def test_norms_of_sequences_are_those_of_whole_items():
    sequences = tf.reshape(tf.range(1.0, 13.0), (2, 3, 1, 2, 1))
    norms = penalties.gradient_norms(quadratic, sequences)
    np.testing.assert_allclose(norms, [math.sqrt(91.0), math.sqrt(559.0)], rtol=1e-6)


def test_gradient_penalty_by_hand():
    """Of a linear judge with norm 5: 16, wherever the points lie. Of norm 0.5: 0.25, and 0 on one
    side.
    """
    mix = tf.constant([0.25, 0.75])
    assert _floats(
        penalties.gradient_penalty(linear(3.0, 4.0), images(REAL), images(FAKE), mix)
    ) == (16.0, 5.0)
    assert _floats(
        penalties.gradient_penalty(linear(3.0, 4.0), images(REAL), images(FAKE), mix, True)
    ) == (16.0, 5.0)
    assert _floats(
        penalties.gradient_penalty(linear(0.3, 0.4), images(REAL), images(FAKE), mix)
    ) == pytest.approx((0.25, 0.5))
    one_sided = penalties.gradient_penalty(
        linear(0.3, 0.4), images(REAL), images(FAKE), mix, one_sided=True
    )
    assert _floats(one_sided) == pytest.approx((0.0, 0.5))


def test_the_points_lie_between_real_and_fake_by_the_share_of_the_real():
    """Shares 0.25 and 0.75: (0.25, 3.5) of norm sqrt(12.3125), and (0, 0.5) of norm 0.5."""
    mix, first = tf.constant([0.25, 0.75]), math.sqrt(0.25**2 + 3.5**2)
    two = penalties.gradient_penalty(quadratic, images(REAL), images(FAKE), mix)
    assert _floats(two) == pytest.approx((((first - 1) ** 2 + 0.25) / 2, (first + 0.5) / 2))
    one = penalties.gradient_penalty(quadratic, images(REAL), images(FAKE), mix, one_sided=True)
    assert _floats(one) == pytest.approx(((first - 1) ** 2 / 2, (first + 0.5) / 2))


def test_zero_centred_by_hand():
    """Half the mean of 5 and 1.25; of a linear judge half of 25."""
    assert float(penalties.zero_centred(quadratic, images(REAL))) == pytest.approx(1.5625)
    assert float(penalties.zero_centred(linear(3.0, -4.0), images(FAKE))) == pytest.approx(12.5)


def test_dragan_by_hand():
    """Pixels 1, 2, -1, 0.5 deviate by sqrt(1.171875); half of that, by the share and the direction,
    is added.
    """
    mix, directions = tf.constant([0.5, 1.0]), images([[[[1.0], [0.0]]], [[[0.0], [0.5]]]])
    reach = 0.5 * math.sqrt(1.171875)
    norms = [math.hypot(1.0 + 0.5 * reach, 2.0), math.hypot(-1.0, 0.5 + 0.5 * reach)]
    penalty, norm = penalties.dragan(quadratic, images(REAL), mix, directions)
    assert float(norm) == pytest.approx(np.mean(norms))
    assert float(penalty) == pytest.approx(np.mean(np.square(np.array(norms) - 1)))


def test_a_judge_without_a_slope_has_finite_gradients():
    weights = tf.Variable([[0.0], [0.0]])

    def judge(x: tf.Tensor) -> tf.Tensor:
        return tf.reshape(x, (x.shape[0], -1)) @ weights

    with tf.GradientTape() as tape:
        penalty, norm = penalties.gradient_penalty(
            judge, images(REAL), images(FAKE), tf.constant([0.5, 0.5])
        )
    assert (float(penalty), float(norm)) == (1.0, 0.0)
    np.testing.assert_array_equal(tape.gradient(penalty, weights), [[0.0], [0.0]])


def test_nothing_flows_back_into_the_images():
    real, fake = images(REAL), images(FAKE)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([real, fake])
        penalty, _ = penalties.gradient_penalty(quadratic, real, fake, tf.constant([0.5, 0.5]))
        centred = penalties.zero_centred(quadratic, fake)
    assert tape.gradient(penalty, [real, fake]) == [None, None]
    assert tape.gradient(centred, fake) is None


@pytest.fixture(scope="module")
def critic() -> Iterator[keras.Model]:
    """A small smooth convolutional critic in float64, so that finite differences say something."""
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


PENALTIES: dict[str, Callable[..., tf.Tensor]] = {
    "gradient_penalty": lambda judge, real, fake, mix: penalties.gradient_penalty(
        judge, real, fake, mix
    )[0],
    "one_sided": lambda judge, real, fake, mix: penalties.gradient_penalty(
        judge, real, fake, mix, one_sided=True
    )[0],
    "mean_norm": lambda judge, real, fake, mix: penalties.gradient_penalty(judge, real, fake, mix)[
        1
    ],
    "zero_centred": lambda judge, real, fake, mix: penalties.zero_centred(judge, real),
    "dragan": lambda judge, real, fake, mix: penalties.dragan(judge, real, mix, fake)[0],
}


@pytest.mark.parametrize("name", PENALTIES)
def test_gradients_to_the_weights_are_finite_differences(name: str, critic: keras.Model):
    """Along a random direction in all weights at once, and in each layer alone."""
    random = np.random.default_rng(1)
    real, fake = (tf.constant(random.normal(size=(3, 8, 8, 2))) for _ in range(2))
    mix = tf.constant(random.uniform(size=3))
    scale = (
        20.0 if name == "one_sided" else 1.0
    )  # norms well above 1, where this penalty has a slope
    variables = critic.trainable_variables

    def value() -> tf.Tensor:
        return PENALTIES[name](lambda x: scale * critic(x, training=True), real, fake, mix)

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
    real, fake = (tf.constant(random.uniform(-1, 1, (4, 8, 8, 1)), tf.float32) for _ in range(2))
    calls: list[int] = []

    def judge(x: tf.Tensor) -> tf.Tensor:
        calls.append(1)
        return network(x, training=True)

    @tf.function(autograph=False, jit_compile=xla)
    def step(update: tf.Tensor) -> tuple:
        with tf.GradientTape(persistent=True) as tape:
            penalty, norm = penalties.lazily(
                update, 3, lambda: penalties.gradient_penalty(judge, real, fake, tf.fill((4,), 0.5))
            )
            (centred,) = penalties.lazily(update, 2, lambda: (penalties.zero_centred(judge, real),))
        return (
            penalty,
            norm,
            centred,
            tape.gradient(penalty, network.variables),
            tape.gradient(centred, network.variables),
        )

    expected = _floats(penalties.gradient_penalty(judge, real, fake, tf.fill((4,), 0.5)))
    r1 = float(penalties.zero_centred(judge, real))
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


def test_lazily_in_eager_code_from_both_sides():
    pair = lambda: (tf.constant(2.0), tf.constant(3.0))  # noqa: E731
    assert _floats(penalties.lazily(tf.constant(8, tf.int64), 4, pair)) == (8.0, 12.0)
    for update in (1, 7):
        assert _floats(penalties.lazily(tf.constant(update, tf.int64), 4, pair)) == (0.0, 0.0)
    assert float(penalties.lazily(tf.constant(4, tf.int64), 4, lambda: tf.constant(2.0))) == 8.0


def test_an_interval_of_one_computes_without_a_branch():
    value = tf.constant(2.0)
    assert penalties.lazily(tf.constant(3, tf.int64), 1, lambda: value) is value

    @tf.function(autograph=False)
    def step(update: tf.Tensor) -> tf.Tensor:
        return penalties.lazily(update, 1, lambda: tf.square(tf.cast(update, tf.float32)))

    operations = {
        operation.type
        for operation in step.get_concrete_function(tf.constant(3, tf.int64)).graph.get_operations()
    }
    assert not operations & {"If", "StatelessIf"}


def test_the_mean_over_time_is_that_of_a_value_in_every_update():
    values = [
        float(penalties.lazily(tf.constant(update, tf.int64), 4, lambda: tf.constant(0.7)))
        for update in range(12)
    ]
    assert np.mean(values) == pytest.approx(0.7)
    assert sum(value > 0 for value in values) == 3


def _floats(values: tuple[tf.Tensor, ...]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
