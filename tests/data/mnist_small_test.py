"""The part of MNIST that ships with the package."""

import os
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from gan_cli.data import load
from gan_cli.data.mnist_small import MnistSmall

FOLDER = os.environ.get("GAN_DATA_DIR")


def test_600_of_each_class_at_their_own_size():
    source = load(MnistSmall(test_share=0.0))
    assert source.images.shape == (6000, 28, 28, 1)
    assert (source.images.dtype, source.labels.dtype) == (np.uint8, np.int64)
    assert np.bincount(source.labels).tolist() == [600] * 10
    assert source.class_names == list("0123456789")
    assert source.spec.image_shape == (28, 28, 1)
    assert source.origin == "shipped with gan_cli"
    assert (source.images.min(), source.images.max()) == (0, 255)
    assert len(np.unique(source.digests, axis=0)) == 6000


def test_the_first_are_those_of_mnist():
    """Its training file begins with 5 0 4 1 9; of its first digit rows 0 to 4 are black."""
    source = load(MnistSmall(test_share=0.0))
    assert "".join(map(str, source.labels[:20])) == "50419213143536172869"
    first = source.images[0, ..., 0].astype(int)
    assert (first[:5].max(), first[25:].max(), first.max()) == (0, 0, 255)
    published = [30, 36, 94, 154, 170, 253, 253, 253, 253, 253, 225, 172, 253, 242, 195, 64]
    assert np.abs(first[6, 8:24] - published).max() <= 1
    assert first.mean() == pytest.approx(35.1, abs=0.1)


@pytest.mark.skipif(FOLDER is None, reason="needs MNIST in GAN_DATA_DIR")
def test_they_are_the_first_600_of_each_class_in_the_file():
    """Within 1 grey level, whichever of two copies of MNIST is there."""
    with np.load(Path(str(FOLDER)) / "mnist.npz") as arrays:
        images, labels = arrays["x_train"], arrays["y_train"]
    rows = np.sort(np.concatenate([np.flatnonzero(labels == each)[:600] for each in range(10)]))
    source = load(MnistSmall(test_share=0.0))
    assert source.labels.tolist() == labels[rows].tolist()
    apart = np.abs(source.images[..., 0].astype(int) - images[rows])
    assert apart.max() <= 1


@pytest.mark.parametrize(("size", "shape"), [(32, (32, 32)), ([14, 20], (14, 20))])
def test_sizes(size: object, shape: tuple[int, int]):
    source = load(MnistSmall(size=size), "test")
    assert source.images.shape[1:] == (*shape, 1)
    assert source.images.mean() == pytest.approx(33.8, abs=1.5)


def test_a_tenth_is_held_out_whatever_the_size():
    train, test = load(MnistSmall()), load(MnistSmall(), "test")
    assert (len(train), len(test)) == (5392, 608)
    assert load(MnistSmall(size=8), "test").labels.tolist() == test.labels.tolist()
    both = np.concatenate([train.digests, test.digests])
    assert len(np.unique(both, axis=0)) == 6000
    assert np.bincount(test.labels).tolist() == [68, 51, 53, 69, 54, 52, 61, 51, 66, 83]


def test_attribution_is_shipped():
    text = files("gan_cli.data").joinpath("mnist_small.LICENSE.txt").read_text(encoding="utf-8")
    assert "Yann LeCun and Corinna Cortes" in text
    assert "Attribution-ShareAlike 3.0" in text
    assert "https://creativecommons.org/licenses/by-sa/3.0/" in text
    assert "first 600 of each class" in text
    assert "within 1 of the\noriginal" in text
