"""Augmentation against NumPy and numbers worked out by hand: geometry, colour, draws, shapes and
range.
"""

import math

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.config.schema import Augment
from gan_cli.data.pipeline import augment

ALL = Augment(
    horizontal_flip=True,
    vertical_flip=True,
    rotation=30.0,
    crop=0.6,
    brightness=0.3,
    contrast=0.5,
    saturation=0.8,
    hue=90.0,
)
EACH = [
    {"horizontal_flip": True},
    {"vertical_flip": True},
    {"rotation": 30.0},
    {"crop": 0.6},
    {"brightness": 0.3},
    {"contrast": 0.5},
    {"saturation": 0.8},
    {"hue": 90.0},
]
RED, GREY = (1.0, -1.0, -1.0), (0.25, 0.25, 0.25)


def images(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def augmented(batch: np.ndarray, options: Augment, seed: int = 0, step: int = 0) -> np.ndarray:
    return augment.build(options)(tf.constant(batch), Noise(seed, step)).numpy()


def resampled(
    batch: np.ndarray, degrees: float = 0.0, share: float = 1.0, left: float = 0.0, top: float = 0.0
) -> np.ndarray:
    values = [tf.fill((len(batch),), value) for value in (math.radians(degrees), share, left, top)]
    return augment.resample(tf.constant(batch), *values).numpy()


def ramps(height: int, width: int) -> np.ndarray:
    """One image [1, H, W, 2] whose channels hold the column and the row of each pixel."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return np.stack([columns, rows], axis=-1)[None]


def pixel(*colour: float) -> tf.Tensor:
    return tf.reshape(tf.constant(colour, tf.float32), (1, 1, 1, len(colour)))


def luma(colours: np.ndarray) -> np.ndarray:
    return colours @ np.array([0.299, 0.587, 0.114])


def hue_angle(red: float, green: float, blue: float) -> float:
    """Degrees of the chroma in the plane of U = 0.492 (B - Y) and V = 0.877 (R - Y), that of I and
    Q in other axes.
    """
    grey = luma(np.array([red, green, blue]))
    return math.degrees(math.atan2(0.877283 * (red - grey), 0.492111 * (blue - grey)))


@pytest.mark.parametrize("shape", [(4, 8, 9, 1), (4, 8, 9, 3), (4, 5, 8, 9, 3)])
def test_nothing_switched_on_gives_the_very_same_tensor(shape: tuple[int, ...]):
    batch = tf.constant(images(*shape))
    assert augment.build(Augment())(batch, Noise(0, 0)) is batch


@pytest.mark.parametrize(("option", "axis"), [("horizontal_flip", 2), ("vertical_flip", 1)])
def test_flips_mirror_about_half_of_the_images_exactly(option: str, axis: int):
    batch = images(2000, 3, 4, 1)
    changed = augmented(batch, Augment(**{option: True}))
    flipped = np.all(changed == np.flip(batch, axis), axis=(1, 2, 3))
    kept = np.all(changed == batch, axis=(1, 2, 3))
    assert np.all(flipped ^ kept)
    assert 0.45 < flipped.mean() < 0.55  # standard error 0.011


def test_the_two_flips_are_independent():
    changed = augmented(
        ramps(3, 4).repeat(2000, 0) / 9, Augment(horizontal_flip=True, vertical_flip=True)
    )
    both = np.all(changed[:, 0, 0] > 0, axis=-1)
    assert 0.21 < both.mean() < 0.29  # standard error 0.01


@pytest.mark.parametrize("turns", [-1, 0, 1, 2, 3])
@pytest.mark.parametrize("side", [8, 9])
def test_quarter_turns_of_a_square_are_those_of_numpy(side: int, turns: int):
    batch = images(2, side, side, 3)
    np.testing.assert_allclose(
        resampled(batch, 90.0 * turns), np.rot90(batch, turns, axes=(1, 2)), atol=1e-5
    )


@pytest.mark.parametrize(("height", "width"), [(5, 9), (8, 4)])
def test_a_quarter_turn_of_an_oblong_is_filled_by_reflection(height: int, width: int):
    batch, long = images(1, height, width, 1), max(height, width)
    missing = [(0, 0), *[((long - side) // 2,) * 2 for side in (height, width)], (0, 0)]
    turned = np.rot90(np.pad(batch, missing, mode="symmetric"), axes=(1, 2))
    top, left = (long - height) // 2, (long - width) // 2
    np.testing.assert_allclose(
        resampled(batch, 90.0), turned[:, top : top + height, left : left + width], atol=1e-5
    )


def test_a_half_turn_of_an_oblong_is_exact():
    batch = images(1, 8, 11, 3)
    np.testing.assert_allclose(resampled(batch, 180.0), batch[:, ::-1, ::-1], atol=1e-5)


def test_a_small_turn_keeps_the_centre_and_goes_counter_clockwise():
    """By 30 degrees, what is 3 pixels right of the centre moves up: to (3 cos 30, -3 sin 30) from
    it.
    """
    changed = resampled(ramps(21, 31), 30.0)[0]
    np.testing.assert_allclose(changed[10, 15], (15, 10), atol=1e-4)
    np.testing.assert_allclose(
        changed[10, 18], (15 + 3 * math.cos(math.radians(30)), 10 + 1.5), atol=1e-4
    )
    np.testing.assert_allclose(
        changed[8, 15], (15 + 1.0, 10 - 2 * math.cos(math.radians(30))), atol=1e-4
    )


def test_a_turn_leaves_no_black_corners():
    bright = np.full((3, 8, 12, 1), 0.75, np.float32)
    for degrees in (10.0, 45.0, 90.0, 135.0):
        np.testing.assert_allclose(
            resampled(bright, degrees, share=0.7, left=1.0, top=0.0), bright, atol=1e-6
        )


@pytest.mark.parametrize(
    ("left", "top"), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.5, 0.5), (0.3, 0.9)]
)
def test_a_crop_shows_its_window_at_the_right_scale(left: float, top: float):
    """An enlarged ramp has share times its slope, and begins where the window lies, up to the far
    edges.
    """
    changed = resampled(ramps(9, 17), share=0.75, left=left, top=top)[0]
    expected = ramps(9, 17)[0] * 0.75 + 0.25 * np.array([left * 16, top * 8])
    np.testing.assert_allclose(changed, expected, atol=1e-4)


def test_a_crop_of_everything_changes_nothing():
    batch = images(2, 8, 11, 3)
    np.testing.assert_allclose(resampled(batch, share=1.0, left=0.7, top=0.2), batch, atol=1e-6)


def test_a_window_is_turned_about_its_own_centre():
    changed = resampled(ramps(21, 21), 45.0, share=0.5, left=0.25, top=0.5)[0]
    np.testing.assert_allclose(changed[10, 10], (10 - 0.25 * 10, 10), atol=1e-4)
    np.testing.assert_allclose(
        changed[10, 14], (7.5 + 2 * math.sqrt(0.5), 10 + 2 * math.sqrt(0.5)), atol=1e-4
    )


def test_random_crops_fill_the_allowed_sizes_and_places():
    batch = ramps(9, 17).repeat(4000, 0) / 16
    changed = augmented(batch, Augment(crop=0.6)) * 16
    first, last = changed[:, 0, 0], changed[:, -1, -1]
    assert first.min() >= -1e-4
    assert np.all(last <= np.array([16, 8]) + 1e-4)
    shares = (last - first) / np.array([16, 8])
    np.testing.assert_allclose(shares[:, 0], shares[:, 1], atol=1e-4)
    assert 0.6 <= shares.min() + 1e-5 < 0.61
    assert 0.99 < shares.max() <= 1.0 + 1e-5
    assert 0.79 < shares.mean() < 0.81  # standard error 0.002
    places = first / (np.array([16, 8]) * (1 - shares) + 1e-9)
    assert np.all(np.abs(places[shares[:, 0] < 0.95].mean(0) - 0.5) < 0.03)  # standard error 0.005
    assert -0.06 < np.corrcoef(places[shares[:, 0] < 0.95].T)[0, 1] < 0.06


def test_random_turns_reach_both_ways_up_to_the_angle():
    changed = augmented(ramps(21, 21).repeat(2000, 0) / 20, Augment(rotation=20.0)) * 20
    across, down = (changed[:, 10, 14] - changed[:, 10, 10]).T
    angles = np.degrees(np.arctan2(down, across))
    assert -20.001 < angles.min() < -19.8
    assert 19.8 < angles.max() < 20.001
    assert -1.0 < angles.mean() < 1.0  # standard error 0.26


def test_brightness_adds():
    changed = augment.brighten(
        tf.reshape([0.1, -0.4], (2, 1, 1, 1)), tf.constant([0.2, -0.3])
    ).numpy()
    np.testing.assert_allclose(changed.ravel(), [0.3, -0.7], atol=1e-6)


def test_brightness_reaches_its_share_of_the_range():
    changed = augmented(np.zeros((2000, 2, 2, 1), np.float32), Augment(brightness=0.3))
    assert -0.6 <= changed.min() < -0.595
    assert 0.595 < changed.max() <= 0.6
    assert -0.04 < changed.mean() < 0.04  # standard error 0.008


def test_contrast_scales_about_the_mean_of_the_item():
    batch = tf.reshape([0.0, 0.2, 0.4, 0.6, -0.5, 0.5, -0.5, 0.5], (2, 1, 4, 1))
    changed = augment.stretch_contrast(batch, tf.constant([0.5, -1.0])).numpy()
    np.testing.assert_allclose(changed.ravel(), [-0.15, 0.15, 0.45, 0.75, 0, 0, 0, 0], atol=1e-6)


def test_contrast_keeps_the_brightness_of_frames_apart():
    """The mean is that of the sequence, so that all frames go through one and the same map of
    values.
    """
    batch = tf.reshape([0.0, 0.2, 0.4, 0.6], (1, 2, 1, 2, 1))
    changed = augment.stretch_contrast(batch, tf.constant([1.0])).numpy()
    np.testing.assert_allclose(changed.ravel(), [-0.3, 0.1, 0.5, 0.9], atol=1e-6)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (-1.0, (-0.402, -0.402, -0.402)),  # luma of red: 0.299 - 0.587 - 0.114
        (-0.5, (0.299, -0.701, -0.701)),
        (0.0, RED),
        (0.5, (1.701, -1.299, -1.299)),
    ],
)
def test_saturation_scales_the_distance_from_grey(amount: float, expected: tuple[float, ...]):
    np.testing.assert_allclose(
        augment.saturate(pixel(*RED), tf.constant([amount])).numpy().ravel(), expected, atol=1e-6
    )


@pytest.mark.parametrize("degrees", [-170.0, -30.0, 45.0, 120.0])
def test_hue_turns_the_chroma_and_keeps_luma_and_strength(degrees: float):
    changed = augment.turn_hue(pixel(*RED), tf.constant([math.radians(degrees)])).numpy().ravel()
    assert luma(changed) == pytest.approx(luma(np.array(RED)), abs=1e-5)
    turned = (hue_angle(*RED) - hue_angle(*changed) - degrees + 180) % 360 - 180
    assert turned == pytest.approx(0.0, abs=0.1)  # the published coefficients have four digits


def test_hue_by_numbers():
    """Half a turn negates the chroma: 2 luma - colour. A quarter turn of (I, Q) = (1.1918, 0.423)
    is (-0.423, 1.1918).
    """
    half = augment.turn_hue(pixel(*RED), tf.constant([math.pi])).numpy().ravel()
    np.testing.assert_allclose(half, (-1.804, 0.196, 0.196), atol=1e-5)
    quarter = augment.turn_hue(pixel(*RED), tf.constant([math.pi / 2])).numpy().ravel()
    expected = tf.image.yiq_to_rgb(tf.constant([-0.402, -0.423, 1.1918])).numpy()
    np.testing.assert_allclose(quarter, expected, atol=1e-3)


def test_hue_turns_there_and_back():
    batch = tf.constant(images(3, 4, 5, 3))
    angles = tf.constant([0.5, -2.0, 3.0])
    np.testing.assert_allclose(
        augment.turn_hue(augment.turn_hue(batch, angles), -angles).numpy(), batch.numpy(), atol=1e-5
    )


def test_grey_pixels_keep_their_value_under_saturation_and_hue():
    changed = augmented(
        np.tile(np.array(GREY, np.float32), (64, 2, 2, 1)), Augment(saturation=1.0, hue=180.0)
    )
    np.testing.assert_allclose(changed, 0.25, atol=1e-6)


def test_grey_images_are_left_alone_by_saturation_and_hue():
    batch = tf.constant(images(2, 4, 4, 1))
    assert augment.saturate(batch, tf.constant([0.5, -0.5])) is batch
    assert augment.turn_hue(batch, tf.constant([0.5, -0.5])) is batch


@pytest.mark.parametrize("options", EACH, ids=lambda options: next(iter(options)))
def test_a_change_follows_from_seed_and_step_and_differs_between_images(options: dict):
    batch = images(1, 8, 12, 3).repeat(16, 0)
    first = augmented(batch, Augment(**options), seed=1, step=2)
    np.testing.assert_array_equal(augmented(batch, Augment(**options), seed=1, step=2), first)
    assert np.any(augmented(batch, Augment(**options), seed=1, step=3) != first)
    assert np.any(augmented(batch, Augment(**options), seed=2, step=2) != first)
    assert np.any(first != first[:1])


@pytest.mark.parametrize("options", EACH, ids=lambda options: next(iter(options)))
def test_frames_of_a_sequence_change_alike(options: dict):
    sequences = images(6, 1, 8, 12, 3).repeat(3, 1)
    changed = augmented(sequences, Augment(**options))
    np.testing.assert_array_equal(changed, changed[:, :1].repeat(3, 1))
    single = augmented(sequences[:, 0], Augment(**options))
    np.testing.assert_allclose(changed[:, 0], single, atol=1e-5)
    assert np.any(changed != sequences)


@pytest.mark.parametrize(
    "shape", [(8, 8, 12, 1), (8, 8, 12, 3), (8, 2, 8, 12, 1), (8, 2, 8, 12, 3)]
)
def test_all_at_once_keeps_shape_and_range(shape: tuple[int, ...]):
    changed = augmented(np.sign(images(*shape)), ALL)
    assert changed.shape == shape
    assert changed.dtype == np.float32
    assert changed.min() == -1.0
    assert changed.max() == 1.0


@pytest.mark.parametrize("shape", [(8, 8, 12, 1), (8, 2, 8, 12, 3)])
def test_a_graph_keeps_static_shapes_and_gives_the_values_of_eager(shape: tuple[int, ...]):
    transform = augment.build(ALL)

    @tf.function(
        input_signature=[tf.TensorSpec(shape), tf.TensorSpec([], tf.int64)], autograph=False
    )
    def in_graph(batch: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        changed = transform(batch, Noise(3, step))
        assert changed.shape == shape
        return changed

    batch = images(*shape)
    for step in (0, 1, 2**40):
        np.testing.assert_allclose(
            in_graph(batch, step).numpy(), augmented(batch, ALL, seed=3, step=step), atol=1e-5
        )
    assert in_graph.experimental_get_tracing_count() == 1
