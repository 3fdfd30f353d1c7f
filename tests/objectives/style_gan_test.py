"""Styles of two latents, path lengths against a whole Jacobian, and truncation."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.networks import stylegan
from gan_cli.objectives.gan import Generator
from gan_cli.objectives.model import Context
from gan_cli.objectives.style_gan import mixed_styles, path_length, style_generator, synthesized

from .toys import context

BATCH = {"images": tf.zeros([4, 8, 8, 1])}


@pytest.fixture
def generator() -> Generator:
    """A tiny one whose noise is not silent."""
    keras.utils.set_random_seed(0)
    synthesis = stylegan.synthesis((8, 8, 1), style_dim=3, width=2)
    for layer in synthesis.layers:
        if hasattr(layer, "strength"):
            layer.strength.assign(0.3)
    return style_generator(stylegan.mapping(3, 1), synthesis, mixing=0.0)


def mixed(generator: Generator, mixing: float, count: int) -> np.ndarray:
    latents = tf.random.stateless_normal((count, 3), [1, 2])
    mapping, synthesis = generator.networks.values()
    noise = context(seed=5).noise
    return mixed_styles(mapping, synthesis, latents, None, noise, mixing, training=True).numpy()


def test_without_mixing_all_layers_have_one_style(generator: Generator) -> None:
    styles = mixed(generator, 0.0, 5)
    assert styles.shape == (5, 4, 3)
    np.testing.assert_array_equal(styles, styles[:, :1].repeat(4, axis=1))
    expected = generator.networks["mapping"](tf.random.stateless_normal((5, 3), [1, 2]))
    np.testing.assert_allclose(styles[:, 0], expected, rtol=1e-6)


@pytest.mark.parametrize(("mixing", "share"), [(1.0, 1.0), (0.25, 0.25)])
def test_later_layers_have_the_style_of_a_second_latent(
    generator: Generator, mixing: float, share: float
) -> None:
    """From the second, third or last of four on, each as often."""
    styles = mixed(generator, mixing, 3000)
    of_first = np.isclose(styles, mixed(generator, 0.0, 3000)).all(axis=2)  # [B, 4]
    assert of_first[:, 0].all()
    assert (of_first[:, 1:] <= of_first[:, :-1]).all()
    counts = np.bincount(of_first.sum(axis=1), minlength=5) / 3000
    assert counts == pytest.approx([0.0, share / 3, share / 3, share / 3, 1 - share], abs=0.03)


def jacobian_lengths(generator: Generator, place: Context) -> np.ndarray:
    """Of the two latents of the half batch, from all derivatives of all pixels."""
    mapping, synthesis = generator.networks.values()
    noise = place.noise.branch("path_length")
    styles = tf.repeat(mapping(noise.normal("latents", (2, 3)))[:, None], 4, axis=1)
    planes = [
        noise.normal(f"layer_{index}", (2, *x.shape[1:]))
        for index, x in enumerate(synthesis.inputs[1:])
    ]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(styles)
        pixels = tf.unstack(tf.reshape(synthesized(synthesis, styles, planes), (2, 64)), axis=1)
    jacobian = np.stack([tape.gradient(each, styles) for each in pixels])  # [64, B, L, D]
    directions = noise.normal("directions", (2, 8, 8, 1)).numpy().reshape(2, 64) / 8.0
    product = np.einsum("pbld,bp->bld", jacobian, directions)
    return np.sqrt((product**2).sum(axis=2).mean(axis=1))


def test_path_lengths_are_those_of_the_jacobian(generator: Generator) -> None:
    regularizer = path_length(generator, weight=3.0, interval=2, mixing=0.0)
    assert list(regularizer.variables) == ["path_length_mean"]
    (mean,) = regularizer.variables.values()
    mean.assign(0.5)
    expected = jacobian_lengths(generator, context(0))
    cost, logs = regularizer.cost(BATCH, context(0))
    target = 0.5 + 0.01 * (expected.mean() - 0.5)
    penalty = 2.0 * ((expected - target) ** 2).mean()  # it is due in every second update
    assert float(logs["path_length"]) == pytest.approx(2.0 * expected.mean(), rel=1e-4)
    assert float(logs["path_length_penalty"]) == pytest.approx(penalty, rel=1e-3)
    assert float(cost) == pytest.approx(3.0 * penalty, rel=1e-3)
    assert float(mean.numpy()) == pytest.approx(target, rel=1e-5)
    cost, logs = regularizer.cost(BATCH, context(1))
    assert float(cost) == float(logs["path_length"]) == float(logs["path_length_penalty"]) == 0.0
    assert float(mean.numpy()) == pytest.approx(target, rel=1e-5)


def test_the_penalty_trains_both_networks_by_its_slope(generator: Generator) -> None:
    """An image is linear in the kernels of its colours, and so are lengths: where all of these are
    (1 + t) times as large, the slope at t = 0 is 2 E l (l - a) = 2 (E (l - a)^2 + a E l - a^2).
    """
    regularizer = path_length(generator, weight=1.0, interval=1, mixing=0.0, decay=1.0)
    regularizer.variables["path_length_mean"].assign(0.3)
    mapping, synthesis = generator.networks.values()
    kernels = [synthesis.get_layer(f"block_{block}_colours").kernel for block in (0, 1)]
    first = mapping.get_layer("dense_1").kernel
    with tf.GradientTape() as tape:
        cost, logs = regularizer.cost(BATCH, context(0))
    *slopes, of_mapping = tape.gradient(cost, [*kernels, first])
    found = sum(np.sum(a * b.numpy()) for a, b in zip(slopes, kernels, strict=True))
    expected = 2.0 * (float(cost) + 0.3 * float(logs["path_length"]) - 0.09)
    assert found == pytest.approx(expected, rel=1e-3)
    assert np.abs(of_mapping).max() > 0.0


def test_truncation_is_towards_the_tracked_mean(generator: Generator) -> None:
    mapping, synthesis = generator.networks.values()
    mean = mapping.get_layer("mean").mean
    mean.assign([0.3, -0.2, 0.5])
    latents = tf.random.stateless_normal((3, 3), [4, 5])
    assert generator.styles is not None
    for share in (0.0, 0.5, 1.0, 2.0):
        truncated = generator.styles.truncated(share)
        found = truncated.sample(generator.networks, latents, None, None)
        styles = mean + share * (mapping(latents) - mean)
        expected = np.clip(synthesized(synthesis, styles), -1.0, 1.0)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    plain = generator.sample(generator.networks, latents, None, None)
    alone = generator.sample(generator.networks, latents[1:2], None, None)
    np.testing.assert_allclose(alone, plain[1:2], atol=1e-6)  # its noise is fixed


def test_noise_is_new_in_each_training_step_and_the_same_for_one_seed(generator: Generator) -> None:
    latents = tf.ones([2, 3])
    first = generator.generate(latents, None, context(0).noise)
    np.testing.assert_array_equal(first, generator.generate(latents, None, context(0).noise))
    second = generator.generate(latents, None, context(1).noise)
    assert np.abs(first - second).max() > 1e-3
    assert np.abs(first[0] - first[1]).max() > 1e-3
