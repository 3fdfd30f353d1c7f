"""Sets of 32x32 RGB images that are published as CIFAR is: as an npz or the official binary
version.

Keras's own copies (cifar-10-batches-py) are pickles, which are never read: where nothing else is
found, the download follows.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

from gan_cli.base.download import Download, one_line, places
from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.data.formats.cifar_binary import Layout, Table, check_labels, read_archive, read_folder
from gan_cli.data.formats.fetch import fetch
from gan_cli.data.reading.arrays import read_npz
from gan_cli.data.reading.source import Source, Split, resize


class Located(Protocol):
    """Options that say where a set's files are, and the size of its images."""

    @property
    def name(self) -> str: ...

    @property
    def path(self) -> str | None: ...

    @property
    def size(self) -> int | list[int] | None: ...


class Known(NamedTuple):
    """A published set: its npz with x_train, y_train, x_test, y_test, that of a part of it, and the
    binary version.
    """

    npz: str
    part: str
    layout: Layout
    download: Download


def source(
    known: Known,
    options: Located,
    split: Split,
    found: Table,
    labels: np.ndarray,
    names: str,
) -> Source:
    """A split with these of its labels, at another size where one is asked for."""
    whole = known.layout.count(split)
    notes = (
        []
        if len(labels) == whole
        else [f"{len(labels):,} of the {whole:,} {split} images of {options.name}"]
    )
    images = resize(found.images, options.size)
    return Source(images, labels.astype(np.int64), names.split(), str(found.origin), notes=notes)


def find(known: Known, options: Located, split: Split) -> Table:
    """At `path`, in GAN_DATA_DIR, in Keras's cache, or downloaded, in this order; in a folder the
    whole set before a part.
    """
    layout = known.layout
    with one_line(options.path):
        for place in places(options.path, (known.npz, layout.folder, layout.archive, known.part)):
            if found := _read(known, place, split):
                return found
    if options.path:
        files = ", ".join(layout.files[split])
        raise DataError(
            f"data.path={options.path}: neither {known.npz} nor {layout.archive} nor its files "
            f"{files}"
        )
    return read_archive(layout, fetch(options.name, known.download, layout.archive), split)


def _read(known: Known, place: Path, split: Split) -> Table | None:
    """What is at a file or in a folder; None where there is nothing."""
    if place.is_dir():
        return read_folder(known.layout, place, split)
    if not place.is_file():
        return None
    if place.suffix == ".npz":
        return _read_npz(place, known.layout.classes[-1], split)
    if place.name.endswith((".tar.gz", ".tgz")):
        return read_archive(known.layout, place, split)
    raise DataError(
        f"{place}: expected {known.npz}, {known.layout.archive} or a folder with its files"
    )


def _read_npz(path: Path, classes: int, split: Split) -> Table:
    images, labels = read_npz(path, (f"x_{split}", f"y_{split}")).values()
    if images.dtype != np.uint8 or images.shape[1:] != (32, 32, 3) or not len(images):
        raise DataError(
            f"{path}: expected uint8 images [N, 32, 32, 3], found {images.dtype} "
            f"{list(images.shape)}"
        )
    if labels.shape not in ((len(images),), (len(images), 1)) or not np.issubdtype(
        labels.dtype, np.integer
    ):
        raise DataError(
            f"{path}: {len(images)} images but labels of shape {list(labels.shape)}, {labels.dtype}"
        )
    check_labels(labels, classes, str(path))
    return Table(images, labels.reshape(-1, 1), path)
