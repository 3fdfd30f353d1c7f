"""Mapping, synthesis and discriminator: sizes by hand, styles and noise where they belong."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.networks import stylegan
from gan_cli.networks.layers.styles import FixedNoise, RunningMean, fixed_noise
from gan_cli.networks.variables import variables_by_key

SHAPES = [(8, 8, 1), (9, 13, 3), (28, 28, 1), (48, 64, 3)]


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def inputs(network: keras.Model, count: int) -> list[np.ndarray]:
    return [noise(count, *each.shape[1:]) for each in network.inputs]


@pytest.mark.parametrize("shape", SHAPES)
def test_images_and_logits_of_any_shape(shape: tuple[int, int, int]) -> None:
    synthesis = stylegan.synthesis(shape, style_dim=3, width=2)
    images = synthesis(inputs(synthesis, 4))
    assert (images.shape, images.dtype) == ((4, *shape), tf.float32)
    logits = stylegan.discriminator(shape, width=2)(images)
    assert (logits.shape, logits.dtype) == ((4, 1), tf.float32)
    assert len(set(logits.numpy().ravel().tolist())) == 4


def test_blocks_double_the_image_and_halve_the_channels() -> None:
    synthesis = stylegan.synthesis((32, 40, 3), style_dim=5, width=2)
    assert [tuple(each.shape[1:]) for each in synthesis.inputs] == [
        (8, 5),
        *((4 * n, 5 * n, 1) for n in (1, 2, 2, 4, 4, 8, 8)),
    ]
    for block, channels in enumerate((16, 8, 4, 2)):
        found = synthesis.get_layer(f"block_{block}_conv").output.shape[1:]
        assert found == (4 * 2**block, 5 * 2**block, channels)
    discriminator = stylegan.discriminator((32, 40, 3), width=2)
    for block, channels in ((3, 4), (2, 8), (1, 16)):
        found = discriminator.get_layer(f"block_{block}_sum").output.shape[1:]
        assert found == (2 * 2**block, 5 * 2**block // 2, channels)
    assert discriminator.get_layer("deviation").output.shape[1:] == (4, 5, 17)
    each = stylegan.discriminator((32, 40, 3), width=2, averaged=False)
    assert each.get_layer("deviation").output.shape[1:] == (4, 5, 32)
    widest = stylegan.synthesis((256, 256, 3), style_dim=5, width=2)
    assert widest.get_layer("constant").output.shape[1:] == (4, 4, 16)


def test_names_of_the_smallest_networks() -> None:
    """Checkpoints are keyed by these: a new name loses old runs."""
    synthesis = stylegan.synthesis((8, 8, 1), style_dim=3, width=2)
    styled = ("kernel", "bias", "style_kernel", "style_bias", "strength")
    assert set(variables_by_key("synthesis", synthesis)) == {
        "synthesis/constant/image",
        *(f"synthesis/{n}/{v}" for n in ("block_0_conv", "block_1_conv") for v in styled),
        *(f"synthesis/block_1_double/{v}" for v in styled),
        *(f"synthesis/block_{n}_colours/{v}" for n in (0, 1) for v in styled[:-1]),
    }
    discriminator = stylegan.discriminator((8, 8, 1), width=2)
    layers = ("colours", "block_1_conv", "block_1_down", "block_0_conv", "features", "logits")
    assert set(variables_by_key("discriminator", discriminator)) == {
        "discriminator/block_1_skip/kernel",
        *(f"discriminator/{layer}/{v}" for layer in layers for v in ("kernel", "bias")),
    }
    assert set(variables_by_key("mapping", stylegan.mapping(3, 2))) == {
        "mapping/mean/mean",
        *(f"mapping/dense_{n}/{v}" for n in (1, 2) for v in ("kernel", "bias")),
    }


def test_every_layer_is_named_by_us() -> None:
    first, second = (stylegan.synthesis((9, 13, 3), style_dim=3, width=2) for _ in range(2))
    assert [each.name for each in first.layers] == [each.name for each in second.layers]
    first, second = (stylegan.discriminator((9, 13, 3), width=2, num_classes=2) for _ in range(2))
    assert [each.name for each in first.layers] == [each.name for each in second.layers]


def test_each_style_and_each_noise_changes_the_image() -> None:
    """Noise once its strength is not 0."""
    synthesis = stylegan.synthesis((12, 8, 1), style_dim=3, width=4)
    given = inputs(synthesis, 2)
    before = synthesis(given).numpy()
    for index in range(1, len(given)):
        changed = [each + (number == index) for number, each in enumerate(given)]
        np.testing.assert_array_equal(synthesis(changed).numpy(), before)
    for layer in synthesis.layers:
        if hasattr(layer, "strength"):
            layer.strength.assign(0.5)
    before = synthesis(given).numpy()
    for index in range(1, len(given)):
        changed = [each + (number == index) for number, each in enumerate(given)]
        assert np.abs(synthesis(changed).numpy() - before).max() > 1e-3
    for index in range(4):
        styles = given[0].copy()
        styles[0, index] += 1.0
        after = synthesis([styles, *given[1:]]).numpy()
        assert np.abs(after[0] - before[0]).max() > 1e-3
        np.testing.assert_allclose(after[1], before[1], atol=1e-6)


def test_latents_count_by_their_direction_alone() -> None:
    mapping = stylegan.mapping(5, 2)
    latents = noise(3, 5)
    np.testing.assert_allclose(mapping(latents), mapping(7.0 * latents), rtol=1e-4)
    x = latents / np.sqrt(np.mean(latents**2, axis=1, keepdims=True))
    for index in (1, 2):
        kernel = mapping.get_layer(f"dense_{index}").kernel.numpy()
        assert kernel.std() == pytest.approx(100.0, rel=0.4)
        x = x @ kernel * 0.01 / np.sqrt(5)
        x = np.sqrt(2) * np.where(x > 0, x, 0.2 * x)
    np.testing.assert_allclose(mapping(latents), x, rtol=1e-4)


def test_the_class_reaches_the_style_and_the_logit() -> None:
    latents, images = noise(2, 5), noise(2, 8, 8, 1)
    mapping = stylegan.mapping(5, 2, num_classes=3)
    discriminator = stylegan.discriminator((8, 8, 1), width=2, num_classes=3)
    for network, given in ((mapping, latents), (discriminator, images)):
        of = [network([tf.constant(given), tf.constant([k, k])]).numpy() for k in range(3)]
        assert np.abs(of[0] - of[1]).max() > 1e-5 < np.abs(of[0] - of[2]).max()


def test_a_mean_is_remembered_in_training_alone() -> None:
    layer, x = RunningMean(0.75), noise(6, 2)
    np.testing.assert_array_equal(layer(x), x)
    np.testing.assert_array_equal(layer.mean, [0.0, 0.0])
    layer(x, training=True)
    np.testing.assert_allclose(layer.mean, 0.25 * x.mean(axis=0), rtol=1e-6)
    layer(2.0 * x, training=True)
    np.testing.assert_allclose(layer.mean, (0.1875 + 0.5) * x.mean(axis=0), rtol=1e-5)
    assert layer.trainable_variables == []


def test_fixed_noise_is_normal_and_always_the_same() -> None:
    sizes = [(64, 64), (8, 5)]
    large, small = fixed_noise(sizes)
    assert (large.shape, small.shape) == ((1, 64, 64, 1), (1, 8, 5, 1))
    assert (large.mean(), large.std()) == pytest.approx((0.0, 1.0), abs=0.05)
    layer = FixedNoise(sizes)
    np.testing.assert_array_equal(layer(tf.zeros([3]))[1], small)
    assert FixedNoise.from_config(layer.get_config()).sizes == sizes
