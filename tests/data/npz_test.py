"""data=npz: which arrays are images and labels, how they are scaled, and one line for each that
does not fit.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.data import load
from gan_cli.data.npz import Npz


def pictures(count: int = 4, *shape: int) -> np.ndarray:
    """uint8 [N, 8, 8], or [N, *shape]: no two alike."""
    return np.random.default_rng(count).integers(0, 256, (count, *(shape or (8, 8))), np.uint8)


def saved(folder: Path, **arrays: object) -> str:
    np.savez(folder / "a.npz", **arrays)
    return str(folder / "a.npz")


def refusal(path: str, **options: object) -> str:
    """The message, one line that begins with the file."""
    with pytest.raises(DataError) as caught:
        load(Npz(path=path, **options))
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("name", ["images", "x_train", "x", "arr_0"])
def test_names_of_the_images(tmp_path: Path, name: str):
    images = pictures()
    source = load(Npz(path=saved(tmp_path, other=np.zeros(3), **{name: images}), test_share=0.0))
    np.testing.assert_array_equal(source.images, images[..., None])
    assert (source.labels, source.class_names, source.origin) == (None, [], str(tmp_path / "a.npz"))


@pytest.mark.parametrize("name", ["labels", "y_train", "y"])
@pytest.mark.parametrize("shape", [(4,), (4, 1)])
@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.uint64, ">i4"])
def test_labels(tmp_path: Path, name: str, shape: tuple[int, ...], kind: object):
    labels = np.array([2, 0, 4, 0]).astype(kind).reshape(shape)
    source = load(Npz(path=saved(tmp_path, images=pictures(), **{name: labels}), test_share=0.0))
    assert (source.labels.tolist(), source.labels.dtype) == ([2, 0, 4, 0], np.int64)
    assert source.class_names == ["0", "1", "2", "3", "4"]


def test_named_arrays_come_before_the_usual_ones(tmp_path: Path):
    mine, classes = pictures(5), np.array([1, 0, 1, 0, 1])
    path = saved(tmp_path, images=pictures(4), labels=np.zeros(4, int), mine=mine, classes=classes)
    source = load(Npz(path=path, images="mine", labels="classes", test_share=0.0))
    np.testing.assert_array_equal(source.images[..., 0], mine)
    assert source.labels.tolist() == [1, 0, 1, 0, 1]


def test_labels_can_be_left_out(tmp_path: Path):
    path = saved(tmp_path, images=pictures(), labels=np.zeros((4, 10)))
    assert load(Npz(path=path, labels=False)).spec.num_classes == 0


@pytest.mark.parametrize("shape", [(9, 12), (9, 12, 1), (9, 12, 3)])
def test_shapes(tmp_path: Path, shape: tuple[int, ...]):
    source = load(Npz(path=saved(tmp_path, images=pictures(4, *shape)), test_share=0.0))
    assert source.images.shape == (4, 9, 12, 3 if shape[2:] == (3,) else 1)
    assert source.images.dtype == np.uint8


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((0.0, 0.5, 1.0, 0.25), (0, 128, 255, 64)),
        ((-1.0, 0.0, 1.0, 0.5), (0, 128, 255, 191)),
        ((0.0, 0.001, 0.003, 0), (0, 0, 1, 0)),
    ],
)
def test_floats_are_scaled_and_rounded(
    tmp_path: Path, kind: type, levels: tuple[float, ...], expected: tuple[int, ...]
):
    images = np.broadcast_to(np.array(levels, kind)[:, None, None], (4, 8, 8))
    source = load(Npz(path=saved(tmp_path, images=images), test_share=0.0))
    assert [int(level) for image in source.images for level in np.unique(image)] == list(expected)


def test_size(tmp_path: Path):
    path = saved(tmp_path, images=np.full((3, 4, 6), 7, np.uint8))
    images = load(Npz(path=path, size=[16, 24], test_share=0.0)).images
    assert images.shape == (3, 16, 24, 1)
    assert np.unique(images).tolist() == [7]


def test_the_test_split_of_the_file(tmp_path: Path):
    train, test = pictures(5), pictures(3)
    path = saved(
        tmp_path, x_train=train, y_train=np.arange(5), x_test=test, y_test=np.array([[6], [1], [0]])
    )
    np.testing.assert_array_equal(load(Npz(path=path)).images[..., 0], train)
    source = load(Npz(path=path), "test")
    np.testing.assert_array_equal(source.images[..., 0], test)
    assert source.labels.tolist() == [6, 1, 0]
    assert (
        source.class_names
        == load(Npz(path=path)).class_names
        == ["0", "1", "2", "3", "4", "5", "6"]
    )


def test_a_test_split_without_labels_is_none_beside_labels(tmp_path: Path):
    path = saved(tmp_path, x_train=pictures(40), y_train=np.arange(40), x_test=pictures(3))
    assert len(load(Npz(path=path))) + len(load(Npz(path=path), "test")) == 40
    assert len(load(Npz(path=path, labels=False), "test")) == 3


def test_x_test_belongs_to_x_train_alone(tmp_path: Path):
    path = saved(tmp_path, images=pictures(40), x_test=pictures(3), y_test=np.zeros(3, int))
    train, test = (load(Npz(path=path, test_share=0.5), split) for split in ("train", "test"))
    assert len(train) + len(test) == 40
    assert 8 <= len(test) <= 32


def test_held_out_images_are_the_same_at_every_size(tmp_path: Path):
    labels = np.arange(200)
    path = saved(tmp_path, images=pictures(200), labels=labels)
    train, test = (load(Npz(path=path, test_share=0.25), split) for split in ("train", "test"))
    assert sorted([*train.labels.tolist(), *test.labels.tolist()]) == labels.tolist()
    assert 25 <= len(test) <= 75
    assert (
        load(Npz(path=path, size=16, test_share=0.25), "test").labels.tolist()
        == test.labels.tolist()
    )


def test_what_gan_sample_writes(tmp_path: Path):
    from gan_cli.sampling.drawing import Inputs  # it imports TensorFlow
    from gan_cli.sampling.writers import WRITERS, Drawn

    images, labels = pictures(4, 8, 8, 3), np.array([2, 0, 1, 2])
    inputs = [
        Inputs(np.zeros((len(part), 5), np.float32), part) for part in (labels[:3], labels[3:])
    ]
    drawn = Drawn(iter([images[:3], images[3:]]), lambda: iter(inputs), 4, None, 10)
    WRITERS["npz"](tmp_path / "a.npz", drawn)
    source = load(Npz(path=str(tmp_path / "a.npz"), test_share=0.0))
    np.testing.assert_array_equal(source.images, images)
    np.testing.assert_array_equal(source.labels, labels)


def test_what_there_is_for_an_unknown_name(tmp_path: Path):
    path = saved(tmp_path, faces=pictures())
    expected = (
        "no array called images, x_train, x, arr_0 (it holds faces); data.images=NAME takes another"
    )
    assert refusal(path) == expected
    assert refusal(saved(tmp_path)) == expected.replace("faces", "nothing")
    assert (
        refusal(saved(tmp_path, images=pictures()), labels="y")
        == "no array 'y' (it holds images.npy)"
    )
    assert (
        refusal(saved(tmp_path, x=pictures()), images="faces")
        == "no array 'faces' (it holds x.npy)"
    )


SHAPE = "expected [N, H, W] or [N, H, W, 1 or 3]; data.images=NAME takes another array"
SIDES = "sides of 8 to 2048 pixels can be learned; give data.size"
KIND = "expected uint8, or floats in [0, 1] or [-1, 1]; save it as images.astype(np.uint8)"
RANGE = "expected floats in [0, 1] or [-1, 1], or uint8; scale or clip it"
FIRST = "channels first; save it as np.moveaxis(images, 1, -1)"


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 3, 8, 8), np.uint8), f"is uint8 [2, 3, 8, 8], {FIRST}"),
        (np.zeros((2, 1, 8, 8), np.uint8), f"is uint8 [2, 1, 8, 8], {FIRST}"),
        (np.zeros((2, 8, 8, 4), np.uint8), f"is uint8 [2, 8, 8, 4], {SHAPE}"),
        (np.zeros(7, np.uint8), f"is uint8 [7], {SHAPE}"),
        (np.zeros((0, 8, 8), np.uint8), "is uint8 [0, 8, 8]: it holds no images"),
        (np.zeros((2, 7, 8), np.uint8), f"is uint8 [2, 7, 8]: {SIDES}"),
        (np.zeros((1, 8, 2049), np.uint8), f"is uint8 [1, 8, 2049]: {SIDES}"),
        (np.zeros((2, 8, 8), np.int64), f"is int64 [2, 8, 8], {KIND}"),
        (np.zeros((2, 8, 8), bool), f"is bool [2, 8, 8], {KIND}"),
        (np.full((2, 8, 8), 255.0), f"is float64 from 255 to 255, {RANGE}"),
        (np.full((2, 8, 8), -1.5, np.float32), f"is float32 from -1.5 to -1.5, {RANGE}"),
        (np.full((2, 8, 8), np.inf), f"is float64 from inf to inf, {RANGE}"),
        (np.full((2, 8, 8), np.nan), f"holds NaN, {RANGE}"),
        (np.array([None]), "holds pickled objects, which are not read"),
    ],
)
def test_images_that_do_not_fit(tmp_path: Path, images: np.ndarray, message: str):
    assert refusal(saved(tmp_path, images=images)) == f"array 'images' {message}"


INSTEAD = "data.labels=NAME takes other labels, data.labels=false none"
INTEGERS = f"expected integers [N] (of one-hot rows: labels.argmax(1)); {INSTEAD}"
NUMBERED = "expected 0 to 99,999; number the classes from 0"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros((4, 10)), f"labels 'y' are float64 [4, 10], {INTEGERS}"),
        (np.zeros((4, 10), int), f"labels 'y' are int64 [4, 10], {INTEGERS}"),
        (np.zeros(4), f"labels 'y' are float64 [4], {INTEGERS}"),
        (np.array(["cat"] * 4), f"labels 'y' are <U3 [4], {INTEGERS}"),
        (np.array(3), f"labels 'y' are int64 [], {INTEGERS}"),
        (np.array([0, -1, 5, 0]), f"labels 'y' go from -1 to 5, {NUMBERED}"),
        (np.array([0, 1, 5, 100_000]), f"labels 'y' go from 0 to 100000, {NUMBERED}"),
        (
            np.array([0, 1, 5, 2**64 - 1], np.uint64),
            f"labels 'y' go from 0 to {2**64 - 1}, {NUMBERED}",
        ),
        (np.arange(5), f"4 images in 'x', 5 labels in 'y'; {INSTEAD}"),
        (np.arange(0), f"4 images in 'x', 0 labels in 'y'; {INSTEAD}"),
    ],
)
def test_labels_that_do_not_fit(tmp_path: Path, labels: np.ndarray, message: str):
    assert refusal(saved(tmp_path, x=pictures(), y=labels)) == message


def test_the_largest_label(tmp_path: Path):
    source = load(
        Npz(path=saved(tmp_path, x=pictures(), y=np.array([0, 1, 2, 99_999])), test_share=0.0)
    )
    assert (len(source.class_names), source.class_names[-1]) == (100_000, "99999")


def test_what_is_no_npz(tmp_path: Path):
    (tmp_path / "a.npz").write_text("x,y\n")
    assert (
        refusal(str(tmp_path / "a.npz"))
        == "not a readable npz (File is not a zip file); fetch or copy it again"
    )


def test_paths(tmp_path: Path):
    with pytest.raises(
        ConfigError, match=r"^data=npz needs data.path=, an npz file with an array of images$"
    ):
        load(Npz())
    with pytest.raises(DataError, match=r"none.npz: no such file or folder$"):
        load(Npz(path=str(tmp_path / "none.npz")))
    with pytest.raises(DataError, match=r"is no file; data=folder reads a folder of pictures$"):
        load(Npz(path=str(tmp_path)))
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(DataError, match=r"pipe.npz: is no file"):
        load(Npz(path=str(tmp_path / "pipe.npz")))
