"""The residual pair of SNGAN: shapes, sizes and names worked out by hand from the paper."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.networks import resnet
from gan_cli.networks.layers.spectral import Spectral

SHAPES = [(8, 8, 1), (9, 13, 3), (28, 28, 1), (48, 64, 3), (128, 128, 3)]
LABELS = np.array([1, 0])


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def features(model: keras.Model) -> list[tuple[int, ...]]:
    """Shape [H, W, C] after each block."""
    return [
        tuple(layer.output.shape[1:])
        for layer in model.layers
        if layer.name.startswith("block_") and layer.name.endswith("_sum")
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_images_and_logits_of_any_shape(shape: tuple[int, int, int]):
    images = resnet.generator(shape, latent_dim=3, width=2)(1e3 * noise(2, 3), training=False)
    assert images.shape == (2, *shape)
    assert images.dtype == tf.float32
    assert -1.0 <= images.numpy().min() < 0.0 < images.numpy().max() <= 1.0
    logits = resnet.discriminator(shape, width=2)(noise(2, *shape))
    assert (logits.shape, logits.dtype) == ((2, 1), tf.float32)
    assert logits[0] != logits[1]


def test_blocks_at_32_are_those_of_the_paper():
    """Tables 3 and 4, but for the channels: the paper has 256 and 128 at every size."""
    assert features(resnet.generator((32, 32, 3), width=2)) == [(8, 8, 8), (16, 16, 4), (32, 32, 2)]
    assert features(resnet.discriminator((32, 32, 3), width=2)) == [
        (16, 16, 2),
        (8, 8, 4),
        (8, 8, 8),
        (8, 8, 8),
    ]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((8, 8, 1), [(4, 4)]),
        ((28, 28, 1), [(14, 14), (7, 7)]),
        ((48, 64, 3), [(24, 32), (12, 16), (6, 8)]),
        ((128, 128, 3), [(64, 64), (32, 32), (16, 16), (8, 8)]),
        ((9, 13, 3), [(5, 7)]),
    ],
)
def test_the_discriminator_halves_to_eight_pixels(shape: tuple, expected: list):
    assert resnet.discriminator_sizes(shape) == expected


def test_every_kernel_of_the_discriminator_is_normalized():
    model = resnet.discriminator((16, 16, 3), width=4, num_classes=3, attention=8)
    with_weights = [layer for layer in model.layers if layer.trainable_weights]
    others = {layer.name for layer in with_weights if not isinstance(layer, Spectral)}
    assert others == {"attention_gain"}
    assert len(with_weights) > 10


def test_the_size_of_a_kernel_changes_nothing():
    model, images = resnet.discriminator((16, 16, 1), width=4), noise(2, 16, 16, 1)
    before = model(images).numpy()
    for layer in model.layers:
        if isinstance(layer, Spectral):
            layer.kernel.assign(10.0 * layer.kernel)
    np.testing.assert_allclose(model(images), before, rtol=1e-4)


def test_a_class_reaches_every_normalization_and_the_logits():
    generator = resnet.generator((8, 8, 1), latent_dim=3, width=2, num_classes=2)
    scales = [layer for layer in generator.layers if layer.name.endswith("_class")]
    assert [layer.name for layer in scales] == [
        "block_1_norm_1_class",
        "block_1_norm_2_class",
        "norm_class",
    ]
    discriminator = resnet.discriminator((8, 8, 1), width=2, num_classes=2)
    inner = keras.Model(
        discriminator.inputs,
        [discriminator.get_layer(name).output for name in ("features", "embedding", "logits")],
    )
    images = noise(2, 8, 8, 1)
    phi, vectors, psi = (value.numpy() for value in inner([images, LABELS]))
    last = keras.Model(discriminator.inputs, discriminator.get_layer("activation").output)
    np.testing.assert_allclose(phi, last([images, LABELS]).numpy().sum((1, 2)), rtol=1e-5)
    expected = psi[:, 0] + (vectors * phi).sum(axis=1)
    np.testing.assert_allclose(discriminator([images, LABELS])[:, 0], expected, rtol=1e-5)


def test_attention_is_at_one_size_of_either_side():
    for model in (
        resnet.generator((16, 16, 1), width=2, attention=8),
        resnet.discriminator((16, 16, 1), width=2, attention=8),
    ):
        assert model.get_layer("attention_sum").output.shape[1:3] == (8, 8)
    plain = resnet.generator((16, 16, 1), width=2)
    assert not [layer for layer in plain.layers if layer.name.startswith("attention")]


def test_a_residual_block_is_the_sum_of_its_branches():
    """By hand; the shortcut of a block that widens is a kernel of one pixel."""
    model, images = resnet.discriminator((16, 16, 1), width=3), noise(1, 16, 16, 1)

    def convolved(x: tf.Tensor, name: str) -> tf.Tensor:
        layer = model.get_layer(f"block_2_{name}")
        x = tf.nn.conv2d(x, layer.kernel / layer.sigma(), 1, "SAME")
        return x + layer.bias if layer.use_bias else x

    x = keras.Model(model.inputs, model.get_layer("block_1_sum").output)(images)
    y = convolved(tf.nn.relu(convolved(tf.nn.relu(x), "conv_1")), "conv_2")
    found = keras.Model(model.inputs, model.get_layer("block_2_sum").output)(images)
    np.testing.assert_allclose(found, y + convolved(x, "shortcut"), atol=1e-5)


def test_names_of_the_smallest_pair():
    """Checkpoints are keyed by these: a new name loses old runs."""
    generator = resnet.generator((8, 8, 1), width=2)
    assert [layer.name for layer in generator.layers if layer.weights] == [
        "dense",
        "block_1_norm_1",
        "block_1_conv_1",
        "block_1_norm_2",
        "block_1_shortcut",
        "block_1_conv_2",
        "norm",
        "conv",
    ]
    discriminator = resnet.discriminator((8, 8, 1), width=2)
    assert {layer.name for layer in discriminator.layers if layer.weights} == {
        *(f"block_1_{name}" for name in ("conv_1", "conv_2", "shortcut")),
        *(f"block_2_{name}" for name in ("conv_1", "conv_2", "shortcut")),
        *(f"block_3_{name}" for name in ("conv_1", "conv_2")),
        "logits",
    }
