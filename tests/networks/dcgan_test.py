"""The convolutional pair: shapes and sizes worked out by hand from the papers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.networks import dcgan

SHAPES = [(8, 8, 1), (9, 13, 3), (28, 28, 1), (32, 32, 3), (48, 64, 3), (100, 100, 3), (64, 64, 3)]


def outputs(model: keras.Model, kind: type) -> list[tuple[int, ...]]:
    """Shape [H, W, C] after each layer of a kind."""
    return [tuple(layer.output.shape[1:]) for layer in model.layers if isinstance(layer, kind)]


def parameters(model: keras.Model) -> dict[str, int]:
    return {layer.name: layer.count_params() for layer in model.layers if layer.count_params()}


def kernels(model: keras.Model, kind: type) -> set[tuple[int, int]]:
    return {layer.kernel_size for layer in model.layers if isinstance(layer, kind)}


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def test_generator_at_28_is_the_tutorials():
    model = dcgan.generator((28, 28, 1))
    assert model.get_layer("reshape").output.shape == (None, 7, 7, 256)
    assert outputs(model, keras.layers.Conv2DTranspose) == [(7, 7, 128), (14, 14, 64), (28, 28, 1)]
    assert kernels(model, keras.layers.Conv2DTranspose) == {(5, 5)}
    assert parameters(model) == {
        "dense": 100 * 7 * 7 * 256,
        "norm_0": 4 * 7 * 7 * 256,
        "conv_1": 5 * 5 * 256 * 128,
        "norm_1": 4 * 128,
        "conv_2": 5 * 5 * 128 * 64,
        "norm_2": 4 * 64,
        "conv_3": 5 * 5 * 64 * 1 + 1,
    }
    assert model.count_params() == 2_330_945  # the tutorial's 2,330,944 and the bias of the image


def test_discriminator_at_28_is_the_tutorials():
    model = dcgan.discriminator((28, 28, 1))
    assert outputs(model, keras.layers.Conv2D) == [(14, 14, 64), (7, 7, 128)]
    assert kernels(model, keras.layers.Conv2D) == {(5, 5)}
    assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [
        0.3,
        0.3,
    ]
    assert {k: v for k, v in parameters(model).items() if "dropout" not in k} == {
        "conv_1": 5 * 5 * 1 * 64 + 64,
        "conv_2": 5 * 5 * 64 * 128 + 128,
        "logits": 7 * 7 * 128 + 1,
    }


def test_generator_at_64_is_the_papers():
    model = dcgan.generator((64, 64, 3))
    assert model.get_layer("reshape").output.shape == (None, 4, 4, 512)
    assert outputs(model, keras.layers.Conv2DTranspose) == [
        (8, 8, 256),
        (16, 16, 128),
        (32, 32, 64),
        (64, 64, 3),
    ]
    assert kernels(model, keras.layers.Conv2DTranspose) == {(4, 4)}
    assert parameters(model) == {
        "dense": 100 * 4 * 4 * 512,
        "norm_0": 4 * 4 * 4 * 512,
        "conv_1": 4 * 4 * 512 * 256,
        "norm_1": 4 * 256,
        "conv_2": 4 * 4 * 256 * 128,
        "norm_2": 4 * 128,
        "conv_3": 4 * 4 * 128 * 64,
        "norm_3": 4 * 64,
        "conv_4": 4 * 4 * 64 * 3 + 3,
    }


def test_discriminator_at_64_mirrors_it():
    model = dcgan.discriminator((64, 64, 3))
    assert outputs(model, keras.layers.Conv2D) == [
        (32, 32, 64),
        (16, 16, 128),
        (8, 8, 256),
        (4, 4, 512),
    ]
    assert kernels(model, keras.layers.Conv2D) == {(4, 4)}
    assert parameters(model)["logits"] == 4 * 4 * 512 + 1


@pytest.mark.parametrize("shape", SHAPES)
def test_images_of_any_shape(shape: tuple[int, int, int]):
    """Latents far out reach both ends of the range and never leave it."""
    generator = dcgan.generator(shape, latent_dim=3, width=2)
    images = generator(1e4 * noise(2, 3), training=False)
    assert images.shape == (2, *shape)
    assert images.dtype == tf.float32
    assert -1.0 <= images.numpy().min() < -0.3
    assert 0.3 < images.numpy().max() <= 1.0


@pytest.mark.parametrize("shape", SHAPES)
def test_logits_for_images_of_any_shape(shape: tuple[int, int, int]):
    logits = dcgan.discriminator(shape, width=2)(noise(3, *shape), training=False)
    assert logits.shape == (3, 1)
    assert logits.dtype == tf.float32
    assert len(set(logits.numpy().ravel().tolist())) == 3


@pytest.mark.parametrize(
    ("shape", "times"),
    [
        ((8, 8, 1), 1),
        ((15, 99, 1), 1),
        ((16, 16, 1), 2),
        ((28, 28, 1), 2),
        ((31, 31, 1), 2),
        ((32, 32, 1), 3),
        ((64, 40, 3), 3),
        ((64, 64, 3), 4),
        ((2048, 2048, 3), 9),
    ],
)
def test_halvings(shape: tuple[int, int, int], times: int):
    assert dcgan.halvings(shape) == times


@pytest.mark.parametrize(
    ("side", "given", "kernel"),
    [(8, None, 5), (31, None, 5), (32, None, 4), (64, None, 4), (64, 3, 3)],
)
def test_kernel_follows_the_size(side: int, given: int | None, kernel: int):
    assert dcgan.kernel_for((side, side, 1), given) == kernel


def test_sizes_round_up():
    assert dcgan.sizes((9, 13, 3), 2) == [(9, 13), (5, 7), (3, 4)]
    assert dcgan.sizes((28, 28, 1), 0) == [(28, 28)]


def test_odd_sizes_are_cropped():
    model = dcgan.generator((9, 13, 3), width=2)
    assert model.get_layer("reshape").output.shape == (None, 5, 7, 4)
    assert outputs(model, keras.layers.Conv2DTranspose) == [(5, 7, 2), (10, 14, 3)]
    assert model.get_layer("crop_2").output.shape == (None, 9, 13, 3)
    assert model.get_layer("crop_2").cropping == ((0, 1), (0, 1))
    assert not outputs(dcgan.generator((48, 64, 3), width=2), keras.layers.Cropping2D)


def test_channels_grow_up_to_eight_times_the_width():
    generator = dcgan.generator((256, 256, 3), width=2)
    assert [shape[2] for shape in outputs(generator, keras.layers.Conv2DTranspose)] == [
        16,
        16,
        8,
        4,
        2,
        3,
    ]
    discriminator = dcgan.discriminator((256, 256, 3), width=2)
    assert [shape[2] for shape in outputs(discriminator, keras.layers.Conv2D)] == [
        2,
        4,
        8,
        16,
        16,
        16,
    ]


@pytest.mark.parametrize("shape", [(9, 13, 3), (28, 28, 1)])
@pytest.mark.parametrize(
    "build",
    [dcgan.generator, lambda shape, width: dcgan.discriminator(shape, width=width, norm="batch")],
)
def test_every_layer_is_named_by_us(build, shape: tuple[int, int, int]):
    """A name that Keras chose would count on with the second model."""
    first, second = build(shape, width=2), build(shape, width=2)
    assert first.name == second.name
    assert [layer.name for layer in first.layers] == [layer.name for layer in second.layers]


def test_names_of_the_smallest_pair():
    """Checkpoints are keyed by these: a new name loses old runs."""
    generator, discriminator = (
        dcgan.generator((8, 8, 1), width=2),
        dcgan.discriminator((8, 8, 1), width=2),
    )
    assert [layer.name for layer in generator.layers] == [
        "latents",
        "dense",
        "norm_0",
        "activation_0",
        "reshape",
        "conv_1",
        "norm_1",
        "activation_1",
        "conv_2",
        "images",
    ]
    assert [layer.name for layer in discriminator.layers] == [
        "images",
        "conv_1",
        "activation_1",
        "dropout_1",
        "flatten",
        "logits",
    ]


def test_width_and_latent_dim():
    model = dcgan.generator((28, 28, 1), latent_dim=7, width=3)
    assert model.input_shape == (None, 7)
    assert model.get_layer("dense").kernel.shape == (7, 7 * 7 * 12)
    assert outputs(model, keras.layers.Conv2DTranspose) == [(7, 7, 6), (14, 14, 3), (28, 28, 1)]
    assert outputs(dcgan.discriminator((28, 28, 1), width=3), keras.layers.Conv2D) == [
        (14, 14, 3),
        (7, 7, 6),
    ]


def test_kernel_size():
    assert kernels(
        dcgan.generator((28, 28, 1), width=2, kernel_size=3), keras.layers.Conv2DTranspose
    ) == {(3, 3)}
    assert kernels(
        dcgan.discriminator((28, 28, 1), width=2, kernel_size=6), keras.layers.Conv2D
    ) == {(6, 6)}


def test_depth():
    model = dcgan.discriminator((28, 28, 1), width=2, depth=4)
    assert outputs(model, keras.layers.Conv2D) == [(14, 14, 2), (7, 7, 4), (4, 4, 8), (2, 2, 16)]


def test_dropout():
    images = noise(4, 8, 8, 1)
    with_dropout = dcgan.discriminator((8, 8, 1), width=8, dropout=0.9)
    assert [
        layer.rate for layer in with_dropout.layers if isinstance(layer, keras.layers.Dropout)
    ] == [0.9]
    assert not np.allclose(with_dropout(images, training=True), with_dropout(images, training=True))
    without = dcgan.discriminator((8, 8, 1), width=8, dropout=0.0)
    assert not [layer for layer in without.layers if isinstance(layer, keras.layers.Dropout)]
    np.testing.assert_array_equal(without(images, training=True), without(images, training=False))


def test_norm():
    """BatchNormalization everywhere but on the pixels' own layer, and no bias that it would take
    away again.
    """
    model = dcgan.discriminator((28, 28, 1), width=2, depth=3, norm="batch")
    normed = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert [layer.name for layer in normed] == ["norm_2", "norm_3"]
    assert {(layer.momentum, layer.epsilon) for layer in normed} == {(0.9, 1e-5)}
    assert [model.get_layer(f"conv_{index}").use_bias for index in (1, 2, 3)] == [
        True,
        False,
        False,
    ]
    plain = dcgan.discriminator((28, 28, 1), width=2, depth=3)
    assert not [
        layer for layer in plain.layers if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert [plain.get_layer(f"conv_{index}").use_bias for index in (1, 2, 3)] == [True, True, True]
