"""Differentiable changes against numbers worked out by hand; draws, shapes and gradients."""

from typing import get_args, get_type_hints

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.config.schema import Augment
from gan_cli.objectives.augmentation import diffaug

ALL = ["color", "translation", "cutout"]
START = Noise(0, 0)


def images(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def changed(batch: np.ndarray, *names: str, noise: Noise = START) -> np.ndarray:
    return diffaug.differentiable(names)(tf.constant(batch), noise).numpy()


def test_the_table_holds_the_changes_of_the_schema():
    of_schema = get_args(get_args(get_type_hints(Augment)["differentiable"])[0])
    assert list(of_schema) == list(diffaug.CHANGES) == ALL


def test_no_change_is_no_function():
    assert diffaug.differentiable([]) is None


def test_saturation_scales_about_the_mean_of_the_channels():
    """Mean of (0.6, 0, -0.3) is 0.1: at 0 grey, at 1 as it was, at 2 twice as far from it."""
    batch = tf.constant(np.tile(np.float32([0.6, 0.0, -0.3]), (3, 1, 1, 1)))
    result = diffaug.saturate(batch, tf.constant([0.0, 1.0, 2.0])).numpy().reshape(3, 3)
    np.testing.assert_allclose(
        result, [[0.1, 0.1, 0.1], [0.6, 0.0, -0.3], [1.1, -0.1, -0.7]], atol=1e-6
    )


def test_grey_images_have_no_saturation():
    batch = images(2, 4, 4, 1)
    np.testing.assert_array_equal(
        diffaug.saturate(tf.constant(batch), tf.constant([0.0, 2.0])).numpy(), batch
    )


@pytest.mark.parametrize(
    ("axis", "pixels", "expected"),
    [
        (-2, 1, [[0, 1, 2], [0, 4, 5]]),
        (-2, -2, [[3, 0, 0], [6, 0, 0]]),
        (-3, 1, [[0, 0, 0], [1, 2, 3]]),
        (-3, -1, [[4, 5, 6], [0, 0, 0]]),
        (-3, 0, [[1, 2, 3], [4, 5, 6]]),
        (-2, 5, [[0, 0, 0], [0, 0, 0]]),
    ],
)
def test_shifts_bring_zeros_in(axis: int, pixels: int, expected: list):
    batch = tf.reshape(tf.range(1.0, 7.0), (1, 2, 3, 1))
    np.testing.assert_array_equal(
        diffaug.shift(batch, tf.constant([pixels]), axis).numpy()[0, ..., 0], expected
    )


@pytest.mark.parametrize("shape", [(3, 5, 6, 2), (3, 4, 5, 6, 2)])
def test_each_item_shifts_by_its_own_amount(shape: tuple[int, ...]):
    batch = images(*shape)
    result = diffaug.shift(tf.constant(batch), tf.constant([1, 0, -2]), -2).numpy()
    np.testing.assert_array_equal(result[0][..., 1:, :], batch[0][..., :-1, :])
    np.testing.assert_array_equal(result[1], batch[1])
    np.testing.assert_array_equal(result[2][..., :-2, :], batch[2][..., 2:, :])
    assert np.all(result[0][..., 0, :] == 0.0)
    assert np.all(result[2][..., -2:, :] == 0.0)


def test_a_cut_is_zeros_in_a_rectangle():
    batch = tf.ones((2, 4, 5, 1))
    result = diffaug.cut(batch, (tf.constant([1, -1]), 2), (tf.constant([3, 0]), 3)).numpy()[..., 0]
    first = [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    second = [[0, 0, 0, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]
    np.testing.assert_array_equal(result, [first, second])


def test_color_fills_the_ranges_of_the_paper():
    """Of an image with one colour per row: brightness from its mean, contrast from its rows,
    saturation within them.
    """
    batch = np.tile(
        np.float32([[0.4, 0.0, -0.1], [0.0, -0.1, -0.2]]).reshape(2, 1, 3), (4000, 1, 1, 1)
    )
    result = changed(batch, "color")
    brightness = result.mean((1, 2, 3)) - batch.mean((1, 2, 3))
    rows = result.mean((2, 3))
    contrast = (rows[:, 0] - rows[:, 1]) / 0.2
    saturation = (result[:, 0, 0, 0] - result[:, 0, 0, 1]) / 0.4 / contrast
    for values, low, high in (
        (brightness, -0.5, 0.5),
        (contrast, 0.5, 1.5),
        (saturation, 0.0, 2.0),
    ):
        width = high - low
        assert low - 1e-4 <= values.min() < low + 0.01 * width
        assert high - 0.01 * width < values.max() <= high + 1e-4
        assert 0.485 < (values.mean() - low) / width < 0.515  # standard error 0.005
        assert 0.28 < values.std() / width < 0.297  # 1 / sqrt(12) = 0.2887
    for one, other in ((brightness, contrast), (brightness, saturation), (contrast, saturation)):
        assert -0.06 < np.corrcoef(one, other)[0, 1] < 0.06  # standard error 0.016


@pytest.mark.parametrize(
    ("height", "width", "down", "right"), [(28, 48, 4, 6), (8, 11, 1, 1), (32, 32, 4, 4)]
)
def test_translation_reaches_an_eighth_of_each_side(height: int, width: int, down: int, right: int):
    """Every whole shift comes, and about as often as the others: 28 / 8 = 3.5 rounds to 4."""
    batch = np.tile(
        1.0 + np.arange(height * width, dtype=np.float32).reshape(height, width, 1), (3000, 1, 1, 1)
    )
    result = changed(batch, "translation")
    values = result[:, height // 2, width // 2, 0] - 1.0  # where the middle pixel came from
    for places, middle, reach in (
        (values // width, height // 2, down),
        (values % width, width // 2, right),
    ):
        shifts, counts = np.unique(middle - places, return_counts=True)
        assert shifts.tolist() == list(range(-reach, reach + 1))
        expected = 3000 / (2 * reach + 1)
        assert np.all(np.abs(counts - expected) < 5 * np.sqrt(expected))
    assert result.min() == 0.0


@pytest.mark.parametrize(("side", "size"), [(8, 4), (10, 5), (28, 14)])
def test_cutout_covers_half_of_each_side_with_its_centre_anywhere_in_the_image(
    side: int, size: int
):
    """An even hole has its centre on one of side + 1 edges between pixels, an odd one on one of
    side pixels.
    """
    holes = changed(np.ones((6000, side, side, 1), np.float32), "cutout")[..., 0] == 0.0
    for across in (1, 2):
        covered = holes.any(axis=across)
        lengths = covered.sum(axis=1)
        assert lengths.max() == size
        assert lengths.min() == (size + 1) // 2  # the centre on the border
        places = side + 1 - size % 2
        expected = 6000 * (places - 2 * (size // 2)) / places
        assert abs((lengths == size).sum() - expected) < 5 * np.sqrt(expected)
    assert np.all(
        holes.sum(axis=(1, 2)) == holes.any(axis=1).sum(axis=1) * holes.any(axis=2).sum(axis=1)
    )  # rectangles


@pytest.mark.parametrize("name", ALL)
def test_a_change_follows_from_the_draws_and_differs_between_images(name: str):
    batch = images(1, 16, 24, 3).repeat(16, 0)
    first = changed(batch, name, noise=Noise(1, 2))
    np.testing.assert_array_equal(changed(batch, name, noise=Noise(1, 2)), first)
    for other in (Noise(1, 3), Noise(2, 2), Noise(1, 2).branch("fake")):
        assert np.any(changed(batch, name, noise=other) != first)
    assert np.any(first != first[:1])


def test_changes_come_in_the_given_order():
    """A hole cut before the colour takes part in it; one that is cut after it is grey."""
    batch = images(8, 16, 16, 3)
    last, first = changed(batch, "color", "cutout"), changed(batch, "cutout", "color")
    assert np.all((last == 0.0).any(axis=(1, 2, 3)))
    assert not np.any(first == 0.0)


@pytest.mark.parametrize("name", ALL)
def test_frames_of_a_sequence_change_alike(name: str):
    sequences = images(6, 1, 16, 12, 3).repeat(3, 1)
    result = changed(sequences, name)
    np.testing.assert_array_equal(result, result[:, :1].repeat(3, 1))
    np.testing.assert_allclose(result[:, 0], changed(sequences[:, 0], name), atol=1e-6)
    assert np.any(result != sequences)


@pytest.mark.slow
@pytest.mark.parametrize(
    "shape", [(8, 28, 28, 1), (8, 48, 64, 3), (8, 11, 9, 3), (4, 2, 32, 32, 3)]
)
def test_a_graph_keeps_static_shapes_and_gives_the_values_and_gradients_of_eager(
    shape: tuple[int, ...],
):
    in_graph = tf.function(values_and_gradients, autograph=False)
    for step in (0, 2**40):
        both = [
            compute(tf.constant(images(*shape)), Noise(3, step))
            for compute in (in_graph, values_and_gradients)
        ]
        for value, of_eager in zip(*both, strict=True):
            assert value.shape == shape
            np.testing.assert_allclose(value, of_eager, atol=1e-4)
        assert np.all(np.any(both[1][1].numpy().reshape(shape[0], -1) != 0.0, axis=1))


@pytest.mark.parametrize("shape", [(3, 11, 9, 3), (3, 2, 8, 8, 1)])
def test_xla_compiles_every_change_and_its_gradients(shape: tuple[int, ...]):
    """With given amounts: XLA has draws of its own."""

    class Given(Noise):
        def uniform(self, stream: str, shape: tuple[int, ...]) -> tf.Tensor:
            return tf.constant(np.random.default_rng(len(stream)).uniform(size=shape), tf.float32)

    compiled = tf.function(
        lambda batch: values_and_gradients(batch, Given(0, 0)), autograph=False, jit_compile=True
    )
    batch = tf.constant(images(*shape))
    for value, of_eager in zip(
        compiled(batch), values_and_gradients(batch, Given(0, 0)), strict=True
    ):
        np.testing.assert_allclose(value, of_eager, atol=1e-4)


def values_and_gradients(batch: tf.Tensor, noise: Noise) -> tuple[tf.Tensor, tf.Tensor]:
    """Changed images, and the gradient of a weighted sum of them to the images."""
    weights = tf.constant(images(*batch.shape, seed=1))
    with tf.GradientTape() as tape:
        tape.watch(batch)
        result = diffaug.differentiable(ALL)(batch, noise)
        total = tf.reduce_sum(weights * result)
    return result, tape.gradient(total, batch)


def test_gradients_by_hand():
    """A linear map of the pixels: what is shifted out or cut has no gradient, what stays has 1."""
    batch, noise = tf.constant(images(5, 16, 16, 1)), Noise(0, 1)
    for name in ("translation", "cutout"):
        transform = diffaug.differentiable([name])
        with tf.GradientTape() as tape:
            tape.watch(batch)
            total = tf.reduce_sum(transform(batch, noise))
        gradient = tape.gradient(total, batch).numpy()
        assert set(np.unique(gradient)) == {0.0, 1.0}
        assert gradient.sum() == pytest.approx(np.sum(transform(tf.ones_like(batch), noise)))
    with tf.GradientTape() as tape:
        tape.watch(batch)
        total = tf.reduce_sum(diffaug.differentiable(["color"])(batch, noise))
    np.testing.assert_allclose(
        tape.gradient(total, batch), 1.0, atol=1e-4
    )  # contrast keeps the mean, brightness adds


def test_second_derivatives_pass_through():
    """Of sum(T(x)^2) / 2, at x along v: with T linear but for brightness, the Hessian times v is
    T'T v.
    """
    transform, noise = diffaug.differentiable(ALL), Noise(0, 1)
    batch, direction = tf.constant(images(3, 8, 8, 3)), tf.constant(images(3, 8, 8, 3, seed=2))
    with tf.GradientTape() as outer:
        outer.watch(batch)
        with tf.GradientTape() as inner:
            inner.watch(batch)
            half_square = 0.5 * tf.reduce_sum(tf.square(transform(batch, noise)))
        slope = tf.reduce_sum(inner.gradient(half_square, batch) * direction)
    hessian = outer.gradient(slope, batch).numpy()
    linear = transform(direction, noise) - transform(tf.zeros_like(direction), noise)
    assert float(np.sum(hessian * direction.numpy())) == pytest.approx(
        float(tf.reduce_sum(tf.square(linear))), rel=1e-4
    )


@pytest.mark.parametrize("shape", [(3, 8, 8, 1), (3, 2, 8, 8, 3)])
def test_the_preview_is_what_the_first_steps_draw(shape: tuple[int, ...]):
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    copies = diffaug.preview(["translation"], pixels, seed=4, copies=2)
    assert [copy.dtype for copy in copies] == [np.uint8] * 2
    for step, copy in enumerate(copies):
        real = pixels.astype(np.float32) / 127.5 - 1.0
        expected = np.rint((changed(real, "translation", noise=Noise(4, step)) + 1.0) * 127.5)
        np.testing.assert_array_equal(copy, expected)
