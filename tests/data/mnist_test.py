"""MNIST from wherever it is, and one line for whatever is wrong with it."""

import gzip
import os
import urllib.error
from pathlib import Path

import numpy as np
import pytest

from gan_cli.config import Mnist
from gan_cli.data import load, locate, mnist
from gan_cli.errors import DataError
from tests.data.made import IMAGES, LABELS, digits, idx, write_npz

REAL = Path(os.environ.get("GAN_DATA_DIR") or "nowhere") / "mnist.npz"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of Keras's, no folder of the user's, and nothing to download."""
    monkeypatch.delenv("GAN_DATA_DIR", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    publish(monkeypatch, tmp_path / "unpublished.npz", "")
    return tmp_path / "keras" / "datasets"


def publish(monkeypatch: pytest.MonkeyPatch, path: Path, sha256: str) -> None:
    """Let the download be a file of ours."""
    monkeypatch.setattr(mnist, "NPZ", locate.Download(path.as_uri(), sha256))


def level(**options: object) -> int:
    """The grey level that tells which of the made files was read."""
    (found,) = np.unique(load(Mnist(**options)).images)
    return int(found)


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        load(Mnist(path=str(path)))
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def write_idx(folder: Path, images: str = IMAGES, labels: str = LABELS, level: int = 7) -> Path:
    """The two files; gzipped where the name says so."""
    folder.mkdir(exist_ok=True, parents=True)
    for name, array in zip((images, labels), digits(level), strict=True):
        (folder / name).write_bytes(gzip.compress(idx(array)) if name.endswith(".gz") else idx(array))
    return folder


def test_what_the_source_holds(tmp_path: Path):
    write_npz(tmp_path / "mnist.npz", level=9)
    source = load(Mnist(path=str(tmp_path / "mnist.npz")))
    assert (source.images.shape, source.images.dtype) == ((3, 28, 28, 1), np.uint8)
    assert (source.labels.tolist(), source.labels.dtype) == ([0, 1, 2], np.int64)
    assert source.class_names == list("0123456789")
    assert source.spec.image_shape == (28, 28, 1)
    assert source.spec.num_classes == 10
    assert source.origin == str(tmp_path / "mnist.npz")


@pytest.mark.parametrize(("size", "shape"), [(None, (28, 28)), (14, (14, 14)), ([20, 32], (20, 32))])
def test_size(tmp_path: Path, size: object, shape: tuple[int, int]):
    write_npz(tmp_path / "mnist.npz", level=9)
    images = load(Mnist(path=str(tmp_path), size=size)).images
    assert images.shape == (3, *shape, 1)
    assert np.unique(images).tolist() == [9]


def test_the_order_of_the_places(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch):
    """data.path before GAN_DATA_DIR before Keras's cache before the network."""
    publish(monkeypatch, tmp_path / "published.npz", write_npz(tmp_path / "published.npz", level=4))
    assert level() == 4
    write_npz(cache / "mnist.npz", level=3)
    assert level() == 3
    write_npz(tmp_path / "mine" / "mnist.npz", level=2)
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    assert level() == 2
    write_npz(tmp_path / "given" / "mnist.npz", level=1)
    assert level(path=str(tmp_path / "given")) == 1
    assert level(path=str(tmp_path / "given" / "mnist.npz")) == 1


def test_the_second_run_needs_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    published = tmp_path / "published.npz"
    publish(monkeypatch, published, write_npz(published, level=4))
    first = load(Mnist())
    published.unlink()
    assert load(Mnist()).fingerprint == first.fingerprint


def test_a_download_that_is_not_the_published_file(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch):
    write_npz(tmp_path / "published.npz")
    publish(monkeypatch, tmp_path / "published.npz", "0" * 64)
    with pytest.raises(DataError, match="what arrived is not the published file"):
        load(Mnist())
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_it_is_passed_over(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, exists: bool):
    write_npz(cache / "mnist.npz", level=3)
    if exists:
        (tmp_path / "mine").mkdir()
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    assert level() == 3


def test_a_folder_with_half_of_it_is_passed_over(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch):
    write_npz(cache / "mnist.npz", level=3)
    (write_idx(tmp_path / "half") / LABELS).unlink()
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "half"))
    assert level() == 3


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("dot", ["-idx", ".idx"])
def test_idx_files_under_their_four_names(tmp_path: Path, ending: str, dot: str):
    folder = write_idx(tmp_path / "idx", *(name.replace("-idx", dot) + ending for name in (IMAGES, LABELS)), level=5)
    source = load(Mnist(path=str(folder)))
    assert np.unique(source.images).tolist() == [5]
    assert source.images.shape == (3, 28, 28, 1)
    assert source.labels.tolist() == [0, 1, 2]


def test_names_of_idx_files_may_be_mixed(tmp_path: Path):
    folder = write_idx(tmp_path / "idx", f"{IMAGES}.gz", LABELS.replace("-idx", ".idx"), level=6)
    assert level(path=str(folder)) == 6


def test_the_file_of_images_stands_for_both(tmp_path: Path):
    assert level(path=str(write_idx(tmp_path / "idx", level=8) / IMAGES)) == 8


def test_a_path_that_does_not_exist(tmp_path: Path):
    expected = f"neither mnist.npz nor the IDX files {IMAGES}, {LABELS}"
    assert refusal(tmp_path / "none.npz") == f"data.path={tmp_path / 'none.npz'}: {expected}"
    assert refusal(tmp_path) == f"data.path={tmp_path}: {expected}"


def test_a_mistyped_path_is_not_answered_by_its_neighbours(tmp_path: Path):
    write_idx(tmp_path)
    assert "neither mnist.npz nor the IDX files" in refusal(tmp_path / "mnits.npz")


def test_a_given_path_is_never_answered_by_another_place(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch):
    write_npz(cache / "mnist.npz")
    write_npz(tmp_path / "mine" / "mnist.npz")
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    assert "neither mnist.npz nor" in refusal(tmp_path / "none.npz")


def test_a_file_of_another_name(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("no digits\n")
    assert refusal(tmp_path / "notes.txt").endswith(f": expected mnist.npz or an IDX file called {IMAGES}")


def test_text_in_place_of_the_npz(tmp_path: Path):
    (tmp_path / "mnist.npz").write_text("<html>\nnot found\n</html>\n")
    assert "not a readable npz (File is not a zip file)" in refusal(tmp_path / "mnist.npz")


def changed(**arrays: np.ndarray):
    return lambda path: write_npz(path, **arrays)


@pytest.mark.parametrize(("write", "message"), [
    (lambda path: np.savez(path, x=np.zeros(3)), "no array 'x_train' (it holds x.npy)"),
    (lambda path: np.savez(path, x_train=digits(0)[0]), "no array 'y_train' (it holds x_train.npy)"),
    (changed(y_train=np.array([1, {}], dtype=object)), "holds pickled objects"),
    (changed(y_train=np.arange(4)), "3 images but labels of shape [4], int64"),
    (changed(y_train=np.zeros((3, 1), np.uint8)), "3 images but labels of shape [3, 1], uint8"),
    (changed(y_train=np.zeros(3)), "3 images but labels of shape [3], float64"),
    (changed(y_train=np.array([0, 10, 1])), "labels from 0 to 10, expected 0 to 9"),
    (changed(y_train=np.array([0, -1, 1])), "labels from -1 to 1, expected 0 to 9"),
    (changed(x_train=np.zeros((3, 784), np.uint8)), "expected uint8 images [N, 28, 28], found uint8 [3, 784]"),
    (changed(x_train=np.zeros((3, 28, 28, 1), np.uint8)), "expected uint8 images [N, 28, 28], found uint8 [3, 28, 28, 1]"),
    (changed(x_train=np.zeros((3, 28, 28))), "expected uint8 images [N, 28, 28], found float64 [3, 28, 28]"),
    (changed(x_train=np.zeros((3, 28, 7), np.uint8)), "expected uint8 images [N, 28, 28], found uint8 [3, 28, 7]"),
    (changed(x_train=np.zeros((3, 2049, 8), np.uint8)), "expected uint8 images [N, 28, 28], found uint8 [3, 2049, 8]"),
])  # fmt: skip
def test_an_npz_that_is_not_mnist(tmp_path: Path, write, message: str):
    write(tmp_path / "mnist.npz")
    assert message in refusal(tmp_path / "mnist.npz")


@pytest.mark.parametrize(("name", "content", "message"), [
    (IMAGES, idx(digits(0)[0])[:-5], "holds 2,347 bytes, its header says 2,352"),
    (LABELS, idx(digits(0)[1]) + b"more", "its header says 3"),
    (LABELS, idx(digits(0)[1])[4:], "wrong magic number"),
    (LABELS, idx(np.array([0, 1, 11], np.uint8)), "labels from 0 to 11, expected 0 to 9"),
    (LABELS, idx(np.array([0, 1], np.uint8)), "3 images but labels of shape [2], uint8"),
    (IMAGES, idx(digits(0)[1]), "expected uint8 images [N, 28, 28], found uint8 [3]"),
    (IMAGES, b"\x00\x00\x08\x03" + b"\xff" * 12, "claims 79,228,162,458,924,105,385,300,197,375 bytes of pixels"),
])  # fmt: skip
def test_damaged_idx_files(tmp_path: Path, name: str, content: bytes, message: str):
    (write_idx(tmp_path / "idx") / name).write_bytes(content)
    assert message in refusal(tmp_path / "idx")


def test_damage_is_told_even_where_the_next_place_is_good(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch):
    write_npz(cache / "mnist.npz")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "mnist.npz").write_bytes(b"PK")
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    with pytest.raises(DataError) as caught:
        load(Mnist())
    assert str(caught.value).startswith(f"{tmp_path / 'mine' / 'mnist.npz'}: not a readable npz")


def test_no_network(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch):
    def urlopen(url: str, timeout: float) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(locate.urllib.request, "urlopen", urlopen)
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    with pytest.raises(DataError) as caught:
        load(Mnist())
    assert str(caught.value) == (
        f"data=mnist: no mnist.npz in {tmp_path / 'mine'}, {cache}, and the download failed (no route to host); "
        f"put mnist.npz there, or give data.path=FILE or GAN_DATA_DIR=FOLDER; data=digits needs no file"
    )
    assert list(cache.iterdir()) == []


@pytest.mark.skipif(not REAL.is_file(), reason="GAN_DATA_DIR holds no mnist.npz")
def test_the_real_one():
    source = load(Mnist(path=str(REAL)))
    assert source.images.shape == (60_000, 28, 28, 1)
    assert np.bincount(source.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert source.images.mean() == pytest.approx(
        33.318, abs=0.05
    )  # copies that were PNG files differ by a level here and there
