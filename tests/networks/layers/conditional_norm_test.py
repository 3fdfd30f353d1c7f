"""Conditional batch normalization against NumPy."""

import keras
import numpy as np

from gan_cli.networks.layers.conditional_norm import conditional_batch_norm


def network() -> keras.Model:
    x, labels = keras.Input((4, 5, 3), name="x"), keras.Input((), dtype="int64", name="labels")
    return keras.Model([x, labels], conditional_batch_norm(x, labels, 2, "norm"))


def test_the_batch_is_normalized_then_scaled_and_shifted_by_class():
    random, made = np.random.default_rng(0), network()
    gamma, beta = random.normal(size=(2, 2, 3)).astype(np.float32)
    scale = made.get_layer("norm_class")
    scale.gamma.assign(gamma)
    scale.beta.assign(beta)
    images, labels = random.normal(2.0, 3.0, (6, 4, 5, 3)), np.array([0, 1, 1, 0, 1, 0])
    axes = (0, 1, 2)
    normed = (images - images.mean(axes)) / np.sqrt(images.var(axes) + 1e-5)
    expected = gamma[labels][:, None, None] * normed + beta[labels][:, None, None]
    found = made([images.astype(np.float32), labels], training=True)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_only_classes_have_scales_and_shifts_and_they_begin_as_none():
    made = network()
    found = {variable.path.split("/")[-1]: variable for variable in made.trainable_variables}
    assert {name: variable.shape for name, variable in found.items()} == {
        "gamma": (2, 3),
        "beta": (2, 3),
    }
    assert np.all(found["gamma"] == 1.0)
    assert np.all(found["beta"] == 0.0)
    assert [each.name for each in made.non_trainable_variables] == [
        "moving_mean",
        "moving_variance",
    ]
    images = np.random.default_rng(0).normal(size=(2, 4, 5, 3)).astype(np.float32)
    np.testing.assert_allclose(
        made([images, np.array([0, 1])]), images / np.sqrt(1.0 + 1e-5), rtol=1e-5
    )
