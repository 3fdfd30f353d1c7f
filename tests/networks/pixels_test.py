"""Pixels drawn on their own: which number gives which level, and that a data set's histogram comes
out again.
"""

from statistics import NormalDist

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.base.images import from_uint8, to_uint8
from gan_cli.networks import pixels

TWO = (1, 2, 1)
"""An image of two pixels."""


def latents(*shares: float) -> tf.Tensor:
    """The latents [B, 1, 2, 1] of two pixels with the same number in [0, 1]."""
    extremes = {0.0: -100.0, 1.0: 100.0}
    quantiles = [
        extremes[share] if share in extremes else NormalDist().inv_cdf(share) for share in shares
    ]
    return tf.constant(np.repeat(quantiles, 2).reshape(-1, *TWO), tf.float32)


def drawn(network: keras.Model, *shares: float) -> list[list[int]]:
    """Levels of the two pixels for each number."""
    return to_uint8(network(latents(*shares)).numpy()).reshape(-1, 2).tolist()


def images(*levels: tuple[int, int]) -> tf.Tensor:
    return tf.constant(from_uint8(np.array(levels, np.float32)).reshape(-1, *TWO))


def observe(network: keras.Model, *levels: tuple[int, int]) -> float:
    return float(network.layers[-1].observe(images(*levels))["bits_per_value"])


def test_numbers_of_a_normal_distribution_become_uniform_ones():
    shares = [1e-6, 0.025, 0.5, 0.975]
    given = tf.constant([NormalDist().inv_cdf(share) for share in shares], tf.float32)
    assert pixels.normal_cdf(given).numpy() == pytest.approx(shares, rel=1e-5)
    lowest, highest = pixels.normal_cdf(tf.constant([-100.0, 100.0])).numpy()
    assert lowest == 0.0
    assert highest == np.nextafter(np.float32(1.0), np.float32(0.0))


def test_uniform_pixels_take_every_level_equally_often():
    network = pixels.uniform((32, 32, 3))
    made = to_uint8(network(tf.random.stateless_normal([100, 32, 32, 3], [1, 2])).numpy())
    counts = np.bincount(made.reshape(-1), minlength=256)
    expected = made.size / 256  # 1,200, with a standard deviation of 35
    assert counts.min() > expected - 5 * 35
    assert counts.max() < expected + 5 * 35
    assert drawn(pixels.uniform(TWO), 0.0, 0.5 / 256, 1.5 / 256, 0.501, 1.0) == [
        [0, 0],
        [0, 0],
        [1, 1],
        [128, 128],
        [255, 255],
    ]


def test_uniform_pixels_cost_eight_bits_and_remember_nothing():
    network = pixels.uniform(TWO)
    assert observe(network, (3, 200)) == 8.0
    assert network.variables == []


def test_each_pixel_has_its_own_histogram():
    """The first is 0 once and 200 three times, the second always 7: the inverse of their cumulative
    histograms, worked out.
    """
    network = pixels.histogram(TWO)
    observe(network, (200, 7), (0, 7), (200, 7), (200, 7))
    assert drawn(network, 0.0, 0.24, 0.26, 0.99, 1.0) == [
        [0, 7],
        [0, 7],
        [200, 7],
        [200, 7],
        [200, 7],
    ]


def test_before_the_first_image_all_levels_are_as_likely():
    assert drawn(pixels.histogram(TWO), 0.0, 0.501, 1.0) == [[0, 0], [128, 128], [255, 255]]


def test_images_are_counted_over_all_batches():
    network = pixels.histogram(TWO)
    observe(network, (5, 250), (5, 251))
    observe(network, (5, 250))
    counts = network.variables[0].numpy().reshape(2, 256)
    assert {(pixel, level): counts[pixel, level] for pixel, level in np.argwhere(counts)} == {
        (0, 5): 3,
        (1, 250): 2,
        (1, 251): 1,
    }


def test_bits_of_a_value_are_those_before_it_is_counted():
    """All bins have one count to begin with: 1/256, and after one image 2/257 for what it held."""
    network = pixels.histogram(TWO)
    assert observe(network, (5, 250)) == pytest.approx(8.0, abs=1e-5)
    assert observe(network, (5, 250)) == pytest.approx(np.log2(257 / 2), abs=1e-5)
    assert observe(network, (5, 9)) == pytest.approx(
        (np.log2(258 / 3) + np.log2(258)) / 2, abs=1e-5
    )


def test_the_histogram_of_a_data_set_comes_out_again():
    """Of 20,000 drawn values of a pixel the share at each level is that of the data, within five
    standard deviations.
    """
    data = (
        np.random.default_rng(0)
        .choice([0, 1, 90, 255], (400, *TWO), p=[0.5, 0.1, 0.3, 0.1])
        .astype(np.float32)
    )
    network = pixels.histogram(TWO)
    network.layers[-1].observe(tf.constant(from_uint8(data)))
    made = to_uint8(network(tf.random.stateless_normal([20_000, *TWO], [3, 4])).numpy())
    for pixel in range(2):
        wanted = np.bincount(data[:, 0, pixel, 0].astype(int), minlength=256) / 400
        found = np.bincount(made[:, 0, pixel, 0], minlength=256) / 20_000
        assert (found[wanted == 0] == 0).all()
        assert np.abs(found - wanted).max() < 5 * np.sqrt(0.25 / 20_000)


@pytest.mark.parametrize(
    ("image_shape", "bins"),
    [
        ((28, 28, 1), 256),
        ((100, 100, 3), 256),
        ((209, 209, 3), 256),
        ((210, 210, 3), 128),
        ((512, 512, 3), 32),
        ((2048, 2048, 3), 2),
        ((2048, 2048, 1), 8),
    ],
)
def test_memory_is_bounded(image_shape: tuple[int, int, int], bins: int):
    assert pixels.bins_for(image_shape) == bins
    assert 4 * np.prod(image_shape) * bins <= 2**27


def test_within_a_coarse_bin_every_level_is_as_likely(monkeypatch: pytest.MonkeyPatch):
    """Two bins: a quarter of the images is dark, so numbers up to 1/4 cover the levels to 127
    evenly, the others the rest.
    """
    monkeypatch.setattr(pixels, "MOST_BYTES", 4 * 2 * 2)
    network = pixels.histogram(TWO)
    assert observe(network, (0, 255), (130, 255), (200, 255), (255, 255)) == pytest.approx(
        8.0, abs=1e-5
    )
    assert drawn(network, 0.0, 0.126, 0.2499, 0.2501, 0.6251, 1.0) == [
        [0, 128],
        [64, 144],
        [127, 159],
        [128, 160],
        [192, 208],
        [255, 255],
    ]


def test_channels_and_sides_keep_their_places():
    """Every value of a 2x3x3 image has a level of its own."""
    picture = np.arange(18, dtype=np.float32).reshape(1, 2, 3, 3) * 10
    network = pixels.histogram((2, 3, 3))
    network.layers[-1].observe(tf.constant(from_uint8(picture)))
    made = to_uint8(network(tf.random.stateless_normal([5, 2, 3, 3], [0, 1])).numpy())
    assert (made == picture.astype(np.uint8)).all()


def test_levels_between_two_are_rounded():
    assert pixels.to_levels(tf.constant([-1.2, -1.0, -0.9965, 0.0, 1.0, 1.3])).numpy().tolist() == [
        0,
        0,
        0,
        128,
        255,
        255,
    ]
