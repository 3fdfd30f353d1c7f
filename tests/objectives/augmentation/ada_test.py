"""Adaptive augmentation: each change against SciPy, the probability against hand computation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage
from scipy.spatial.transform import Rotation

from gan_cli.base.randomness import Noise
from gan_cli.config.schema import Augment
from gan_cli.objectives.augmentation import ada
from gan_cli.objectives.augmentation.affine import product, warp
from gan_cli.objectives.augmentation.random_affine import COLOURS, OF_RGB, PLACES, Draws
from gan_cli.objectives.losses import LOSSES
from gan_cli.objectives.terms import Comparison, Output
from tests.objectives.toys import context

ALL = [
    "flip",
    "quarter_turns",
    "translation",
    "scale",
    "rotation",
    "anisotropic_scale",
    "fractional_translation",
    "brightness",
    "contrast",
    "luma_flip",
    "hue",
    "saturation",
]
GEOMETRY, COLOUR = ALL[:7], ALL[7:]
SHAPES = [(8, 28, 28, 1), (8, 32, 32, 3), (8, 48, 64, 3), (4, 3, 16, 12, 3)]
START = Noise(0, 0)


def images(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def changed(
    batch: np.ndarray, changes: Sequence[str], probability: float = 1.0, noise: Noise = START
) -> np.ndarray:
    given = tf.constant(batch), changes, tf.constant(probability), noise
    return np.asarray(ada.changed(*given))


class Known(Noise):
    """Draws that are all the same: uniform ones, and normal ones."""

    def uniform(self, stream: str, shape: tuple[int, ...]) -> tf.Tensor:
        return tf.fill(shape, 0.0 if stream.endswith("chosen") else self.value)

    def normal(self, stream: str, shape: tuple[int, ...]) -> tf.Tensor:
        return tf.fill(shape, self.value)


def known(value: float) -> Known:
    noise = Known(0, 0)
    object.__setattr__(noise, "value", value)
    return noise


def test_the_tables_hold_the_changes_of_the_schema() -> None:
    of_schema = get_args(get_args(get_type_hints(Augment)["ada"])[0])
    assert list(of_schema) == list(dict.fromkeys(name for name, _ in PLACES + COLOURS)) == ALL


@pytest.mark.parametrize("shape", SHAPES)
def test_at_0_images_stay_to_the_bit_and_at_1_all_change(shape: tuple[int, ...]) -> None:
    batch = images(*shape)
    assert changed(batch, ALL, 0.0).tobytes() == batch.tobytes()
    result = changed(batch, ALL, 1.0)
    assert result.shape == shape
    assert result.dtype == np.float32
    assert np.isfinite(result).all()
    assert np.any(result != batch, axis=tuple(range(1, len(shape)))).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_changes_of_places_keep_the_range(shape: tuple[int, ...]) -> None:
    """Up to the rounding of weights that sum to 1."""
    result = changed(images(*shape), GEOMETRY)
    assert np.abs(result).max() <= 1.0 + 1e-6
    ones = changed(np.ones(shape, np.float32), GEOMETRY)
    np.testing.assert_allclose(ones, 1.0, atol=1e-6)


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_a_share_p_of_images_changes(probability: float) -> None:
    """Standard error of 4,000 images 0.007; of a flip half of the chosen ones look as before."""
    batch = images(1, 6, 6, 3).repeat(4000, 0)
    for name in ALL:
        moved = np.any(changed(batch, [name], probability) != batch, axis=(1, 2, 3)).mean()
        same = {"flip": 1 / 2, "luma_flip": 1 / 2, "quarter_turns": 1 / 4, "translation": 1 / 9}
        expected = probability * (1 - same.get(name, 0.0))
        if name == "translation":  # round(0.75 u): 0 for two thirds of the draws of each axis
            expected = probability * (1 - (2 / 3) ** 2)
        assert moved == pytest.approx(expected, abs=0.03), name


def test_changes_are_independent_of_each_other_and_of_other_noise() -> None:
    batch = images(1, 6, 6, 3).repeat(4000, 0)
    flipped = np.any(changed(batch, ["flip"], 0.5) != batch, axis=(1, 2, 3))
    brighter = np.any(changed(batch, ["brightness"], 0.5) != batch, axis=(1, 2, 3))
    assert abs(np.corrcoef(flipped, brighter)[0, 1]) < 0.06  # standard error 0.016
    first = changed(batch[:8], ALL, noise=Noise(1, 2))
    np.testing.assert_array_equal(changed(batch[:8], ALL, noise=Noise(1, 2)), first)
    for other in (Noise(1, 3), Noise(2, 2), Noise(1, 2).branch("fake")):
        assert np.any(changed(batch[:8], ALL, noise=other) != first)


def of_scipy(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """A warp by SciPy, whose coordinates are (row, column) from the corner."""
    swapped = matrix[[1, 0]][:, [1, 0, 2]]
    centre = (np.array(image.shape[:2]) - 1) / 2
    offset = swapped[:, 2] + centre - swapped[:, :2] @ centre
    channels = [
        ndimage.affine_transform(channel, swapped[:, :2], offset, order=1, mode="mirror")
        for channel in np.moveaxis(image.astype(np.float64), -1, 0)
    ]
    return np.stack(channels, axis=-1)


@pytest.mark.parametrize("shape", [(3, 9, 9, 1), (3, 12, 17, 3)])
def test_a_warp_is_that_of_scipy(shape: tuple[int, ...]) -> None:
    batch, random = images(*shape), np.random.default_rng(1)
    rows = random.normal(size=(3, 2, 3)) * [1.0, 1.0, 5.0]
    matrices = np.concatenate([rows, np.tile([[[0.0, 0.0, 1.0]]], (3, 1, 1))], axis=1)
    result = warp(tf.constant(batch), tf.constant(matrices, tf.float32)).numpy()
    for image, matrix, found in zip(batch, matrices, result, strict=True):
        np.testing.assert_allclose(found, of_scipy(image, matrix), atol=1e-4)


def draws(value: float, height: int = 9, width: int = 13) -> Draws:
    return Draws(known(value), 2, tf.constant(1.0), height, width)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("flip", 0.7, lambda image: image[:, ::-1]),
        ("flip", 0.3, lambda image: image),
        ("quarter_turns", 0.3, lambda image: np.rot90(image, 1)),
        ("quarter_turns", 0.6, lambda image: np.rot90(image, 2)),
        ("quarter_turns", 0.9, lambda image: np.rot90(image, 3)),
        # u = 0.9 is 0.8 of an eighth of 17 pixels, 1.7: two; reflected at the outermost pixels
        ("translation", 0.9, lambda image: np.pad(image, ((2, 0), (2, 0), (0, 0)), "reflect")),
    ],
)
def test_pixels_are_moved_exactly(name: str, value: float, expected: Any) -> None:
    batch = images(2, 17, 17, 3)
    result = changed(batch, [name], noise=known(value))
    for image, found in zip(batch, result, strict=True):
        np.testing.assert_array_equal(found, expected(image)[:17, :17])


def radians(share: float) -> np.ndarray:
    cosine, sine = np.cos(np.pi * share), np.sin(np.pi * share)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0]])


@pytest.mark.parametrize(
    ("name", "value", "matrix"),
    [
        ("scale", 1.5, [[2**-0.3, 0, 0], [0, 2**-0.3, 0]]),
        ("anisotropic_scale", -1.0, [[2**0.2, 0, 0], [0, 2**-0.2, 0]]),
        ("fractional_translation", 0.3, [[1, 0, -0.3 * 13 / 8], [0, 1, -0.3 * 9 / 8]]),
        # two turns by 0.2 pi each, u = 0.6 being 0.2 of the way to either side
        ("rotation", 0.6, radians(0.4)),
    ],
)
def test_changes_of_places_against_scipy(name: str, value: float, matrix: Any) -> None:
    batch = images(2, 9, 13, 3)
    result = changed(batch, [name], noise=known(value))
    for image, found in zip(batch, result, strict=True):
        np.testing.assert_allclose(found, of_scipy(image, np.array(matrix)), atol=1e-5)


AXIS = np.ones(3) / np.sqrt(3)


def along(colours: np.ndarray) -> np.ndarray:
    """The grey part of colours."""
    return (colours @ AXIS)[..., None] * AXIS


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("brightness", 1.5, lambda c: c + 0.3),
        ("contrast", -1.0, lambda c: c * 2**-0.5),
        ("luma_flip", 0.7, lambda c: c - 2 * along(c)),
        ("luma_flip", 0.2, lambda c: c),
        ("hue", 0.6, lambda c: Rotation.from_rotvec(0.2 * np.pi * AXIS).apply(c)),
        ("saturation", 1.0, lambda c: along(c) + 2 * (c - along(c))),
        ("saturation", -2.0, lambda c: along(c) + (c - along(c)) / 4),
    ],
)
def test_changes_of_colours_by_hand_and_scipy(name: str, value: float, expected: Any) -> None:
    batch = images(2, 4, 5, 3)
    result = changed(batch, [name], noise=known(value))
    colours = batch.astype(np.float64).reshape(-1, 3)
    np.testing.assert_allclose(result.reshape(-1, 3), expected(colours), atol=1e-5)


def test_grey_images_have_brightness_contrast_and_luma_alone() -> None:
    """(g * 2^0.5) + 0.2, and then its negative: in the order of the paper."""
    grey = images(2, 4, 5, 1)
    for name in OF_RGB:
        np.testing.assert_array_equal(changed(grey, [name]), grey)
    noise = known(0.7)
    expected = -((grey + 0.2 * 0.7) * 2 ** (0.5 * 0.7))
    found = changed(grey, ["brightness", "contrast", "luma_flip"], noise=noise)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    coloured = changed(grey.repeat(3, -1), COLOUR, noise=noise)
    np.testing.assert_allclose(coloured, expected.repeat(3, -1), atol=1e-5)


def test_places_change_in_the_order_of_the_paper() -> None:
    """Turned first and moved then: the quarter turn does not turn the way."""
    batch = images(2, 17, 17, 3)
    result = changed(batch, ["translation", "quarter_turns"], noise=known(0.9))
    for image, found in zip(batch, result, strict=True):
        moved = np.pad(np.rot90(image, 3), ((2, 0), (2, 0), (0, 0)), "reflect")[:17, :17]
        np.testing.assert_allclose(found, moved, atol=1e-6)


def test_matrices_are_multiplied_as_numpy_does() -> None:
    first, second = images(4, 3, 3), images(4, 3, 3, seed=1)
    np.testing.assert_allclose(product(first, second), first @ second, rtol=1e-4, atol=1e-6)


def test_frames_of_a_sequence_change_alike() -> None:
    sequences = images(6, 1, 16, 12, 3).repeat(3, 1)
    result = changed(sequences, ALL)
    np.testing.assert_array_equal(result, result[:, :1].repeat(3, 1))
    np.testing.assert_allclose(result[:, 0], changed(sequences[:, 0], ALL), atol=1e-6)


def test_gradients_are_those_of_a_linear_map() -> None:
    """<T'(w), v> = <w, T v> - <w, T 0>, where TensorFlow's own transform has the inverse map for
    T'; and the same again for the second derivatives.
    """
    batch, weights = tf.constant(images(3, 8, 11, 3)), tf.constant(images(3, 8, 11, 3, seed=1))
    direction = tf.constant(images(3, 8, 11, 3, seed=2))

    def transform(given: tf.Tensor) -> tf.Tensor:
        return ada.changed(given, ALL, tf.constant(1.0), Noise(0, 1))

    with tf.GradientTape() as outer:
        outer.watch(batch)
        with tf.GradientTape() as inner:
            inner.watch(batch)
            result = transform(batch)
            total = tf.reduce_sum(weights * result) + 0.5 * tf.reduce_sum(tf.square(result))
        gradient = inner.gradient(total, batch)
        slope = tf.reduce_sum(gradient * direction)
    hessian = outer.gradient(slope, batch)
    linear = transform(direction) - transform(tf.zeros_like(direction))
    assert float(slope) == pytest.approx(
        float(tf.reduce_sum((weights + result) * linear)), rel=1e-4
    )
    assert float(tf.reduce_sum(hessian * direction)) == pytest.approx(
        float(tf.reduce_sum(tf.square(linear))), rel=1e-4
    )


@pytest.mark.parametrize("shape", [(3, 11, 9, 3), (3, 2, 8, 8, 1)])
def test_xla_compiles_it(shape: tuple[int, ...]) -> None:
    """With given draws: XLA has its own."""
    compiled = tf.function(
        lambda batch: ada.changed(batch, ALL, tf.constant(1.0), known(0.3)),
        autograph=False,
        jit_compile=True,
    )
    batch = images(*shape)
    result = compiled(tf.constant(batch)).numpy()
    np.testing.assert_allclose(result, changed(batch, ALL, noise=known(0.3)), atol=1e-4)


def comparison(real: Sequence[float], fake: Sequence[float]) -> Comparison:
    of_real, of_fake = (Output(tf.constant(each)[:, None]) for each in (real, fake))
    nothing = tf.zeros([len(real), 8, 8, 1])
    return Comparison(nothing, nothing, of_real, of_fake, None, lambda x: x)


def seen(real: Sequence[float], fake: Sequence[float]) -> dict[str, Comparison]:
    return {"discriminator": comparison(real, fake)}


def steering(loss: str = "hinge", **options: Any) -> ada.Adaptive:
    """Four images an update; every second update p moves by 2 * 4 / 80 = 0.1."""
    settings = {"ada": ["flip"], "ada_interval": 2, "ada_images": 80, **options}
    steered = ada.adaptive(Augment(**settings), loss, 4)
    assert steered is not None
    return steered


def test_nothing_asked_for_nothing_steered() -> None:
    assert ada.adaptive(Augment(), "hinge", 4) is None


def test_p_follows_the_measure_by_hand() -> None:
    """Of 4 real images 4 and 3 above 0 are (1 + 0.5) / 2 = 0.75 > 0.6; 3 and 3 are 0.5 < 0.6."""
    steered = steering()
    high, middle, low = [1.0, 2, 3, 4], [1.0, 2, 3, -4], [-1.0, -2, 3, -4]
    updates = [high, middle, high, high, middle, middle, low, low, low, high]
    found = [
        {key: float(value) for key, value in steered.observe(seen(real, low), context(i)).items()}
        for i, real in enumerate(updates)
    ]
    measures = [1.0, 0.5, 1.0, 1.0, 0.5, 0.5, -0.5, -0.5, -0.5, 1.0]
    assert [each["ada_r"] for each in found] == measures
    expected = [0.0, 0.0, 0.1, 0.1, 0.2, 0.2, 0.1, 0.1, 0.0, 0.0]  # below 0 it does not go
    assert [each["ada_p"] for each in found] == pytest.approx(expected)


def test_p_goes_to_1_in_as_many_images_and_no_further() -> None:
    steered = steering()
    for update in range(30):
        logs = steered.observe(seen([1.0] * 4, [0.0] * 4), context(update))
        assert float(logs["ada_p"]) == pytest.approx(min(1.0, 0.1 * (update // 2)), abs=1e-5)
        assert float(logs["ada_p"]) <= 1.0


@pytest.mark.parametrize(("target", "expected"), [(0.4, 0.1), (0.6, 0.0), (0.5, 0.0)])
def test_the_target_is_met_from_either_side(target: float, expected: float) -> None:
    """A measure of 0.5 is above 0.4, below 0.6, and at 0.5 p stays."""
    steered = steering(ada_target=target, ada_interval=1, ada_images=40)
    steered.observe(seen([1.0, 1.0, 1.0, -1.0], [0.0] * 4), context(0))
    assert float(steered.variables["ada_probability"]) == pytest.approx(expected)


def test_the_measure_counts_from_the_boundary_of_the_loss() -> None:
    """0 or 1/2; of a loss that knows differences alone, from the fake image of the pair."""
    real, fake = [0.4, 0.6, -3.0, 7.0], [0.5, 0.5, -4.0, 8.0]
    expected = {"hinge": 0.5, "least_squares": 0.0, "wasserstein": 0.0, "minimax": 0.5}
    for loss, measure in expected.items():
        logs = steering(loss).observe(seen(real, fake), context(0))
        assert float(logs["ada_r"]) == measure, loss
    moved = [value + 100.0 for value in real], [value + 100.0 for value in fake]
    for loss in (each for each in LOSSES if LOSSES[each].boundary is None):
        found = [
            float(steering(loss).observe(seen(*each), context(0))["ada_r"])
            for each in ((real, fake), moved)
        ]
        assert found[0] == found[1], loss


def test_of_several_discriminators_it_is_the_mean() -> None:
    both = {
        "discriminator_1": comparison([1.0] * 4, [0.0] * 4),
        "discriminator_2": comparison([1.0, 1.0, 1.0, -1.0], [0.0] * 4),
    }
    assert float(steering().observe(both, context(0))["ada_r"]) == 0.75


def test_images_are_changed_by_the_probability_that_is_state() -> None:
    steered, batch = steering(), tf.constant(images(64, 8, 8, 1))
    np.testing.assert_array_equal(steered(batch, START), batch)
    steered.variables["ada_probability"].assign(1.0)
    expected = changed(batch.numpy(), ["flip"])
    np.testing.assert_array_equal(steered(batch, START), expected)
    assert 0.2 < np.any(expected != batch, axis=(1, 2, 3)).mean() < 0.8


def test_the_preview_is_what_the_first_steps_would_see_at_1() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)
    copies = ada.preview(ALL, pixels, seed=4, copies=2)
    for step, copy in enumerate(copies):
        real = changed(pixels.astype(np.float32) / 127.5 - 1.0, ALL, noise=Noise(4, step))
        np.testing.assert_array_equal(copy, np.rint((real.clip(-1, 1) + 1.0) * 127.5))
