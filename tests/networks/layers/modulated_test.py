"""Modulated convolutions against kernels scaled by hand, and their gradients against finite
differences.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import convolve2d

from gan_cli.networks.layers.equalized import EqualizedConv2D, EqualizedDense
from gan_cli.networks.layers.minibatch import MinibatchDeviation
from gan_cli.networks.layers.modulated import ModulatedConv2D, StyledConv2D
from gan_cli.networks.layers.resampling import TAPS

RANDOM = np.random.default_rng(0)
IMAGES, STYLES = RANDOM.standard_normal((3, 4, 5, 2)), RANDOM.standard_normal((3, 6))


def filled(layer: keras.layers.Layer, *shapes: tuple[int, ...]) -> keras.layers.Layer:
    """The layer with every weight drawn, zeros and ones too."""
    layer.build(list(shapes) if len(shapes) > 1 else shapes[0])
    random = np.random.default_rng(1)
    for variable in layer.trainable_variables:
        variable.assign(random.standard_normal(variable.shape))
    return layer


def kernels(layer: ModulatedConv2D, style: np.ndarray) -> np.ndarray:
    """Of one image, by equations 1 and 3 of the paper."""
    scales = style @ layer.style_kernel.numpy() / np.sqrt(6) + layer.style_bias.numpy()
    kernel = layer.kernel.numpy() / np.sqrt(layer.kernel_size**2 * 2) * scales[:, None]
    return kernel / np.sqrt(np.sum(kernel**2, (0, 1, 2)) + 1e-8) if layer.demodulate else kernel


def correlated(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    planes = [
        sum(
            convolve2d(image[..., i], kernel[::-1, ::-1, i, j], "same")
            for i in range(image.shape[-1])
        )
        for j in range(kernel.shape[-1])
    ]
    return np.stack(planes, -1)


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("size", [1, 3])
def test_every_image_has_a_kernel_of_its_own(size: int, demodulate: bool) -> None:
    layer = ModulatedConv2D(3, size, demodulate=demodulate, dtype="float64")
    filled(layer, IMAGES.shape, STYLES.shape)
    found = layer([IMAGES, STYLES]).numpy()
    for image, style, one in zip(IMAGES, STYLES, found, strict=True):
        expected = correlated(image, kernels(layer, style)) + layer.bias.numpy()
        np.testing.assert_allclose(one, expected, rtol=1e-9)


@pytest.mark.parametrize("size", [(8, 10), (7, 9)])
def test_doubling_puts_zeros_between_pixels_convolves_and_filters(size: tuple[int, int]) -> None:
    layer = ModulatedConv2D(3, size=size, dtype="float64")
    filled(layer, IMAGES.shape, STYLES.shape)
    found = layer([IMAGES, STYLES]).numpy()
    assert found.shape == (3, *size, 3) == layer.compute_output_shape([IMAGES.shape, STYLES.shape])
    for image, style, one in zip(IMAGES, STYLES, found, strict=True):
        spread = np.zeros((7, 9, 2))
        spread[::2, ::2] = image
        kernel = kernels(layer, style)
        for j in range(3):
            plane = sum(convolve2d(spread[..., i], kernel[:, :, i, j]) for i in range(2))
            plane = convolve2d(plane, 4.0 * TAPS)[2:, 2:][: size[0], : size[1]]
            np.testing.assert_allclose(one[..., j], plane + layer.bias.numpy()[j], rtol=1e-9)


def test_a_styled_convolution_adds_noise_and_bias_and_rectifies() -> None:
    noise = np.random.default_rng(3).standard_normal((3, 4, 5, 1))
    layer = StyledConv2D(3, dtype="float64")
    filled(layer, IMAGES.shape, STYLES.shape, noise.shape)
    found = layer([IMAGES, STYLES, noise]).numpy()
    for image, style, plane, one in zip(IMAGES, STYLES, noise, found, strict=True):
        x = correlated(image, kernels(layer, style)) + layer.strength.numpy() * plane
        x = x + layer.bias.numpy()
        np.testing.assert_allclose(one, np.sqrt(2) * np.where(x > 0, x, 0.2 * x), rtol=1e-6)


def test_demodulated_activations_have_unit_variance_whatever_the_style() -> None:
    """Of inputs with unit variance, away from the edge; without demodulation they do not."""
    images = np.random.default_rng(2).standard_normal((16, 18, 18, 8)).astype(np.float32)
    styles = 20.0 * np.random.default_rng(3).standard_normal((16, 4)).astype(np.float32)
    for demodulate in (True, False):
        layer = ModulatedConv2D(32, demodulate=demodulate)
        variance = layer([images, styles]).numpy()[:, 1:-1, 1:-1].var(axis=(1, 2))  # [16, 32]
        if demodulate:
            assert variance.mean() == pytest.approx(1.0, abs=0.03)
            assert variance.mean(axis=1) == pytest.approx(np.ones(16), abs=0.2)
        else:
            assert variance.mean() > 30.0


def test_an_equalized_layer_scales_its_weights_where_it_uses_them() -> None:
    x = np.random.default_rng(4).standard_normal((4, 5))
    for rate, activation in ((1.0, "linear"), (0.01, "leaky")):
        layer = filled(
            EqualizedDense(3, activation=activation, rate=rate, dtype="float64"), x.shape
        )
        y = rate * (x @ layer.kernel.numpy() / np.sqrt(5) + layer.bias.numpy())
        expected = y if activation == "linear" else np.sqrt(2) * np.where(y > 0, y, 0.2 * y)
        np.testing.assert_allclose(layer(x), expected, rtol=1e-6)


def test_a_slow_layer_begins_like_the_others() -> None:
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(4).standard_normal((200, 64)).astype(np.float32)
    for rate in (1.0, 0.01):
        layer = EqualizedDense(64, rate=rate)
        assert layer(x).numpy().std() == pytest.approx(1.0, abs=0.05)
        assert layer.kernel.numpy().std() == pytest.approx(1.0 / rate, rel=0.05)


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_an_equalized_convolution(scale: float) -> None:
    layer = filled(EqualizedConv2D(3, scale=scale, dtype="float64"), IMAGES.shape)
    for image, one in zip(IMAGES, layer(IMAGES).numpy(), strict=True):
        x = correlated(image, layer.kernel.numpy() / np.sqrt(18)) + layer.bias.numpy()
        expected = scale * np.sqrt(2) * np.where(x > 0, x, 0.2 * x)
        np.testing.assert_allclose(one, expected, rtol=1e-6)


@pytest.mark.parametrize("shape", [(4, 6), (5, 7)])
def test_halving_filters_before_it_leaves_out_pixels(shape: tuple[int, int]) -> None:
    batch = np.random.default_rng(5).standard_normal((2, *shape, 2))
    layer = EqualizedConv2D(3, halve=True, activation="linear", use_bias=False, dtype="float64")
    filled(layer, batch.shape)
    found = layer(batch).numpy()
    half = ((shape[0] + 1) // 2, (shape[1] + 1) // 2)
    assert found.shape == (2, *half, 3) == layer.compute_output_shape(batch.shape)
    kernel = layer.kernel.numpy() / np.sqrt(18)
    for image, one in zip(batch, found, strict=True):
        padded = np.pad(image, ((2, 4), (2, 4), (0, 0)))
        smooth = np.stack([convolve2d(padded[..., i], TAPS, "valid") for i in range(2)], -1)
        for j in range(3):
            plane = sum(
                convolve2d(smooth[..., i], kernel[::-1, ::-1, i, j], "valid") for i in range(2)
            )
            np.testing.assert_allclose(one[..., j], plane[::2, ::2][: half[0], : half[1]])


@pytest.mark.parametrize("averaged", [True, False])
def test_the_deviation_of_a_group_stands_beside_the_features(averaged: bool) -> None:
    batch = np.random.default_rng(5).standard_normal((6, 3, 2, 4))
    layer = MinibatchDeviation(4, averaged, dtype="float64")
    found = layer(batch).numpy()  # groups of 3: 0 2 4 and 1 3 5
    assert found.shape[1:] == layer.compute_output_shape(batch.shape)[1:]
    np.testing.assert_array_equal(found[..., :4], batch)
    for image in range(6):
        expected = np.sqrt(batch[image % 2 :: 2].var(axis=0) + 1e-8)
        expected = np.full((3, 2, 1), expected.mean()) if averaged else expected
        np.testing.assert_allclose(found[image, ..., 4:], expected)
    same = MinibatchDeviation(4)(np.ones((4, 2, 2, 1), np.float32)).numpy()[..., 1]
    np.testing.assert_allclose(same, 1e-4, rtol=1e-3)


NOISE = RANDOM.standard_normal((3, 8, 10, 1))
STEP = 1e-6


@pytest.mark.parametrize(
    ("layer", "inputs"),
    [
        (ModulatedConv2D(2, dtype="float64"), (IMAGES, STYLES)),
        (StyledConv2D(2, size=(8, 10), dtype="float64"), (IMAGES, STYLES, NOISE)),
        (EqualizedConv2D(2, halve=True, dtype="float64"), (IMAGES,)),
        (MinibatchDeviation(3, dtype="float64"), (IMAGES,)),
    ],
    ids=["modulated", "styled and doubled", "halved", "deviation"],
)
def test_first_and_second_derivatives_are_those_of_finite_differences(
    layer: keras.layers.Layer, inputs: tuple[np.ndarray, ...]
) -> None:
    """Of a sum of the outputs and of its squared gradient at the inputs, as penalties take it."""
    filled(layer, *(each.shape for each in inputs))
    places = [tf.Variable(each) for each in inputs] + layer.trainable_variables
    given = places[: len(inputs)]
    random = np.random.default_rng(7)
    directions = [random.standard_normal(each.shape) for each in places]

    def value() -> tf.Tensor:
        y = layer([each.value() for each in given] if len(given) > 1 else given[0].value())
        return tf.reduce_sum(
            y * tf.reshape(tf.cos(tf.cast(tf.range(tf.size(y)), y.dtype)), y.shape)
        )

    def penalty() -> tf.Tensor:
        with tf.GradientTape() as tape:
            total = value()
        return sum(tf.reduce_sum(tf.square(each)) for each in tape.gradient(total, given))

    def moved(function: Callable[[], tf.Tensor], distance: float) -> float:
        before = [each.numpy() for each in places]
        for place, old, direction in zip(places, before, directions, strict=True):
            place.assign(old + distance * direction)
        found = float(function())
        for place, old in zip(places, before, strict=True):
            place.assign(old)
        return found

    for function in (value, penalty):
        with tf.GradientTape() as tape:
            found = function()
        slopes = zip(tape.gradient(found, places), directions, strict=True)
        slope = sum(np.sum(a * b) for a, b in slopes if a is not None)  # biases have no second
        expected = (moved(function, STEP) - moved(function, -STEP)) / (2.0 * STEP)
        assert slope == pytest.approx(expected, rel=1e-5)
        assert abs(slope) > 0.01
