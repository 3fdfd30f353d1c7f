"""Three digits as red, green and blue, and the thousand classes that they make."""

import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from gan_cli.base.errors import DataError
from gan_cli.data import load, mnist, stacked_mnist
from gan_cli.data.reading.source import Source, resize
from gan_cli.data.stacked_mnist import StackedMnist
from tests.data.made import no_other_places, sprites, write_npz

REAL = Path(os.environ.get("GAN_DATA_DIR") or "nowhere") / "mnist.npz"
LABELS = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 8], np.uint8)
SPRITES, TEST_SPRITES = sprites(seed=0), sprites(seed=1)


@pytest.fixture(autouse=True)
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten training digits and ten others for the test, in GAN_DATA_DIR."""
    no_other_places(tmp_path, monkeypatch)
    write_npz(
        tmp_path / "mnist.npz",
        x_train=SPRITES,
        y_train=LABELS,
        x_test=TEST_SPRITES,
        y_test=LABELS[::-1].copy(),
    )
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path))


def stacked(split: str = "train", **options: object) -> Source:
    return load(StackedMnist(**{"count": 50, **options}), split)


def rows(planes: np.ndarray, of: np.ndarray) -> list[int]:
    """Which of the digits each plane [N, 28, 28] is."""
    matches = (planes[:, None] == of[None]).all((2, 3))
    assert matches.sum(axis=1).tolist() == [1] * len(planes)
    return matches.argmax(axis=1).tolist()


@pytest.mark.parametrize(
    ("split", "of", "labels"), [("train", SPRITES, LABELS), ("test", TEST_SPRITES, LABELS[::-1])]
)
def test_each_plane_is_a_digit_of_the_split_and_the_label_names_the_three(
    split: str, of: np.ndarray, labels: np.ndarray
):
    source = stacked(split)
    assert (source.images.shape, source.images.dtype) == ((50, 28, 28, 3), np.uint8)
    red, green, blue = (
        labels[rows(source.images[..., channel], of)].astype(int) for channel in range(3)
    )
    assert source.labels.tolist() == (100 * red + 10 * green + blue).tolist()
    assert source.labels.dtype == np.int64
    names = [f"{r}{g}{b}" for r, g, b in zip(red, green, blue, strict=True)]
    assert [source.class_names[label] for label in source.labels] == names


def test_a_thousand_classes(tmp_path: Path):
    source = stacked(count=1)
    assert source.spec.num_classes == 1000
    assert (source.class_names[0], source.class_names[42], source.class_names[999]) == (
        "000",
        "042",
        "999",
    )
    assert source.spec.image_shape == (28, 28, 3)
    assert source.origin == f"digits of {tmp_path / 'mnist.npz'}"


def test_digits_are_drawn_evenly_and_planes_apart():
    images = stacked(count=3000).images
    chosen = np.array([rows(images[..., channel], SPRITES) for channel in range(3)])
    times = np.bincount(chosen.ravel(), minlength=10)  # of 9,000 planes, 900 each
    assert 800 <= times.min() <= times.max() <= 1000
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert 0.06 <= (chosen[one] == chosen[other]).mean() <= 0.14


def test_seeds_repeat_and_differ():
    assert stacked(seed=7).fingerprint == stacked(seed=7).fingerprint
    assert len({stacked(seed=seed).fingerprint for seed in (0, 1, 2**63 - 1)}) == 3


def test_splits_draw_apart(tmp_path: Path):
    """Also where the digits of both splits were the same."""
    write_npz(
        tmp_path / "mnist.npz", x_train=SPRITES, y_train=LABELS, x_test=SPRITES, y_test=LABELS
    )
    train, test = stacked("train"), stacked("test")
    assert len(train) == len(test) == 50
    assert (train.labels == test.labels).mean() < 0.2


def test_more_images_begin_with_the_fewer_ones():
    few, many = stacked(count=20), stacked(count=50)
    np.testing.assert_array_equal(many.images[:20], few.images)
    assert many.labels[:20].tolist() == few.labels.tolist()


@pytest.mark.parametrize(
    ("split", "count", "expected"), [("train", 30, 30), ("test", 30, 20), ("test", 5, 5)]
)
def test_counts(monkeypatch: pytest.MonkeyPatch, split: str, count: int, expected: int):
    monkeypatch.setattr(stacked_mnist, "TEST_COUNT", 20)
    assert len(stacked(split, count=count)) == expected


def test_the_test_split_has_at_most_ten_thousand():
    assert stacked_mnist.TEST_COUNT == 10_000


@pytest.mark.parametrize("size", [16, [20, 40]])
def test_size(size: object):
    native, scaled = stacked(), stacked(size=size)
    np.testing.assert_array_equal(scaled.images, resize(native.images, size))
    assert scaled.labels.tolist() == native.labels.tolist()


@pytest.mark.parametrize("size", [None, 30])
@pytest.mark.parametrize("block", [1, 7, 50, 51])
def test_blocks_do_not_change_the_result(
    monkeypatch: pytest.MonkeyPatch, size: int | None, block: int
):
    expected = stacked(size=size).fingerprint
    monkeypatch.setattr(stacked_mnist, "BLOCK", block)
    assert stacked(size=size).fingerprint == expected


@pytest.mark.parametrize("size", [None, 32])
def test_memory_is_that_of_the_result(monkeypatch: pytest.MonkeyPatch, size: int | None):
    monkeypatch.setattr(stacked_mnist, "BLOCK", 50)
    tracemalloc.start()
    result = stacked(count=2000, size=size)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result.images.nbytes <= peak <= 1.25 * result.images.nbytes


def test_no_digits_at_all(tmp_path: Path):
    write_npz(tmp_path / "mnist.npz", x_train=SPRITES[:0], y_train=LABELS[:0])
    with pytest.raises(DataError) as caught:
        stacked()
    assert str(caught.value) == f"{tmp_path / 'mnist.npz'}: holds no images"


def test_without_mnist_the_set_that_was_asked_for_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(DataError) as caught:
        stacked(path=str(tmp_path / "none"))
    assert str(caught.value).startswith(
        f"data.path={tmp_path / 'none'}: neither mnist.npz nor the IDX files "
    )
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "none"))
    monkeypatch.setattr(
        mnist, "PUBLISHED", mnist.PUBLISHED._replace(address=(tmp_path / "none").as_uri())
    )
    with pytest.raises(DataError, match=r"^data=stacked_mnist: no mnist\.npz in "):
        stacked()


@pytest.mark.skipif(not REAL.is_file(), reason="GAN_DATA_DIR holds no mnist.npz")
def test_all_modes_are_in_the_real_one():
    source = load(StackedMnist(path=str(REAL)))
    assert source.images.shape == (60_000, 28, 28, 3)
    counts = np.bincount(source.labels, minlength=1000)
    assert (len(counts), counts.sum()) == (1000, 60_000)
    assert 20 <= counts.min() <= counts.max() <= 130
