"""Spectral normalization against NumPy's singular values."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.networks.layers.spectral import SpectralConv2D, SpectralDense, SpectralEmbedding

LAYERS = {
    "dense": (lambda **settings: SpectralDense(7, **settings), (None, 5)),
    "convolution": (lambda **settings: SpectralConv2D(6, 3, **settings), (None, 4, 5, 3)),
    "embedding": (lambda **settings: SpectralEmbedding(4, 9, **settings), (None,)),
}
each = pytest.mark.parametrize("name", LAYERS)


def made(name: str, **settings: object) -> keras.layers.Layer:
    make, shape = LAYERS[name]
    layer = make(name="layer", **settings)
    layer.build(shape)
    return layer


def matrix(layer: keras.layers.Layer) -> np.ndarray:
    kernel = layer.kernel.numpy()
    return kernel.reshape(-1, kernel.shape[-1])


def largest(layer: keras.layers.Layer) -> float:
    return float(np.linalg.svd(matrix(layer), compute_uv=False)[0])


def at_maximum(layer: keras.layers.Layer) -> keras.layers.Layer:
    layer.singular_vector.assign(np.linalg.svd(matrix(layer), full_matrices=False)[2][0])
    return layer


@each
def test_sigma_is_the_largest_singular_value_after_many_iterations(name: str):
    layer = made(name)
    first = float(layer.sigma())
    assert 0.0 < first < largest(layer)
    for _ in range(200):
        layer.after_update()
    assert float(layer.sigma()) == pytest.approx(largest(layer), rel=1e-5)


def test_one_iteration_is_that_of_the_paper():
    """Algorithm 1, in NumPy."""
    layer = made("convolution")
    w, u = matrix(layer), layer.singular_vector.numpy()
    for _ in range(3):
        v = w @ u / np.linalg.norm(w @ u)
        assert float(layer.sigma()) == pytest.approx(v @ w @ u / np.linalg.norm(u), rel=1e-5)
        u = w.T @ v / np.linalg.norm(w.T @ v)
        layer.after_update()
        np.testing.assert_allclose(layer.singular_vector.numpy(), u, rtol=1e-4, atol=1e-6)


def test_layers_work_with_the_divided_kernel_and_keep_their_own():
    random = np.random.default_rng(0)
    dense, convolution, embedding = (at_maximum(made(name)) for name in LAYERS)
    kernels = [layer.kernel.numpy() for layer in (dense, convolution, embedding)]
    dense.bias.assign(random.normal(size=7))
    vectors = random.normal(size=(3, 5)).astype(np.float32)
    np.testing.assert_allclose(
        dense(vectors), vectors @ kernels[0] / largest(dense) + dense.bias.numpy(), atol=1e-5
    )
    images = random.normal(size=(2, 4, 5, 3)).astype(np.float32)
    convolution.bias.assign(random.normal(size=6))
    expected = tf.nn.conv2d(images, kernels[1] / largest(convolution), 1, "SAME")
    np.testing.assert_allclose(convolution(images), expected + convolution.bias.numpy(), atol=1e-5)
    labels = np.array([2, 0])
    np.testing.assert_allclose(
        embedding(labels), kernels[2][labels] / largest(embedding), atol=1e-5
    )
    for layer, kernel in zip((dense, convolution, embedding), kernels, strict=True):
        np.testing.assert_array_equal(layer.kernel.numpy(), kernel)


@each
def test_a_pass_changes_no_variable(name: str):
    layer = made(name)
    before = layer.get_weights()
    shape = [2, *LAYERS[name][1][1:]]
    layer(tf.zeros(shape, tf.int64 if name == "embedding" else tf.float32), training=True)
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert [each.name for each in layer.non_trainable_variables] == ["singular_vector"]


def test_the_gradient_goes_through_sigma_with_constant_vectors():
    """d (sum(G * W / sigma)) / dW = (G - <G, W / sigma> v u^T) / sigma (eq. 10)."""
    layer = made("dense")
    w, u = matrix(layer), layer.singular_vector.numpy()
    u /= np.linalg.norm(u)
    v = w @ u / np.linalg.norm(w @ u)
    sigma = v @ w @ u
    given = np.random.default_rng(1).normal(size=w.shape).astype(np.float32)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(given * layer.normalized())
    found = tape.gradient(total, layer.kernel.value)
    expected = (given - np.sum(given * w / sigma) * np.outer(v, u)) / sigma
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["dense", "convolution"])
def test_second_derivatives_are_those_of_differences(name: str):
    """Of a penalty on the slope, by the kernel."""
    layer = made(name, dtype="float64")
    shape = [2, *LAYERS[name][1][1:]]
    inputs = tf.constant(np.random.default_rng(2).normal(size=shape))
    kernel = layer.kernel.value

    def penalty() -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            total = tf.reduce_sum(tf.square(layer(inputs)))
        return tf.reduce_sum(tf.square(tape.gradient(total, inputs)))

    direction = np.random.default_rng(3).normal(size=kernel.shape)
    # At the maximum sigma does not change with its vectors, which are constants of the gradient.
    at_maximum(layer)
    with tf.GradientTape() as tape:
        value = penalty()
    slope = float(tf.reduce_sum(tape.gradient(value, kernel) * direction))
    start, values = kernel.numpy(), []
    for sign in (1.0, -1.0):
        kernel.assign(start + sign * 1e-5 * direction)
        at_maximum(layer)
        values.append(float(penalty()))
    assert slope == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-5)


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_sigma_is_computed_in_float32(precision: str):
    """Kernels far beyond what 16 bits hold give the same layer."""
    whole, half = made("dense"), made("dense", dtype=precision)
    for layer in (whole, half):
        kernel = 1e6 * np.random.default_rng(0).normal(size=(5, 7))
        layer.set_weights([kernel, np.zeros(7), np.ones(7)])
        at_maximum(layer)
    assert half.kernel.dtype == half.singular_vector.dtype == "float32"
    assert float(half.sigma()) == float(whole.sigma())
    vectors = np.random.default_rng(1).normal(size=(3, 5)).astype(np.float32)
    outputs = half(vectors)
    assert outputs.dtype == precision.removeprefix("mixed_")
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), whole(vectors), atol=0.03)


@each
def test_a_layer_is_rebuilt_from_its_settings(name: str):
    layer = made(name)
    again = type(layer).from_config(layer.get_config())
    again.build(LAYERS[name][1])
    assert [v.shape for v in again.variables] == [v.shape for v in layer.variables]
