"""Self-attention against NumPy."""

import keras
import numpy as np

from gan_cli.networks.layers.attention import Attention, Gain, self_attention


def softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def test_each_place_takes_values_by_the_softmax_of_its_products_with_the_keys():
    random = np.random.default_rng(0)
    queries, keys = random.normal(size=(2, 3, 4, 5)), random.normal(size=(2, 2, 2, 5))
    values = random.normal(size=(2, 2, 2, 6))
    found = Attention()([each.astype(np.float32) for each in (queries, keys, values)]).numpy()
    weights = softmax(queries.reshape(2, 12, 5) @ keys.reshape(2, 4, 5).transpose(0, 2, 1))
    expected = (weights @ values.reshape(2, 4, 6)).reshape(2, 3, 4, 6)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_it_begins_as_nothing_and_grows_by_its_gain():
    x = keras.Input((5, 6, 16), name="x")

    def convolution(filters: int, size: int, name: str) -> keras.layers.Layer:
        return keras.layers.Conv2D(filters, size, use_bias=False, name=name)

    network = keras.Model(x, self_attention(x, convolution))
    images = np.random.default_rng(0).normal(size=(2, 5, 6, 16)).astype(np.float32)
    np.testing.assert_array_equal(network(images), images)
    assert network.get_layer("attention_queries").filters == 2
    assert network.get_layer("attention_values_pool").output.shape == (None, 3, 3, 8)
    network.get_layer("attention_gain").gain.assign(0.5)
    inner = keras.Model(x, network.get_layer("attention_output").output)
    np.testing.assert_allclose(network(images), images + 0.5 * inner(images).numpy(), atol=1e-6)
    assert np.abs(inner(images)).max() > 0.01


def test_a_gain_is_one_number():
    gain = Gain()
    gain.build((None, 4))
    gain.gain.assign(3.0)
    np.testing.assert_array_equal(gain(np.ones((1, 4), np.float32)), np.full((1, 4), 3.0))
    assert [variable.shape for variable in gain.variables] == [()]
