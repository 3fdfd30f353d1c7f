"""`data=mnist`: the 60,000 training digits of LeCun et al., from a file the user has or Keras's copy."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gan_cli.config import Mnist
from gan_cli.data.arrays import read_idx, read_npz
from gan_cli.data.locate import Download, candidates, fetch, not_found
from gan_cli.data.source import ArraySource, resize
from gan_cli.errors import DataError

NPZ = Download(
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
)
IDX = {"images": "train-images-idx3-ubyte", "labels": "train-labels-idx1-ubyte"}


def load(options: Mnist) -> ArraySource:
    """28x28 grey digits, found at `path`, in GAN_DATA_DIR, in Keras's cache, or downloaded, in this order."""
    places = candidates(options.path)
    for place in places:
        found = _read(place)
        if found is not None:
            break
    else:
        if options.path:
            raise DataError(f"data.path={options.path}: neither mnist.npz nor the IDX files {', '.join(IDX.values())}")
        found = _read(_download(places))
        assert found is not None
    images, labels = found
    _check(images, labels, place if not options.path else Path(options.path))
    names = [str(digit) for digit in range(10)]
    return ArraySource(resize(images[..., None], options.size), labels.astype(np.int64), names, str(place))


def _download(places: list[Path]) -> Path:
    try:
        return fetch(NPZ, "mnist.npz")
    except OSError as error:
        raise not_found("mnist", "mnist.npz", places, error) from None


def _read(place: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Images and labels at a file or in a folder; None where there are none."""
    npz = place / "mnist.npz" if place.is_dir() else place
    if npz.is_file() and npz.suffix == ".npz":
        arrays = read_npz(npz, ("x_train", "y_train"))
        return arrays["x_train"], arrays["y_train"]
    folder = place if place.is_dir() else place.parent
    if place.is_file() and not place.name.startswith(IDX["images"]):
        raise DataError(f"{place}: expected mnist.npz or an IDX file called {IDX['images']}")
    images, labels = (_idx_file(folder, name) for name in IDX.values())
    if not place.exists() or images is None or labels is None:
        return None
    return read_idx(images), read_idx(labels)


def _idx_file(folder: Path, name: str) -> Path | None:
    """The file under its plain name, with '.gz', or with the dot that some copies have before 'idx'."""
    names = (name, f"{name}.gz", name.replace("-idx", ".idx"), name.replace("-idx", ".idx") + ".gz")
    return next((folder / each for each in names if (folder / each).is_file()), None)


def _check(images: np.ndarray, labels: np.ndarray, place: Path) -> None:
    if images.ndim != 3 or images.dtype != np.uint8 or min(images.shape[1:]) < 8 or max(images.shape[1:]) > 2048:
        raise DataError(f"{place}: expected uint8 images [N, 28, 28], found {images.dtype} {list(images.shape)}")
    if labels.shape != images.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"{place}: {len(images)} images but labels of shape {list(labels.shape)}, {labels.dtype}")
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) <= 9:
        raise DataError(f"{place}: labels from {labels.min()} to {labels.max()}, expected 0 to 9")
