"""Colours of single pixels by hand and by the standard library, distances from both ends."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest

from gan_cli.metrics.colours import colour_shares
from gan_cli.metrics.shared.histograms import total_variation


def plain(*colour: int, count: int = 2) -> np.ndarray:
    return np.broadcast_to(np.array(colour, np.uint8), (count, 6, 6, len(colour)))


def distance(first: np.ndarray, second: np.ndarray) -> float:
    return total_variation(colour_shares(first), colour_shares(second))


def test_hues_are_those_of_the_standard_library() -> None:
    random = np.random.default_rng(0)
    for pixel in random.integers(0, 256, (50, 3)):
        hue, saturation, value = colorsys.rgb_to_hsv(*(pixel / 255))
        place = (round(hue * 12) % 12, min(int(saturation * 4), 3), min(int(value * 16), 15))
        if place[1] and place[2]:
            assert colour_shares(plain(*pixel)).reshape(12, 4, 16)[place] == 1, pixel


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
        shares = colour_shares(plain(*colour)).reshape(12, 4, 16)
        assert shares[place] == shares.sum() == 1, colour


def test_distances_of_colours_run_from_zero_to_one() -> None:
    half = np.concatenate([plain(255, 0, 0), plain(0, 255, 0)])
    assert distance(plain(255, 0, 0), plain(255, 0, 0, count=7)) == 0.0
    assert distance(plain(255, 0, 0), plain(0, 255, 0)) == pytest.approx(1.0)
    assert distance(plain(255, 0, 0), half) == pytest.approx(0.5)
    assert distance(plain(50), plain(50, 50, 50)) == 0.0


def test_shares_of_many_images_are_the_mean_of_their_parts() -> None:
    images = np.random.default_rng(0).integers(0, 256, (600, 8, 8, 3)).astype(np.uint8)
    parts = (colour_shares(images[:300]) + colour_shares(images[300:])) / 2
    np.testing.assert_allclose(colour_shares(images), parts)
    with pytest.raises(ValueError, match="must be uint8"):
        colour_shares(images.astype(np.float32))
