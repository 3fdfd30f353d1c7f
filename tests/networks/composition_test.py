"""Images pasted together: where a shape is, what it shows, and where the pixels come from."""

from statistics import NormalDist

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.base.images import from_uint8, to_uint8
from gan_cli.networks import composition as module
from gan_cli.networks.composition import MASKS, composition

SHAPE = (8, 12, 1)
MIDDLE = 0.5001


def network(**settings: object) -> keras.Model:
    given = {
        "bank": 4,
        "shapes": 1,
        "min_size": 0.5,
        "max_size": 0.5,
        "kinds": ["rectangle"],
        "background": "image",
    }
    return composition(SHAPE, **(given | settings))


def pictures(count: int = 4) -> np.ndarray:
    """Levels [count, 8, 12, 1]: the hundreds say which image it is, the rest which row and, modulo
    5, which column.
    """
    rows, columns = np.mgrid[:8, :12]
    return np.stack([60 * index + 5 * rows + columns % 5 for index in range(count)])[
        ..., None
    ].astype(np.float32)


def fill(model: keras.Model, levels: np.ndarray) -> float:
    return float(
        model.layers[-1].observe(tf.constant(from_uint8(levels.astype(np.float32))))["bank_filled"]
    )


def made(model: keras.Model, *numbers: list[float]) -> np.ndarray:
    """Levels [B, H, W] of latents whose numbers in (0, 1) are given."""
    latents = [[NormalDist().inv_cdf(number) for number in row] for row in numbers]
    return to_uint8(model(tf.constant(latents, tf.float32)).numpy())[..., 0]


def test_a_rectangle_is_where_the_latent_says_and_shows_what_it_says():
    """Half of the sides: 4 x 6 pixels. From the bottom right of image 3 to the top left of image
    1.
    """
    model = network()
    fill(model, pictures())
    begin, end = 1e-6, 1 - 1e-6
    image = made(model, [0.3, MIDDLE, 0.8, MIDDLE, MIDDLE, begin, begin, end, end])[0]
    expected = pictures()[1, ..., 0].copy()
    expected[:4, :6] = pictures()[3, 4:, 6:, 0]
    np.testing.assert_array_equal(image, expected)


def test_later_shapes_lie_on_earlier_ones():
    model = network(shapes=2, min_size=1.0, max_size=1.0)
    fill(model, pictures())
    shape = [MIDDLE] * 7
    image = made(model, [0.1, MIDDLE, 0.3, *shape[1:], MIDDLE, 0.9, *shape[1:]])[0]
    np.testing.assert_array_equal(image, pictures()[3, ..., 0])


def test_sizes_lie_between_the_smallest_and_the_largest():
    """A white rectangle on black: its rows and columns are those shares of the sides, to a
    pixel.
    """
    model = network(bank=2, min_size=0.25, max_size=0.75)
    fill(model, np.stack([np.zeros(SHAPE), np.full(SHAPE, 255.0)]))
    numbers = np.random.default_rng(0).uniform(0.001, 0.999, (200, 9))
    numbers[:, 0], numbers[:, 2] = 0.25, 0.75
    images = made(model, *numbers.tolist())
    for side, axis in ((8, 2), (12, 1)):
        lengths = (images == 255).any(axis=axis).sum(axis=1)
        assert lengths.min() == pytest.approx(0.25 * side, abs=1)
        assert lengths.max() == pytest.approx(0.75 * side, abs=1)
    assert ((images == 255) | (images == 0)).all()


@pytest.mark.parametrize("kind", MASKS)
def test_the_area_of_a_shape(kind: str):
    """As a share of its square, worked out by hand."""
    areas = {
        "rectangle": 1.0,
        "ellipse": np.pi / 4,
        "triangle": 0.5,
        "diamond": 0.5,
        "ring": np.pi / 4 * 0.75,
        "cross": 5 / 9,
    }
    points = tf.linspace(-1.5, 1.5, 901)
    inside = MASKS[kind](tf.reshape(points, [-1, 1]), tf.reshape(points, [1, -1])).numpy()
    assert inside.mean() * 1.5**2 == pytest.approx(areas[kind], abs=0.01)
    beyond = np.abs(points.numpy()) > 1.0
    assert not inside[beyond].any()
    assert not inside[:, beyond].any()


def test_the_kind_follows_the_latent():
    """The same box: all of it, or its middle row and column of thirds."""
    kinds = ["rectangle", "cross"]
    model = composition(
        (9, 9, 1), bank=2, shapes=1, min_size=1.0, max_size=1.0, kinds=kinds, background="image"
    )
    fill(model, np.stack([np.zeros((9, 9, 1)), np.full((9, 9, 1), 255.0)]))
    rest = [0.75, MIDDLE, MIDDLE, MIDDLE, MIDDLE, MIDDLE, MIDDLE]
    rectangle, cross = made(model, [0.25, 0.4, *rest], [0.25, 0.6, *rest])
    assert (rectangle == 255).all()
    assert (cross == 255).sum() == 81 - 4 * 9
    assert (cross[3:6] == 255).all()
    assert (cross[:3, :3] == 0).all()


def test_every_pixel_comes_from_the_bank():
    """Each value of an image appears in one of the bank's at the distance at which the shape was
    moved.
    """
    levels = np.random.default_rng(1).choice(np.arange(0, 256, 5), (6, *SHAPE))
    model = network(bank=6, shapes=3, kinds=list(MASKS))
    fill(model, levels)
    images = model(tf.random.stateless_normal([50, 25], [0, 0])).numpy()
    assert set(np.unique(to_uint8(images))) <= set(np.unique(levels))
    backgrounds = (
        (images[:, None] == from_uint8(levels.astype(np.float32))[None])
        .mean(axis=(2, 3, 4))
        .max(axis=1)
    )
    assert 0.2 < backgrounds.min() < 0.9
    assert len(np.unique(images.reshape(50, -1), axis=0)) == 50


def test_the_same_latent_gives_the_same_image_in_any_company():
    model = network(shapes=3)
    fill(model, pictures())
    latents = tf.random.stateless_normal([6, 25], [5, 6])
    np.testing.assert_array_equal(model(latents).numpy()[2:4], model(latents[2:4]).numpy())


def test_mean_background():
    model = network(background="mean", min_size=0.25, max_size=0.25)
    fill(model, pictures(3))
    image = made(model, [MIDDLE, MIDDLE, 0.99, MIDDLE, MIDDLE, 1e-6, 1e-6, 1e-6, 1e-6])[0]
    np.testing.assert_array_equal(image[:2, :3], pictures()[2, :2, :3, 0])
    np.testing.assert_array_equal(image[2:], pictures()[1, 2:, :, 0])


def test_the_bank_takes_the_first_images_and_no_more():
    model, levels = network(bank=5), pictures(4)
    assert fill(model, levels[:3]) == pytest.approx(0.6)
    assert fill(model, levels[1:4]) == 1.0
    assert fill(model, levels[:3]) == 1.0
    bank = model.layers[-1].bank.numpy().reshape(5, *SHAPE)
    np.testing.assert_array_equal(bank, levels[[0, 1, 2, 1, 2]])


def test_only_slots_that_are_filled_are_shown():
    model = network(bank=100)
    fill(model, pictures(2))
    images = to_uint8(model(tf.random.stateless_normal([40, 9], [0, 0])).numpy())
    assert images.max() < 120


def test_before_the_first_image_all_is_grey():
    images = network(bank=100)(tf.random.stateless_normal([40, 9], [0, 0])).numpy()
    assert images.min() < -0.9
    assert images.max() > 0.9
    assert max(len(np.unique(image // 0.02)) for image in images) <= 5


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch):
    assert network(bank=10**5).layers[-1].bank.shape == (10**5 * 96, 1)
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    assert network(bank=10**5).layers[-1].bank.shape == (10 * 96, 1)
