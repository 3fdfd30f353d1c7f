"""The residual pair of R3GAN: values and sizes worked out by hand from the paper."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.networks import r3
from gan_cli.networks.layers.basis import Basis, BasisProducts
from gan_cli.networks.layers.common import InRange
from gan_cli.networks.r3 import Blocks

SHAPES = [(8, 8, 1), (9, 13, 3), (28, 28, 1), (48, 64, 3), (128, 128, 3)]


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def blocks(model: keras.Model) -> list[tuple[int, ...]]:
    """Shape [H, W, C] after each block."""
    return [tuple(layer.output.shape[1:]) for layer in model.layers if layer.name.endswith("_sum")]


@pytest.mark.parametrize("shape", SHAPES)
def test_images_and_logits_of_any_shape(shape: tuple[int, int, int]):
    generator = r3.generator(shape, latent_dim=3, blocks=Blocks(width=2))
    images = generator(1e3 * noise(2, 3), training=False)
    assert images.shape == (2, *shape)
    assert images.dtype == tf.float32
    assert images.numpy().min() == -1.0
    assert images.numpy().max() == 1.0
    logits = r3.discriminator(shape, blocks=Blocks(width=2))(noise(2, *shape))
    assert (logits.shape, logits.dtype) == ((2, 1), tf.float32)
    assert logits[0] != logits[1]


def test_the_discriminator_mirrors_the_generator():
    sizes = Blocks(width=2, depth=2)
    up = blocks(r3.generator((32, 32, 3), blocks=sizes))
    down = blocks(r3.discriminator((32, 32, 3), blocks=sizes))
    stages = [(4, 4, 16), (8, 8, 8), (16, 16, 4), (32, 32, 2)]
    assert up == [stage for stage in stages for _ in range(2)]
    assert down == up[::-1]


@pytest.mark.parametrize(
    ("channels", "group_width", "groups"),
    [(64, 16, 4), (64, 32, 2), (8, 16, 1), (40, 16, 2), (36, 8, 4), (44, 8, 4), (26, 8, 2)],
)
def test_groups_divide_the_channels(channels: int, group_width: int, groups: int):
    assert Blocks(group_width=group_width).groups(channels) == groups


def test_a_block_begins_as_nothing_and_its_kernels_as_fixup_has_them():
    """Deviations sqrt(2 / (1 + 0.2^2) / inputs) * L^(-1/4) of the first two, L blocks in all."""
    model = r3.discriminator((16, 16, 3), blocks=Blocks(width=32, depth=1))
    gain = math.sqrt(2.0 / 1.04) * 3**-0.25
    expand, grouped, reduce = (
        model.get_layer(f"stage_0_block_1_{name}") for name in ("expand", "grouped", "reduce")
    )
    assert expand.kernel.shape == (1, 1, 32, 64)
    assert grouped.kernel.shape == (3, 3, 16, 64)
    assert reduce.kernel.shape == (1, 1, 64, 32)
    assert expand.kernel.numpy().std() == pytest.approx(gain / math.sqrt(32), rel=0.1)
    assert grouped.kernel.numpy().std() == pytest.approx(gain / math.sqrt(9 * 16), rel=0.05)
    assert not reduce.kernel.numpy().any()
    assert not reduce.use_bias
    images = noise(2, 16, 16, 3)
    first, last = (
        keras.Model(model.inputs, model.get_layer(name).output)(images)
        for name in ("conv", "stage_0_block_1_sum")
    )
    np.testing.assert_array_equal(first, last)


def test_a_block_is_the_sum_of_its_branches():
    """By hand: each group of the 3x3 convolution sees its own channels."""
    model = r3.discriminator((8, 8, 1), blocks=Blocks(width=2, expansion=4, group_width=4))
    names = [f"stage_0_block_1_{name}" for name in ("expand", "grouped", "reduce")]
    random = np.random.default_rng(1)
    for name in names:
        for variable in model.get_layer(name).weights:
            variable.assign(random.normal(size=variable.shape))
    expand, grouped, reduce = (model.get_layer(name) for name in names)
    assert grouped.groups == 2
    x = keras.Model(model.inputs, model.get_layer("conv").output)(noise(2, 8, 8, 1))
    y = tf.nn.leaky_relu(tf.nn.conv2d(x, expand.kernel, 1, "SAME") + expand.bias, 0.2)
    parts = zip(tf.split(y, 2, -1), tf.split(grouped.kernel.value, 2, -1), strict=True)
    y = tf.concat([tf.nn.conv2d(each, kernel, 1, "SAME") for each, kernel in parts], -1)
    y = tf.nn.conv2d(tf.nn.leaky_relu(y + grouped.bias, 0.2), reduce.kernel, 1, "SAME")
    found = keras.Model(model.inputs, model.get_layer("stage_0_block_1_sum").output)
    np.testing.assert_allclose(found(noise(2, 8, 8, 1)), x + y, rtol=1e-4, atol=1e-4)


def test_a_basis_is_an_image_for_each_channel_and_its_products():
    numbers, features = noise(2, 5), noise(2, 3, 4, 5)
    basis, products = Basis(3, 4), BasisProducts()
    basis.build((None, 5))
    products.build((None, 3, 4, 5))
    np.testing.assert_allclose(
        basis(numbers), numbers[:, None, None, :] * basis.images.numpy(), rtol=1e-6
    )
    np.testing.assert_allclose(
        products(features), (features * products.images.numpy()).sum((1, 2)), atol=1e-5
    )
    assert basis.images.shape == products.images.shape == (3, 4, 5)


def test_penalties_have_the_second_derivatives_of_differences():
    """Through grouped convolutions and resampling."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        whole = r3.discriminator((8, 8, 1), blocks=Blocks(width=2, group_width=2))
        model = keras.Model(whole.inputs, whole.get_layer("basis").input)
        images = tf.constant(np.random.default_rng(0).normal(size=(2, 8, 8, 1)))
        for variable in model.trainable_variables:
            variable.assign(0.5 * np.random.default_rng(1).normal(size=variable.shape))
    finally:
        keras.config.set_dtype_policy(before)

    def penalty() -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(images)
            total = tf.reduce_sum(tf.square(model(images)))
        return tf.reduce_sum(tf.square(tape.gradient(total, images)))

    with tf.GradientTape() as tape:
        value = penalty()
    gradients = tape.gradient(value, model.trainable_variables)
    found = [each for each in gradients if each is not None]
    random = np.random.default_rng(2)
    directions = [random.normal(size=each.shape) for each in model.trainable_variables]
    slope = sum(
        float(tf.reduce_sum(gradient * direction))
        for gradient, direction in zip(gradients, directions, strict=True)
        if gradient is not None
    )
    assert len(found) > 5
    starts, values = [each.numpy() for each in model.trainable_variables], []
    for sign in (1e-4, -1e-4):  # Keras makes float32 of any input
        for variable, start, way in zip(model.trainable_variables, starts, directions, strict=True):
            variable.assign(start + sign * way)
        values.append(float(penalty()))
    assert slope == pytest.approx((values[0] - values[1]) / 2e-4, rel=1e-3)


def test_images_are_bound_in_inference_mode_alone():
    images, layer = np.array([[-3.0, -0.5, 2.0]], np.float32), InRange()
    np.testing.assert_array_equal(layer(images, training=True), images)
    np.testing.assert_array_equal(layer(images, training=False), [[-1.0, -0.5, 1.0]])


def test_a_class_reaches_images_and_logits():
    sizes = Blocks(width=2)
    generator = r3.generator((8, 8, 1), latent_dim=3, blocks=sizes, num_classes=2)
    discriminator = r3.discriminator((8, 8, 1), blocks=sizes, embedding_dim=5, num_classes=2)
    images, labels = noise(2, 8, 8, 1), np.array([1, 0])
    same = np.repeat(noise(1, 3), 2, axis=0)
    first, second = generator([same, labels]).numpy()
    assert np.abs(first - second).max() > 1e-4
    features = keras.Model(discriminator.inputs, discriminator.get_layer("features").output)
    phi = features([images, labels]).numpy()
    vectors = discriminator.get_layer("embedding").vectors.numpy()[labels]
    assert phi.shape == (2, 5)
    np.testing.assert_allclose(
        discriminator([images, labels])[:, 0], (phi * vectors).sum(axis=1), rtol=1e-4, atol=1e-6
    )


def test_names_of_the_smallest_pair():
    """Checkpoints are keyed by these: a new name loses old runs."""
    sizes = Blocks(width=2)
    parts = [
        f"stage_{stage}_block_1_{part}"
        for stage in (0, 1)
        for part in ("expand", "grouped", "reduce")
    ]
    for model, others in (
        (r3.generator((8, 8, 1), blocks=sizes), {"dense", "basis", "stage_1_channels", "conv"}),
        (
            r3.discriminator((8, 8, 1), blocks=sizes),
            {"conv", "stage_1_channels", "basis", "logits"},
        ),
    ):
        assert {layer.name for layer in model.layers if layer.weights} == {*parts, *others}
