"""The extractor of VGG16 on weights made here: layers, resizing, batches."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from gan_cli.base.errors import DataError
from gan_cli.metrics.extractors.vgg16 import Vgg16, vgg16
from gan_cli.networks import vgg16 as network


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.applications.VGG16(include_top=False, weights=None)


def test_features_and_maps_of_the_last_convolution_of_each_block(model: keras.Model):
    net, images = Vgg16(model), noise(2, 64, 80, 3)
    maps = net.maps(images)
    assert [each.shape for each in maps] == [
        (2, 64, 80, 64),
        (2, 32, 40, 128),
        (2, 16, 20, 256),
        (2, 8, 10, 512),
        (2, 4, 5, 512),
    ]
    assert net.features(images) == pytest.approx(maps[-1].mean(axis=(1, 2)), abs=1e-5)
    assert net.features(images).shape == (2, 512)
    expected = model(keras.applications.vgg16.preprocess_input(images.astype(np.float32))).numpy()
    pooled = maps[-1][:, :4, :4].reshape(2, 2, 2, 2, 2, 512).max(axis=(2, 4))
    assert pooled == pytest.approx(expected, abs=1e-4)


def test_small_and_grey_images_and_batches(model: keras.Model):
    net, images = Vgg16(model), noise(3, 28, 28, 1)
    features = net.features(images)
    assert np.abs(features - net.features(np.repeat(images, 3, axis=-1))).max() < 1e-6
    net.pixels_at_once = 1
    assert np.abs(features - net.features(images)).max() < 1e-5


def test_it_loads_the_published_file_alone(
    model: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(
        DataError, match=r"^extractor vgg16: no vgg16_weights.* at .*; it is published at https"
    ):
        vgg16(str(tmp_path))
    monkeypatch.setattr(
        network, "load", lambda path, asked, instead: model if path == "weights" else None
    )
    images = noise(1, 64, 64, 3)
    assert np.array_equal(vgg16("weights").features(images), Vgg16(model).features(images))
