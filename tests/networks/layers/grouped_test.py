"""Grouped convolution against Keras's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.networks.layers.grouped import GroupedConvolution


@pytest.mark.parametrize(("groups", "size"), [(1, 3), (2, 3), (4, 1), (4, 3)])
def test_values_and_gradients_are_those_of_keras(groups: int, size: int):
    arguments = {"filters": 8, "kernel_size": size, "padding": "same", "groups": groups}
    ours, theirs = GroupedConvolution(**arguments), keras.layers.Conv2D(**arguments)
    inputs = tf.random.stateless_normal([2, 5, 6, 4], [0, 1])
    for layer in (ours, theirs):
        layer.build(inputs.shape)
    theirs.bias.assign(np.linspace(-1, 1, 8))
    ours.set_weights(theirs.get_weights())
    found = []
    for layer in (ours, theirs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
            total = tf.reduce_sum(outputs**3)
        weights = [variable.value for variable in layer.trainable_variables]
        found.append([outputs, *tape.gradient(total, [inputs, *weights])])
    for mine, other in zip(*found, strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-5 * np.abs(other).max())
