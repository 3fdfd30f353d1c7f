"""Convolutions between features and pixels against Keras's own layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.networks.layers.convolution import FromPixels, ToPixels, downsample, upsample


def values(*shape: int, seed: int = 0) -> tf.Tensor:
    return tf.random.stateless_normal(shape, [seed, 1])


def derivatives(layer, inputs: tf.Tensor) -> list[np.ndarray]:
    """Outputs, first derivatives, and the derivatives of a penalty on those by the inputs."""
    with tf.GradientTape() as outer:
        outer.watch(inputs)
        with tf.GradientTape(persistent=True) as inner:
            inner.watch(inputs)
            outputs = layer(inputs)
            total = tf.reduce_sum(tf.square(outputs))
        slope = inner.gradient(total, inputs)
        penalty = tf.reduce_sum(slope**3)
    weights = [variable.value for variable in layer.trainable_variables]
    second = outer.gradient(penalty, [inputs, layer.kernel.value])
    return [each.numpy() for each in [outputs, slope, *inner.gradient(total, weights), *second]]


def pair(ours, theirs, shape):
    for layer in (ours, theirs):
        layer.build(shape)
    theirs.bias.assign(np.linspace(-1, 1, theirs.bias.shape[0]))
    ours.set_weights(theirs.get_weights())
    return ours, theirs


@pytest.mark.parametrize("kernel", [2, 3, 4, 5, 7])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_to_pixels_has_the_values_and_derivatives_of_conv_2d_transpose(kernel, channels):
    arguments = {"filters": channels, "kernel_size": kernel, "strides": 2, "padding": "same"}
    inputs = values(2, 7, 6, 8)
    ours, theirs = pair(
        ToPixels(**arguments), keras.layers.Conv2DTranspose(**arguments), inputs.shape
    )
    for mine, other in zip(derivatives(ours, inputs), derivatives(theirs, inputs), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=2e-6 * np.abs(other).max())


@pytest.mark.parametrize("size", [(14, 12), (15, 12)])
@pytest.mark.parametrize(("kernel", "stride"), [(4, 2), (5, 2), (5, 1), (3, 2)])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_from_pixels_has_the_values_and_derivatives_of_conv_2d(size, kernel, stride, channels):
    arguments = {"filters": 8, "kernel_size": kernel, "strides": stride, "padding": "same"}
    inputs = values(2, *size, channels)
    ours, theirs = pair(FromPixels(**arguments), keras.layers.Conv2D(**arguments), inputs.shape)
    for mine, other in zip(derivatives(ours, inputs), derivatives(theirs, inputs), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=2e-6 * np.abs(other).max())


@pytest.mark.parametrize("kernel", [4, 5])
def test_gradients_are_the_slopes_of_the_values(kernel: int):
    random = np.random.default_rng(0)
    weights = tf.constant(random.normal(size=(kernel, kernel, 1, 2)))
    for function, shape in ((upsample, (1, 3, 2, 2)), (downsample, (1, 6, 4, 1))):
        inputs = tf.constant(random.normal(size=shape))
        theory, practice = tf.test.compute_gradient(function, [inputs, weights], delta=1e-6)
        for slope, difference in zip(theory, practice, strict=True):
            np.testing.assert_allclose(slope, difference, atol=1e-7)
