"""Fused batch normalization against Keras's own layer and against differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.networks.layers.normalization import BatchNorm

SHAPES = [(32, 5), (8, 4, 6, 5), (4, 3, 4, 6, 5)]
SETTINGS = {"momentum": 0.9, "epsilon": 1e-5}


def values(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(1.0, 3.0, shape)


def built(made, shape: tuple[int | None, ...]):
    made.build(shape)
    made.set_weights([np.random.default_rng(1).uniform(0.5, 2.0, shape[-1]) for _ in range(4)])
    return made


def outcome(layer, inputs: tf.Tensor, training: bool) -> list[np.ndarray]:
    """Outputs, gradients by inputs, scale and shift, and what the layer remembers after."""
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=training)
        total = tf.reduce_sum(tf.cast(outputs, tf.float32) ** 3)
    gradients = tape.gradient(total, [inputs, layer.gamma.value, layer.beta.value])
    found = [outputs, *gradients, layer.moving_mean, layer.moving_variance]
    return [tf.cast(tf.convert_to_tensor(each), tf.float64).numpy() for each in found]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float32", 2e-6), ("mixed_bfloat16", 1e-2), ("float64", 1e-13)]
)
def test_values_gradients_and_moving_averages_are_those_of_keras(shape, training, dtype, tolerance):
    ours = built(BatchNorm(dtype=dtype, **SETTINGS), shape)
    theirs = built(keras.layers.BatchNormalization(dtype=dtype, **SETTINGS), shape)
    inputs = tf.constant(values(*shape), ours.compute_dtype)
    for mine, other in zip(
        outcome(ours, inputs, training), outcome(theirs, inputs, training), strict=True
    ):
        np.testing.assert_allclose(mine, other, rtol=0, atol=tolerance * np.abs(other).max())


def test_variables_are_those_of_keras_in_name_and_order():
    ours, theirs = BatchNorm(), keras.layers.BatchNormalization()
    for layer in (ours, theirs):
        layer.build((None, 4, 4, 3))
    assert [v.name for v in ours.variables] == [v.name for v in theirs.variables]
    assert [v.shape for v in ours.variables] == [v.shape for v in theirs.variables]
    assert len(ours.trainable_variables) == len(theirs.trainable_variables) == 2


def test_an_unknown_batch_size_changes_nothing():
    layer = built(BatchNorm(**SETTINGS), (None, 5))
    inputs = tf.constant(values(32, 5), tf.float32)
    call = tf.function(
        lambda x: layer(x, training=True), input_signature=[tf.TensorSpec([None, 5])]
    )
    found = call(inputs), layer.moving_variance.numpy()
    layer = built(BatchNorm(**SETTINGS), (None, 5))
    np.testing.assert_allclose(found[0], layer(inputs, training=True), atol=1e-6)
    np.testing.assert_allclose(found[1], layer.moving_variance.numpy(), rtol=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_second_derivatives_are_those_of_the_formula_in_float64(training: bool):
    def penalty(dtype: str) -> list[np.ndarray]:
        layer = built(BatchNorm(dtype=dtype, **SETTINGS), (6, 3, 3, 4))
        inputs, weights = (tf.constant(values(6, 3, 3, 4, seed=s), dtype) for s in (2, 3))
        with tf.GradientTape() as outer:
            outer.watch(inputs)
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                total = tf.reduce_sum(tf.tanh(layer(inputs, training=training)) * weights)
            found = tf.reduce_sum(tf.square(inner.gradient(total, inputs)))
        return [each.numpy() for each in outer.gradient(found, [inputs, layer.gamma.value])]

    for kernel, formula in zip(penalty("float32"), penalty("float64"), strict=True):
        np.testing.assert_allclose(kernel, formula, rtol=0, atol=2e-5 * np.abs(formula).max())


def test_gradients_of_the_formula_are_the_slopes_of_its_values():
    layer = built(BatchNorm(dtype="float64", **SETTINGS), (5, 2, 2, 3))
    inputs = tf.constant(values(5, 2, 2, 3), tf.float64)
    weights = tf.constant(values(5, 2, 2, 3, seed=4), tf.float64)
    theory, practice = tf.test.compute_gradient(
        lambda x: tf.reduce_sum(layer(x, training=True) * weights), [inputs], delta=1e-6
    )
    np.testing.assert_allclose(theory[0], practice[0], atol=1e-7 * np.abs(practice[0]).max())


def test_a_layer_that_is_frozen_normalizes_by_what_it_remembers():
    layer = built(BatchNorm(**SETTINGS), (8, 3))
    inputs = tf.constant(values(8, 3), tf.float32)
    still = layer(inputs, training=False).numpy()
    layer.trainable = False
    before = layer.moving_mean.numpy()
    assert np.array_equal(layer(inputs, training=True).numpy(), still)
    assert np.array_equal(layer.moving_mean.numpy(), before)
