"""The classifier of three planes: K classes become K^3, and a stack's class is 100 red + 10 green +
blue.
"""

from __future__ import annotations

import numpy as np
import pytest

from gan_cli.metrics.extractors.feature_extractor import Extractor, softmax
from gan_cli.metrics.extractors.stacked import Stacked

DIGITS = 10


class Level(Extractor):
    """Reads a digit from the grey level of an image: 0, 25, 50, ... 225."""

    name, weights, resize, classes = "classifier", "cd" * 32, "none, 8x8x1 as trained", DIGITS

    def _features(self, images: np.ndarray) -> np.ndarray:
        assert images.shape[1:] == (8, 8, 1)
        level = images.mean(axis=(1, 2)) / 25
        return -((level - np.arange(DIGITS)) ** 2).astype(np.float32)

    def _logits(self, features: np.ndarray) -> np.ndarray:
        return features


def stacks(count: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images [N, 8, 8, 3] and their digits [N, 3]."""
    digits = np.random.default_rng(seed).integers(0, DIGITS, (count, 3))
    return np.broadcast_to((25 * digits)[:, None, None, :], (count, 8, 8, 3)).astype(
        np.uint8
    ), digits


def test_the_class_is_100_red_10_green_and_blue():
    images, digits = stacks()
    probabilities = Stacked(Level()).probabilities(images)
    assert probabilities.shape == (30, 1000)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), digits @ [100, 10, 1])


def test_planes_are_independent():
    images, _ = stacks(1)
    planes = [softmax(Level().features(images[..., plane, None]))[0] for plane in range(3)]
    found = Stacked(Level()).probabilities(images)[0]
    for red, green, blue in ((0, 0, 0), (1, 2, 3), (9, 0, 5)):
        assert found[100 * red + 10 * green + blue] == pytest.approx(
            planes[0][red] * planes[1][green] * planes[2][blue]
        )


def test_features_are_those_of_red_then_green_then_blue():
    images, _ = stacks(4)
    features = Stacked(Level()).features(images)
    assert features.shape == (4, 30)
    np.testing.assert_array_equal(features[:, 10:20], Level().features(images[..., 1:2]))


def test_it_says_what_it_is():
    stacked = Stacked(Level())
    assert (stacked.name, stacked.weights, stacked.classes) == ("classifier", Level.weights, 1000)
    assert stacked.resize == "planes one by one, none, 8x8x1 as trained"
    with pytest.raises(ValueError, match="has no feature maps"):
        stacked.maps(stacks()[0])
