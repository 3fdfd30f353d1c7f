"""Dropout from random bits: its rate, scale and seed."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.base.machines.replicas import group
from gan_cli.networks.layers.dropout import Dropout


@pytest.mark.parametrize(("rate", "dropped"), [(0.3, 77), (0.5, 128), (0.002, 1), (0.99, 253)])
def test_the_rate_is_the_nearest_multiple_of_1_256_and_what_is_kept_scaled_by_it(rate, dropped):
    outputs = Dropout(rate, seed=1)(tf.ones([1000, 333]), training=True).numpy()
    share = dropped / 256
    spread = 4 * np.sqrt(share * (1 - share) / outputs.size)
    assert abs(np.mean(outputs == 0) - share) < spread
    np.testing.assert_allclose(outputs[outputs > 0], 1 / (1 - share), rtol=1e-6)


def test_gradients_pass_where_values_do():
    inputs = tf.random.stateless_normal([64, 7, 7, 3], [0, 1])
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = Dropout(0.5, seed=1)(inputs, training=True)
    np.testing.assert_allclose(
        tape.gradient(outputs, inputs), np.where(outputs.numpy() == 0, 0.0, 2.0)
    )


def test_each_call_draws_anew_and_the_seed_that_it_leaves_says_what_comes_next():
    layer, inputs = Dropout(0.5, seed=1), tf.ones([16, 16])
    first = layer(inputs, training=True).numpy()
    (seed,) = layer.variables
    state = seed.numpy()
    second = layer(inputs, training=True).numpy()
    assert not np.array_equal(first, second)
    seed.assign(state)
    assert np.array_equal(layer(inputs, training=True).numpy(), second)
    other = Dropout(0.5, seed=2)(inputs, training=True).numpy()
    assert not np.array_equal(first, other)


def test_its_state_is_that_of_keras():
    ours, theirs = Dropout(0.5), keras.layers.Dropout(0.5)
    assert [(v.name, v.shape, v.dtype) for v in ours.variables] == [
        (v.name, v.shape, v.dtype) for v in theirs.variables
    ]


def test_neighbours_are_dropped_on_their_own():
    """The four elements that share a random number do not share their fate."""
    kept = Dropout(0.5, seed=3)(tf.ones([4096, 4]), training=True).numpy() > 0
    correlations = np.corrcoef(kept.T) - np.eye(4)
    assert np.abs(correlations).max() < 4 / np.sqrt(4096)


def test_nothing_changes_outside_training_nor_at_rate_0():
    inputs = tf.random.stateless_normal([3, 5], [0, 1])
    assert Dropout(0.5)(inputs) is inputs
    assert np.array_equal(Dropout(0.0)(inputs, training=True), inputs)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_the_precision_stays(dtype: str):
    outputs = Dropout(0.5, seed=1, dtype=dtype)(tf.ones([5, 5], dtype), training=True)
    assert outputs.dtype == dtype
    assert set(np.unique(tf.cast(outputs, tf.float32))) == {0.0, 2.0}


def test_an_unknown_batch_size_draws_the_same():
    layer, other = Dropout(0.5, seed=1), Dropout(0.5, seed=1)
    call = tf.function(
        lambda x: layer(x, training=True), input_signature=[tf.TensorSpec([None, 7])]
    )
    inputs = tf.ones([5, 7])
    assert np.array_equal(call(inputs), other(inputs, training=True))


@pytest.mark.parametrize("width", [7, 32])  # with 32, what others draw is skipped
def test_replicas_have_the_rows_of_one_draw(width: int):
    whole = Dropout(0.5, seed=1)(tf.ones([6, width]), training=True).numpy()
    found = []
    for replica in group(["/CPU:0"] * 3):
        with replica.active():
            found.append(Dropout(0.5, seed=1)(tf.ones([2, width]), training=True).numpy())
    np.testing.assert_array_equal(np.concatenate(found), whole)
    assert 0.3 < np.mean(whole == 0) < 0.7
