"""Perceptual distances with a network whose maps are known, and with VGG16's own on weights made
here.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.base.errors import DataError
from gan_cli.models.vae import Vae
from gan_cli.models.vae_gan import VaeGan
from gan_cli.networks import vgg16
from gan_cli.objectives.perceptual import LAYERS, Perceptual, perceptual


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.applications.VGG16(include_top=False, weights=None)


@pytest.fixture
def made(model: keras.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vgg16, "load", lambda path, asked, instead: model)


def images(*shape: int, seed: int = 0) -> tf.Tensor:
    return tf.random.stateless_uniform(shape, [0, seed], minval=-1.0)


def distance(shape: tuple[int, int, int]) -> Perceptual:
    found = Perceptual(shape)
    found.load()
    return found


def test_the_sum_over_layers_of_mean_squared_differences(model: keras.Model, made: None):
    """Against NumPy on the maps of keras.applications' own preprocessing, at a size that needs no
    resizing.
    """
    one, other = images(2, 64, 72, 3), images(2, 64, 72, 3, seed=1)
    expected = np.zeros(2)
    for name in LAYERS:
        layer = keras.Model(model.input, model.get_layer(name).output)
        maps = [
            layer(keras.applications.vgg16.preprocess_input((x.numpy() + 1) * 127.5)).numpy()
            for x in (one, other)
        ]
        assert maps[0].min() == 0.0  # after the rectifier
        height, width, channels = maps[0].shape[1:]
        expected += (
            0.5 * ((maps[0] - maps[1]) ** 2).sum(axis=(1, 2, 3)) / (channels * height * width)
        )
    np.testing.assert_allclose(distance((64, 72, 3))(one, other), expected, rtol=1e-4)


def test_by_hand(monkeypatch: pytest.MonkeyPatch):
    """Maps that are the image itself and its double: black against white is 255^2 and 510^2; half
    of it, weighed.
    """
    monkeypatch.setattr(vgg16, "load", lambda path, asked, instead: None)
    monkeypatch.setattr(vgg16, "maps_of", lambda model, layers: lambda x, training: [x, 2 * x])
    found = Perceptual((9, 12, 1), weight=0.25)
    found.load()
    greys = tf.reshape(tf.constant([1.0, 0.0]), [2, 1, 1, 1]) * tf.ones([2, 9, 12, 1])
    expected = [0.125 * (255**2 + 510**2), 0.125 * (127.5**2 + 255**2)]
    assert found(-tf.ones([2, 9, 12, 1]), greys).numpy() == pytest.approx(expected)


@pytest.mark.parametrize("options", [Vae, VaeGan])
def test_what_options_ask_for(options: type, monkeypatch: pytest.MonkeyPatch):
    """The weight and the file reach the distance: 0.5 * 2 * (255^2 + 510^2) for black on white."""
    files: list[str | None] = []
    monkeypatch.setattr(vgg16, "load", lambda path, asked, instead: files.append(path))
    monkeypatch.setattr(vgg16, "maps_of", lambda model, layers: lambda x, training: [x, 2 * x])
    assert perceptual(options(), (8, 8, 1)) is None
    found = perceptual(options(features="vgg16", features_weight=2.0, features_file="x"), (8, 8, 1))
    assert found is not None
    found.load()
    white = tf.ones([1, 8, 8, 1])
    assert found(-white, white).numpy() == pytest.approx([255.0**2 + 510.0**2])
    assert files == ["x"]


def test_the_same_image_is_at_no_distance_and_each_item_is_alone(made: None):
    measure, one = distance((28, 28, 1)), images(3, 28, 28, 1)
    assert measure(one, one).numpy().tolist() == [0.0, 0.0, 0.0]
    other = tf.concat([one[:1], images(2, 28, 28, 1, seed=1)], axis=0)
    found = measure(one, other).numpy()
    assert found[0] == pytest.approx(0.0, abs=1e-6)
    assert found[1:].min() > 1.0


def test_grey_is_repeated(made: None):
    one, other = images(1, 28, 28, 1), images(1, 28, 28, 1, seed=1)
    colours = [tf.repeat(x, 3, axis=-1) for x in (one, other)]
    np.testing.assert_allclose(
        distance((28, 28, 1))(one, other), distance((28, 28, 3))(*colours), rtol=1e-5
    )


@pytest.mark.parametrize("shape", [(28, 28, 1), (9, 12, 3), (64, 64, 3), (300, 448, 3)])
def test_it_sees_what_tensorflow_resizes(
    made: None, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int, int]
):
    seen: list[tf.Tensor] = []
    monkeypatch.setattr(
        vgg16, "maps_of", lambda model, layers: lambda x, training: seen.append(x) or [x]
    )
    measure, one = distance(shape), images(2, *shape)
    measure(one, one)
    expected = tf.image.resize((one + 1) * 127.5, vgg16.input_size(*shape[:2]), antialias=True)
    expected = expected if shape[2] == 3 else tf.repeat(expected, 3, axis=-1)
    np.testing.assert_allclose(seen[0], vgg16.prepared(expected), atol=2e-2)


def test_its_gradient_reaches_the_image_and_nothing_of_vgg(model: keras.Model, made: None):
    measure, one = distance((28, 28, 1)), images(1, 28, 28, 1)
    other = tf.Variable(images(1, 28, 28, 1, seed=1))
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(measure(one, other))
    assert vgg16.maps_of(model, LAYERS).trainable_variables == []
    gradient = tape.gradient(value, other)
    assert gradient.shape == other.shape
    direction = gradient / tf.norm(gradient)
    step = 1e-2
    ahead, behind = (
        tf.reduce_sum(measure(one, other + sign * step * direction)) for sign in (1, -1)
    )
    assert float((ahead - behind) / (2 * step)) == pytest.approx(float(tf.norm(gradient)), rel=0.02)


def test_without_weights_one_line_names_the_key(tmp_path: Path):
    with pytest.raises(DataError) as caught:
        Perceptual((28, 28, 1), file=str(tmp_path)).load()
    line = str(caught.value)
    assert line.startswith(
        f"model.features=vgg16: no {vgg16.NAME} at {tmp_path}; it is published at https://"
    )
    assert "\n" not in line


def test_without_a_network_one_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("GAN_DATA_DIR", raising=False)
    download = vgg16.WEIGHTS.download._replace(url="http://127.0.0.1:9/vgg16.h5")
    monkeypatch.setattr(vgg16, "WEIGHTS", vgg16.WEIGHTS._replace(download=download))
    with pytest.raises(
        DataError,
        match=r"and the download failed \(.*\); put http.* there, or use model.features=null$",
    ):
        Perceptual((28, 28, 1)).load()
