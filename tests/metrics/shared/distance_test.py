"""The distance that a search follows is the one that is measured."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.base.images import from_uint8
from gan_cli.metrics.content import perceptual_distances
from gan_cli.metrics.extractors.classifier import Classifier, network
from gan_cli.metrics.extractors.feature_extractor import Extractor
from gan_cli.metrics.extractors.pixels import Pixels
from gan_cli.metrics.extractors.random_features import Random
from gan_cli.metrics.shared.distance import features, scales, squares

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 1), np.uint8)


@pytest.mark.parametrize("build", [Random, lambda: Classifier(network((16, 16, 1), 3))])
def test_features_in_a_graph_are_those_of_the_extractor(build: type[Extractor]) -> None:
    extractor = build()
    first, second = IMAGES[:2], IMAGES[2:]
    expected = perceptual_distances(extractor.maps(first), extractor.maps(second))
    seen = features(extractor)
    images = tf.constant(from_uint8(first.astype(np.float32)))
    with tf.GradientTape() as tape:
        tape.watch(images)
        found = squares(seen(images), seen(tf.constant(from_uint8(second.astype(np.float32)))))
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    slope = tape.gradient(found, images)
    assert slope.shape == (2, 16, 16, 1)
    assert float(tf.reduce_max(tf.abs(slope[0]))) > 0.0


def test_without_maps_pixels_count_at_several_scales() -> None:
    assert features(None) is scales
    assert features(Pixels()) is scales
    halved = scales(tf.constant(IMAGES, tf.float32))
    assert [each.shape[1] for each in halved] == [8]
    np.testing.assert_allclose(halved[0][0, 0, 0, 0], IMAGES[0, :2, :2, 0].mean())
    small = tf.zeros([1, 8, 8, 3])
    assert scales(small) == [small]
