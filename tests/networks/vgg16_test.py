"""VGG16 on weights made here, in Keras's file format: the hash that guards them, the size of its
input.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.legacy.saving import legacy_h5_format

from gan_cli.base.errors import DataError
from gan_cli.base.published import sha256
from gan_cli.networks import vgg16


def load(path: Path) -> keras.Model:
    return vgg16.load(str(path), "model.features=vgg16", "use model.features=null")


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.applications.VGG16(include_top=False, weights=None)


def test_weights_are_loaded_only_where_their_hash_is_the_published_one(
    model: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / vgg16.NAME
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    with pytest.raises(DataError, match=r"not the published weights of vgg16 .*expected bfe5187d"):
        load(tmp_path)
    download = vgg16.WEIGHTS.download._replace(sha256=sha256(path))
    monkeypatch.setattr(vgg16, "WEIGHTS", vgg16.WEIGHTS._replace(download=download))
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        loaded = load(tmp_path)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
    assert {layer.compute_dtype for layer in loaded.layers} == {"float32"}
    images = tf.random.stateless_uniform([1, 32, 32, 3], [0, 0]) * 255
    np.testing.assert_array_equal(loaded(images), model(images))


def test_a_file_of_another_kind_is_refused(tmp_path: Path):
    path = tmp_path / "weights.h5"
    path.write_bytes(b"no weights")
    with pytest.raises(DataError, match="not the published weights"):
        load(path)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((28, 28), (64, 64)), ((28, 56), (64, 128)), ((100, 90), (100, 90)), ((448, 896), (224, 448))],
)
def test_the_size_that_it_sees(size: tuple[int, int], expected: tuple[int, int]):
    assert vgg16.input_size(*size) == expected


def test_prepared_as_its_authors_did():
    levels = tf.random.stateless_uniform([2, 5, 5, 3], [0, 0]) * 255
    expected = keras.applications.vgg16.preprocess_input(levels.numpy().copy())
    np.testing.assert_allclose(vgg16.prepared(levels), expected, atol=1e-4)


def test_maps_are_those_of_the_layers_and_frozen(model: keras.Model):
    maps = vgg16.maps_of(model, ("block1_conv1", "block2_conv2"))
    assert [map_.shape for map_ in maps(tf.zeros([2, 16, 24, 3]))] == [
        (2, 16, 24, 64),
        (2, 8, 12, 128),
    ]
    assert maps.trainable_variables == []
