"""Layers of our own against NumPy."""

import keras
import numpy as np
import pytest

from gan_cli.networks.layers.common import LayerNorm, layer_norm


def images(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(3.0, 2.0, shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(4, 5, 6, 3), (4, 7)])
def test_layer_norm_is_of_each_image_over_all_pixels_and_channels(shape: tuple[int, ...]):
    layer, batch = layer_norm("norm"), images(*shape)
    layer.build(shape)
    scale, shift = np.linspace(1, 2, shape[-1]), np.linspace(-1, 1, shape[-1])
    layer.gamma.assign(scale)
    layer.beta.assign(shift)
    axes = tuple(range(1, len(shape)))
    normal = (batch - batch.mean(axes, keepdims=True)) / np.sqrt(
        batch.var(axes, keepdims=True) + 1e-5
    )
    np.testing.assert_allclose(layer(batch).numpy(), scale * normal + shift, atol=1e-5)


def test_layer_norm_has_the_values_of_keras_and_its_variables():
    theirs, ours = keras.layers.GroupNormalization(groups=1, epsilon=1e-5), layer_norm("norm")
    batch = images(4, 5, 6, 3)
    np.testing.assert_allclose(ours(batch).numpy(), theirs(batch).numpy(), atol=1e-5)
    assert [variable.name for variable in ours.trainable_variables] == ["gamma", "beta"]
    assert ours.non_trainable_variables == []


def test_layer_norm_of_an_image_of_one_colour_is_its_shift():
    assert np.all(layer_norm("norm")(np.full((2, 4, 4, 1), 7.0, np.float32)).numpy() == 0.0)


def test_layer_norm_in_half_precision_does_not_overflow():
    whole, batch = layer_norm("norm"), 2000.0 * images(2, 8, 8, 1)
    half = LayerNorm(name="norm", dtype="mixed_float16")
    changed = half(batch.astype(np.float16))
    assert changed.dtype == "float16"
    assert half.gamma.dtype == "float32"
    np.testing.assert_allclose(changed.numpy().astype(np.float32), whole(batch).numpy(), atol=0.01)
