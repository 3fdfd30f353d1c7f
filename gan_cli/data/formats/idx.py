"""Sets of 28x28 grey images of ten classes that are published as MNIST is: as IDX files, or as one
npz.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

from gan_cli.base.download import Download, keras_cache, one_line, places
from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.data.formats.fetch import fetch
from gan_cli.data.reading.arrays import read_idx, read_npz
from gan_cli.data.reading.source import Source, Split, resize


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


class Found(NamedTuple):
    """Images [N, 28, 28], labels [N] and the file they came from."""

    images: np.ndarray
    labels: np.ndarray
    origin: Path


def load_published(
    known: Known, options: Located, split: Split, size: int | list[int] | None
) -> Source:
    """A split of a published set, at another size where one is asked for.

    Raises:
        DataError: it is nowhere, or damaged.
    """
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
