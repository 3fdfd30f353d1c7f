"""Colour, edge and texture statistics: single pixels and slopes by hand, distances from both
ends.
"""

from __future__ import annotations

import colorsys

import numpy as np
import pytest

from gan_cli.metrics.texture import (
    Colours,
    Edges,
    Gram,
    Histogram,
    gram_distance,
    histogram_distance,
    hsv,
    sobel,
)


def plain(*colour: int, count: int = 2) -> np.ndarray:
    return np.broadcast_to(np.array(colour, np.uint8), (count, 6, 6, len(colour)))


def slope(horizontal: int, vertical: int, size: int = 12) -> np.ndarray:
    """A plane that rises by so many grey levels per pixel."""
    down, across = np.mgrid[:size, :size]
    return (128 + horizontal * (across - size // 2) + vertical * (down - size // 2)).astype(
        np.uint8
    )[None, ..., None]


def seen(kind: type[Histogram], *batches: np.ndarray) -> Histogram:
    histogram = kind()
    for batch in batches:
        histogram.add(batch)
    return histogram


def distance(kind: type[Histogram], first: np.ndarray, second: np.ndarray) -> float:
    return histogram_distance(seen(kind, first), seen(kind, second))


def test_hsv_is_that_of_the_standard_library() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (1, 20, 20, 3)).astype(np.uint8)
    pixels[0, 0, :6] = [
        [0, 0, 0],
        [255, 255, 255],
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
        [255, 0, 255],
    ]
    expected = [colorsys.rgb_to_hsv(*(pixel / 255)) for pixel in pixels.reshape(-1, 3)]
    np.testing.assert_allclose(np.stack(hsv(pixels), axis=-1).reshape(-1, 3), expected, atol=1e-6)


def test_colours_are_counted_by_hue_saturation_and_value() -> None:
    """Bins are [12 hues, 4 saturations, 16 values]."""
    for colour, place in [
        ((255, 0, 0), (0, 3, 15)),
        ((255, 0, 30), (0, 3, 15)),  # red from both sides of 0 degrees
        ((255, 30, 0), (0, 3, 15)),
        ((0, 255, 0), (4, 3, 15)),
        ((0, 0, 128), (8, 3, 8)),
        ((120, 100, 100), (0, 0, 7)),  # saturation 1/6: grey
        ((5, 15, 0), (0, 0, 0)),  # nearly black: no hue, no saturation
        ((127,), (0, 0, 7)),
    ]:
        counts = seen(Colours, plain(*colour)).counts.reshape(12, 4, 16)
        assert counts[place] == counts.sum() == 72, colour


def test_distances_of_colours_run_from_zero_to_one() -> None:
    half = np.concatenate([plain(255, 0, 0), plain(0, 255, 0)])
    assert distance(Colours, plain(255, 0, 0), plain(255, 0, 0, count=7)) == 0.0
    assert distance(Colours, plain(255, 0, 0), plain(0, 255, 0)) == pytest.approx(1.0)
    assert distance(Colours, plain(255, 0, 0), half) == pytest.approx(0.5)
    assert distance(Colours, plain(50), plain(50, 50, 50)) == 0.0


def test_sobel_of_a_slope_is_its_rise_per_pixel() -> None:
    along, down = sobel(slope(3, -2).astype(np.float32)[..., 0])
    assert along.shape == down.shape == (1, 10, 10)
    np.testing.assert_allclose(along, 3.0)
    np.testing.assert_allclose(down, -2.0)


def test_edges_are_counted_by_steepness_and_direction() -> None:
    """Octave 3 begins at 4 grey levels per pixel; sectors of 22.5 degrees around 0, 22.5, 45 ...
    157.5.
    """
    for rise, place in [
        ((5, 0), (2, 0)),
        ((-5, 0), (2, 0)),
        ((0, 5), (2, 4)),
        ((4, 4), (2, 2)),
        ((4, -4), (2, 6)),
        ((8, 0), (3, 0)),
    ]:
        counts = seen(Edges, slope(*rise)).counts
        assert counts[0] == 0
        assert counts[1:].reshape(8, 8)[place] == counts.sum() == 100, rise
    assert seen(Edges, slope(0, 0)).counts[0] == 100


def test_edges_of_colour_images_are_those_of_their_luma() -> None:
    grey = slope(6, 3)
    np.testing.assert_array_equal(
        seen(Edges, np.repeat(grey, 3, axis=-1)).counts, seen(Edges, grey).counts
    )
    blue = np.concatenate([np.zeros_like(grey), np.zeros_like(grey), grey], axis=-1)
    assert seen(Edges, blue).counts[1:9].sum() == 0  # 6.7 * 0.114 < 1: flat
    assert seen(Edges, blue).counts[0] == 100


def test_distances_of_edges_see_direction_and_steepness() -> None:
    assert distance(Edges, slope(5, 0), slope(5, 0)) == 0.0
    assert distance(Edges, slope(5, 0), slope(0, 5)) == pytest.approx(1.0)
    assert distance(Edges, slope(5, 0), slope(2, 0)) == pytest.approx(1.0)
    assert distance(
        Edges, slope(5, 0), np.concatenate([slope(5, 0), slope(0, 0)])
    ) == pytest.approx(0.5)


@pytest.mark.parametrize("kind", [Colours, Edges])
def test_statistics_of_batches_are_those_of_the_set(kind: type[Histogram]) -> None:
    images = (
        np.random.default_rng(0).integers(0, 256, (300, 8, 8, 3)).astype(np.uint8)
    )  # more than one block
    whole = seen(kind, images)
    np.testing.assert_array_equal(seen(kind, images[:7], images[7:]).counts, whole.counts)
    assert whole.counts.sum() == 300 * (64 if kind is Colours else 36)
    assert whole.shares.sum() == pytest.approx(1.0)


def maps(*places: list[float]) -> np.ndarray:
    """One feature map [1, 1, w, C]."""
    return np.array(places, np.float32)[None, None]


def gram(*batches: np.ndarray) -> Gram:
    matrix = Gram(batches[0].shape[-1])
    for batch in batches:
        matrix.add(batch)
    return matrix


def test_the_gram_matrix_by_hand() -> None:
    """Places (1, 0) and (1, 2): sums of products [[2, 2], [2, 4]] over 2 places; a second image of
    zeros halves it.
    """
    np.testing.assert_allclose(gram(maps([1, 0], [1, 2])).mean, [[1, 1], [1, 2]])
    np.testing.assert_allclose(
        gram(maps([1, 0], [1, 2]), maps([0, 0])).mean, [[0.5, 0.5], [0.5, 1]]
    )


def test_distances_of_gram_matrices_by_hand() -> None:
    """diag(1, 0) and diag(0, 4): 17^(1/2) / 5; diag(1, 0) and diag(4, 0): 3 / 5."""
    one = gram(maps([1, 0]))
    assert gram_distance(one, gram(maps([1, 0], [-1, 0]))) == 0.0
    assert gram_distance(one, gram(maps([0, 2]))) == pytest.approx(17**0.5 / 5)
    assert gram_distance(one, gram(maps([2, 0]))) == pytest.approx(3 / 5)
    assert gram_distance(one, gram(maps([0, 0]))) == pytest.approx(1.0)
    assert gram_distance(gram(maps([0, 0])), gram(maps([0, 0]))) == 0.0


def test_the_gram_matrix_sees_which_channels_answer_together() -> None:
    """The same responses, in one place or in two: means and variances of the channels are equal."""
    together, apart = gram(maps([1, 1], [0, 0])), gram(maps([1, 0], [0, 1]))
    assert gram_distance(together, apart) == pytest.approx(0.5**0.5 / (1 + 0.5**0.5))


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(ValueError, match="no images were added"):
        histogram_distance(Colours(), Colours())
    with pytest.raises(ValueError, match="no feature maps were added"):
        gram_distance(Gram(2), Gram(2))
    with pytest.raises(ValueError, match="must be uint8"):
        Colours().add(np.zeros((2, 4, 4, 3), np.float32))
    with pytest.raises(ValueError, match="3 x 3 pixels, not 2 x 8"):
        Edges().add(np.zeros((2, 2, 8, 1), np.uint8))
