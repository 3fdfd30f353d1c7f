"""`data=mnist`: the 60,000 training digits of LeCun et al., from a file the user has or Keras's copy."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from gan_cli.config import Mnist
from gan_cli.data.arrays import read_idx, read_npz
from gan_cli.data.locate import Download, candidates, fetch
from gan_cli.data.source import ArraySource, resize
from gan_cli.errors import DataError

NPZ = Download(
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
)
IDX = {"images": "train-images-idx3-ubyte", "labels": "train-labels-idx1-ubyte"}


class Found(NamedTuple):
    """Images [N, 28, 28], labels [N] and the file they came from."""

    images: np.ndarray
    labels: np.ndarray
    origin: Path


def load(options: Mnist) -> ArraySource:
    """28x28 grey digits, found at `path`, in GAN_DATA_DIR, in Keras's cache, or downloaded, in this order."""
    try:
        images, labels, origin = _find(options.path)
    except OSError as error:  # an unreadable folder, a name that is too long
        raise DataError(f"{error.filename or options.path}: {error.strerror or error}") from None
    _check(images, labels, origin)
    names = [str(digit) for digit in range(10)]
    return ArraySource(resize(images[..., None], options.size), labels.astype(np.int64), names, str(origin))


def _find(path: str | None) -> Found:
    places = candidates(path)
    for place in places:
        if found := _read(place):
            return found
    if path:
        raise DataError(f"data.path={path}: neither mnist.npz nor the IDX files {', '.join(IDX.values())}")
    npz = fetch("mnist", NPZ, "mnist.npz", places)
    return _read_npz(npz)


def _read(place: Path) -> Found | None:
    """What is at a file or in a folder; None where there is nothing."""
    if place.is_dir():
        if (npz := place / "mnist.npz").is_file():
            return _read_npz(npz)
        images, labels = (_idx_file(place, name) for name in IDX.values())
        return Found(read_idx(images), read_idx(labels), images) if images and labels else None
    if not place.is_file():
        return None
    if place.suffix == ".npz":
        return _read_npz(place)
    if place.name not in _spellings(IDX["images"]):
        raise DataError(f"{place}: expected mnist.npz or an IDX file called {IDX['images']}")
    labels = _idx_file(place.parent, IDX["labels"])
    if labels is None:
        raise DataError(f"{place}: no {IDX['labels']} beside it")
    return Found(read_idx(place), read_idx(labels), place)


def _read_npz(path: Path) -> Found:
    arrays = read_npz(path, ("x_train", "y_train"))
    return Found(arrays["x_train"], arrays["y_train"], path)


def _spellings(name: str) -> list[str]:
    """The plain name, with '.gz', and with the dot that some copies have before 'idx'."""
    dotted = name.replace("-idx", ".idx")
    return [name, f"{name}.gz", dotted, f"{dotted}.gz"]


def _idx_file(folder: Path, name: str) -> Path | None:
    return next((folder / each for each in _spellings(name) if (folder / each).is_file()), None)


def _check(images: np.ndarray, labels: np.ndarray, place: Path) -> None:
    if images.ndim != 3 or images.dtype != np.uint8 or min(images.shape[1:]) < 8 or max(images.shape[1:]) > 2048:
        raise DataError(f"{place}: expected uint8 images [N, 28, 28], found {images.dtype} {list(images.shape)}")
    if labels.shape != images.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"{place}: {len(images)} images but labels of shape {list(labels.shape)}, {labels.dtype}")
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) <= 9:
        raise DataError(f"{place}: labels from {labels.min()} to {labels.max()}, expected 0 to 9")
