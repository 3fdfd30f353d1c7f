"""VGG16 on weights made here, in Keras's file format: layers, resizing, the hash that guards them."""

from __future__ import annotations

from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format

from gan_cli.errors import DataError
from gan_cli.metrics import vgg16 as module
from gan_cli.metrics.published import sha256
from gan_cli.metrics.vgg16 import Vgg16, vgg16


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


@pytest.mark.parametrize(
    ("size", "expected"), [((28, 28), (64, 64)), ((28, 56), (64, 128)), ((100, 90), (100, 90)), ((448, 896), (224, 448))]
)
def test_the_size_that_it_sees(model: keras.Model, size: tuple[int, int], expected: tuple[int, int]):
    assert Vgg16(model)._input_size(*size) == expected


def test_small_and_grey_images_and_batches(model: keras.Model):
    net, images = Vgg16(model), noise(3, 28, 28, 1)
    features = net.features(images)
    assert np.abs(features - net.features(np.repeat(images, 3, axis=-1))).max() < 1e-6
    net.pixels_at_once = 1
    assert np.abs(features - net.features(images)).max() < 1e-5


def test_weights_are_loaded_only_where_their_hash_is_the_published_one(
    model: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / module.NAME
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    with pytest.raises(DataError, match=r"not the published weights of extractor vgg16 .*expected bfe5187d"):
        vgg16(str(tmp_path))
    download = module.WEIGHTS.download._replace(sha256=sha256(path))
    monkeypatch.setattr(module, "WEIGHTS", module.WEIGHTS._replace(download=download))
    images = noise(1, 64, 64, 3)
    assert np.array_equal(vgg16(str(tmp_path)).features(images), Vgg16(model).features(images))


def test_a_file_of_another_kind_is_refused(tmp_path: Path):
    path = tmp_path / "weights.h5"
    path.write_bytes(b"no weights")
    with pytest.raises(DataError, match="not the published weights"):
        vgg16(str(path))
