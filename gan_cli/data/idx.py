"""`data=mnist`, `fashion_mnist` and `kmnist`: 28x28 grey images of ten classes, as IDX files or
(MNIST) Keras's npz.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from gan_cli.base.download import Download, keras_cache, one_line, places
from gan_cli.base.errors import DataError
from gan_cli.config.options import Size, option, options
from gan_cli.data import data_source
from gan_cli.data.reading.arrays import read_idx, read_npz
from gan_cli.data.reading.locate import fetch
from gan_cli.data.reading.options import SIDE
from gan_cli.data.reading.source import Source, Split, resize


@options
class Mnist:
    """Options of `data=mnist`."""

    name: str = "mnist"
    path: str | None = option(
        "mnist.npz, or a folder that holds it or the four IDX files; null: look around", None
    )
    size: Size = option(f"{SIDE}; null: 28", None)


@options
class FashionMnist:
    """Options of `data=fashion_mnist`."""

    name: str = "fashion_mnist"
    path: str | None = option(
        "folder with the four IDX files, gzipped or not; null: look around", None
    )
    size: Size = option(f"{SIDE}; null: 28", None)


@options
class Kmnist:
    """Options of `data=kmnist`."""

    name: str = "kmnist"
    path: str | None = option(
        "folder with the four IDX files, gzipped or not; null: look around", None
    )
    size: Size = option(f"{SIDE}; null: 28", None)


class Located(Protocol):
    """Options that say where a set's files are."""

    @property
    def name(self) -> str: ...

    @property
    def path(self) -> str | None: ...


IDX: dict[Split, tuple[str, str]] = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


class Known(NamedTuple):
    """A published set.

    Attributes:
        folders: where it may lie below a place that holds several sets, whose IDX files all have
            the same names.
        address: the folder of the network that it is published in.
        sha256: file of that folder -> its hash.
        class_names: in the order of the labels.
        npz: the file with x_train, y_train, x_test, y_test, where it is published as one.
    """

    folders: tuple[str, ...]
    address: str
    sha256: dict[str, str]
    class_names: str
    npz: str = ""


MNIST = Known(
    folders=(".", "mnist", "MNIST", "MNIST/raw"),
    address="https://storage.googleapis.com/tensorflow/tf-keras-datasets",
    sha256={"mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"},
    class_names="0, 1, 2, 3, 4, 5, 6, 7, 8, 9",
    npz="mnist.npz",
)
FASHION_MNIST = Known(
    folders=("fashion-mnist", "fashion_mnist", "FashionMNIST", "FashionMNIST/raw"),
    address="https://storage.googleapis.com/tensorflow/tf-keras-datasets",
    sha256={
        "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",  # noqa: E501
        "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",  # noqa: E501
        "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",  # noqa: E501
        "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",  # noqa: E501
    },
    class_names="T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle "
    "boot",
)
KMNIST = Known(
    folders=("kmnist", "KMNIST", "KMNIST/raw"),
    address="http://codh.rois.ac.jp/kmnist/dataset/kmnist",
    sha256={
        "train-images-idx3-ubyte.gz": "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",  # noqa: E501
        "train-labels-idx1-ubyte.gz": "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",  # noqa: E501
        "t10k-images-idx3-ubyte.gz": "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",  # noqa: E501
        "t10k-labels-idx1-ubyte.gz": "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",  # noqa: E501
    },
    class_names="o, ki, su, tsu, na, ha, ma, ya, re, wo",
)


class Found(NamedTuple):
    """Images [N, 28, 28], labels [N] and the file they came from."""

    images: np.ndarray
    labels: np.ndarray
    origin: Path


@data_source("mnist", Mnist)
def mnist(options: Mnist, split: Split) -> Source:
    """60,000 and 10,000 handwritten digits (LeCun et al., 1998)."""
    return _load(MNIST, options, split, options.size)


@data_source("fashion_mnist", FashionMnist)
def fashion_mnist(options: FashionMnist, split: Split) -> Source:
    """60,000 and 10,000 pieces of clothing (Xiao et al., 2017)."""
    return _load(FASHION_MNIST, options, split, options.size)


@data_source("kmnist", Kmnist)
def kmnist(options: Kmnist, split: Split) -> Source:
    """60,000 and 10,000 cursive Japanese characters (Clanuwat et al., 2018)."""
    return _load(KMNIST, options, split, options.size)


def digits(options: Located, split: Split) -> Source:
    """MNIST at its own size, for the sets that are made of it."""
    return _load(MNIST, options, split, None)


def _load(known: Known, options: Located, split: Split, size: int | list[int] | None) -> Source:
    with one_line(options.path):
        images, labels, origin = _find(known, options.name, options.path, split)
    _check(images, labels, origin)
    return Source(
        resize(images[..., None], size),
        labels.astype(np.int64),
        known.class_names.split(", "),
        str(origin),
    )


def _find(known: Known, name: str, path: str | None, split: Split) -> Found:
    """At `path`, in GAN_DATA_DIR, in Keras's cache, or downloaded, in this order."""
    for place in places(path, known.folders):
        if found := _read_place(known, place, split):
            return found
    if path:
        missing = f"neither {known.npz} nor the" if known.npz else "no"
        raise DataError(f"data.path={path}: {missing} IDX files {', '.join(IDX[split])}")
    return _download(known, name, split)


def _read_place(known: Known, place: Path, split: Split) -> Found | None:
    """What is at a file or in a folder; None where there is nothing."""
    if place.is_dir():
        if known.npz and (npz := place / known.npz).is_file():
            return _read_npz(npz, split)
        images, labels = (_idx_file(place, name) for name in IDX[split])
        return _read_idx(images, labels) if images and labels else None
    if not place.is_file():
        return None
    if known.npz and place.suffix == ".npz":
        return _read_npz(place, split)
    if not any(place.name in _spellings(names[0]) for names in IDX.values()):
        either = f"{known.npz} or " if known.npz else ""
        raise DataError(f"{place}: expected {either}an IDX file called {IDX[split][0]}")
    return _read_beside(place, split)


def _read_beside(place: Path, split: Split) -> Found:
    """The file of images stands for its folder."""
    images, labels = (_idx_file(place.parent, name) for name in IDX[split])
    if images is None or labels is None:
        raise DataError(f"{place}: no {IDX[split][1] if images else IDX[split][0]} beside it")
    return _read_idx(images, labels)


def _download(known: Known, name: str, split: Split) -> Found:
    if known.npz:
        return _read_npz(_fetch(known, name, ".", known.npz), split)
    folder = known.folders[0]
    images, labels = (
        _idx_file(keras_cache() / folder, plain)
        or _fetch(known, name, folder, f"{plain}.gz")  # one may be there already
        for plain in IDX[split]
    )
    return _read_idx(images, labels)


def _fetch(known: Known, name: str, folder: str, file: str) -> Path:
    published = Download(f"{known.address}/{file}", known.sha256[file])
    return fetch(name, published, (Path(folder) / file).as_posix())


def _read_npz(path: Path, split: Split) -> Found:
    names = (f"x_{split}", f"y_{split}")
    arrays = read_npz(path, names)
    return Found(arrays[names[0]], arrays[names[1]], path)


def _read_idx(images: Path, labels: Path) -> Found:
    return Found(read_idx(images), read_idx(labels), images)


def _spellings(name: str) -> list[str]:
    """The plain name, with '.gz', and with the dot that some copies have before 'idx'."""
    dotted = name.replace("-idx", ".idx")
    return [name, f"{name}.gz", dotted, f"{dotted}.gz"]


def _idx_file(folder: Path, name: str) -> Path | None:
    return next((folder / each for each in _spellings(name) if (folder / each).is_file()), None)


def _check(images: np.ndarray, labels: np.ndarray, place: Path) -> None:
    if not images.size:
        raise DataError(f"{place}: holds no images")
    if (
        images.ndim != 3
        or images.dtype != np.uint8
        or min(images.shape[1:]) < 8
        or max(images.shape[1:]) > 2048
    ):
        raise DataError(
            f"{place}: expected uint8 images [N, 28, 28], found {images.dtype} {list(images.shape)}"
        )
    if labels.shape != images.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(
            f"{place}: {len(images)} images but labels of shape {list(labels.shape)}, "
            f"{labels.dtype}"
        )
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) <= 9:
        raise DataError(f"{place}: labels from {labels.min()} to {labels.max()}, expected 0 to 9")
