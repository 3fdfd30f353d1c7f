"""Filtering, doubling and halving against SciPy's convolution and by hand."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import convolve2d

from gan_cli.networks.layers.resampling import TAPS, Double, Halve, doubled, filtered, halved


def images(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape)


@pytest.mark.parametrize("stride", [1, 2])
def test_filtering_is_a_convolution_of_each_channel(stride: int) -> None:
    batch = images(2, 5, 7, 3)
    found = filtered(tf.constant(batch), ((1, 2), (2, 3)), stride=stride, gain=4.0).numpy()
    padded = np.pad(batch, ((0, 0), (1, 2), (2, 3), (0, 0)))
    for image in range(2):
        for channel in range(3):
            plane = convolve2d(padded[image, ..., channel], 4.0 * TAPS, "valid")
            np.testing.assert_allclose(found[image, ..., channel], plane[::stride, ::stride])


def test_the_gradient_of_filtering_is_the_transposed_map() -> None:
    """<F x, y> = <x, F^T y> of every x and y; and its own gradient is F again."""
    padding = ((1, 2), (0, 3))
    x, upstream = tf.constant(images(2, 5, 7, 3)), tf.Variable(images(2, 5, 7, 3))
    with tf.GradientTape() as second:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = filtered(x, padding)
        (gradient,) = tape.gradient(y, [x], output_gradients=[upstream])
        product = tf.reduce_sum(gradient * x)
    assert product.numpy() == pytest.approx(np.sum(y.numpy() * upstream.numpy()))
    (found,) = second.gradient(product, [upstream])
    np.testing.assert_allclose(found.numpy(), y.numpy())


def test_doubling_is_bilinear_away_from_the_edge() -> None:
    batch = images(2, 5, 6, 3)
    expected = tf.image.resize(tf.constant(batch, tf.float32), (10, 12)).numpy()
    found = doubled(tf.constant(batch), (10, 12)).numpy()
    np.testing.assert_allclose(found[:, 1:-1, 1:-1], expected[:, 1:-1, 1:-1], atol=1e-6)
    row = doubled(tf.constant([[[[4.0], [8.0]], [[4.0], [8.0]]]]), (4, 4)).numpy()[0, 1, :, 0]
    np.testing.assert_allclose(row, [3.0, 5.0, 7.0, 6.0])  # outside there is 0


def test_an_odd_size_is_the_even_one_without_its_last_row_and_column() -> None:
    batch = tf.constant(images(2, 4, 5, 3))
    np.testing.assert_allclose(doubled(batch, (7, 9)), doubled(batch, (8, 10))[:, :7, :9])


def test_halving_by_hand() -> None:
    """Eighths of 1, 3, 3, 1; what is outside is 0."""
    row = np.array([8.0, 16.0, 24.0, 32.0, 40.0])
    expected = [(3 * 8 + 3 * 16 + 24) / 8, (16 + 3 * 24 + 3 * 32 + 40) / 8, (32 + 3 * 40) / 8]
    found = halved(tf.constant(np.tile(row, (5, 1))[None, :, :, None])).numpy()
    assert found.shape == (1, 3, 3, 1)
    np.testing.assert_allclose(found[0, 1, :, 0], expected)
    np.testing.assert_allclose(halved(tf.ones([1, 8, 8, 1]))[0, 1:-1, 1:-1], 1.0)


@pytest.mark.parametrize("size", [(8, 8), (9, 12), (28, 28), (7, 13)])
def test_halving_and_doubling_give_the_size_back(size: tuple[int, int]) -> None:
    batch = tf.zeros([2, *size, 3])
    small = Halve()(batch)
    assert small.shape == (2, -(-size[0] // 2), -(-size[1] // 2), 3)
    assert Halve().compute_output_shape((None, *size, 3))[1:] == small.shape[1:]
    layer = Double(size)
    assert layer(small).shape == (2, *size, 3)
    assert Double.from_config(layer.get_config()).size == size


def test_bfloat16_is_filtered_in_float32_and_rounded_once() -> None:
    batch = tf.cast(tf.constant(images(2, 6, 6, 3)), tf.bfloat16)
    exact = tf.cast(halved(tf.cast(batch, tf.float32)), tf.bfloat16)
    np.testing.assert_array_equal(halved(batch).numpy(), exact.numpy())
