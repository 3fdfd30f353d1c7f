"""Sobel gradients against scikit-image, single slopes by hand, distances from both ends."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.filters import sobel_h, sobel_v

from gan_cli.metrics.edges import edge_shares, gradients
from gan_cli.metrics.shared.histograms import total_variation


def slope(horizontal: int, vertical: int, size: int = 12) -> np.ndarray:
    """A plane that rises by so many grey levels per pixel."""
    down, across = np.mgrid[:size, :size]
    return (128 + horizontal * (across - size // 2) + vertical * (down - size // 2)).astype(
        np.uint8
    )[None, ..., None]


def distance(first: np.ndarray, second: np.ndarray) -> float:
    return total_variation(edge_shares(first), edge_shares(second))


def test_sobel_of_a_slope_is_its_rise_per_pixel() -> None:
    along, down = gradients(slope(3, -2).astype(np.float32)[..., 0])
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
        shares = edge_shares(slope(*rise))
        assert shares[0] == 0
        assert shares[1:].reshape(8, 8)[place] == shares.sum() == 1, rise
    assert edge_shares(slope(0, 0))[0] == 1


def test_edges_of_colour_images_are_those_of_their_luma() -> None:
    grey = slope(6, 3)
    np.testing.assert_array_equal(edge_shares(np.repeat(grey, 3, axis=-1)), edge_shares(grey))
    blue = np.concatenate([np.zeros_like(grey), np.zeros_like(grey), grey], axis=-1)
    assert edge_shares(blue)[0] == 1  # 6.7 * 0.114 < 1: flat


def test_distances_of_edges_see_direction_and_steepness() -> None:
    assert distance(slope(5, 0), slope(5, 0)) == 0.0
    assert distance(slope(5, 0), slope(0, 5)) == pytest.approx(1.0)
    assert distance(slope(5, 0), slope(2, 0)) == pytest.approx(1.0)
    assert distance(slope(5, 0), np.concatenate([slope(5, 0), slope(0, 0)])) == pytest.approx(0.5)


def test_gradients_are_those_of_scikit_image() -> None:
    """Theirs are per two pixels."""
    grey = np.random.default_rng(0).uniform(0, 255, (3, 9, 12))
    along, down = gradients(grey)
    for image, *ours in zip(grey, along, down, strict=True):
        np.testing.assert_allclose(ours[0], sobel_v(image)[1:-1, 1:-1] / 2, atol=1e-9)
        np.testing.assert_allclose(ours[1], sobel_h(image)[1:-1, 1:-1] / 2, atol=1e-9)


def test_what_has_no_edges_is_refused() -> None:
    with pytest.raises(ValueError, match="3 x 3 pixels, not 2 x 8"):
        edge_shares(np.zeros((2, 2, 8, 1), np.uint8))
