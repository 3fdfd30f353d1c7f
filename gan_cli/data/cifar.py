"""`data=cifar10` and `data=cifar100`: 32x32 RGB images (Krizhevsky, 2009), from an npz or the
official binary version.

Keras's own copies (cifar-10-batches-py) are pickles, which are never read: where nothing else is
found, the download follows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from gan_cli.base.download import Download, one_line, places
from gan_cli.base.errors import DataError
from gan_cli.config.options import Size, option, options
from gan_cli.data import data_source
from gan_cli.data.reading import cifar_names
from gan_cli.data.reading.arrays import read_npz
from gan_cli.data.reading.cifar_binary import Layout, Table, check_labels, read_archive, read_folder
from gan_cli.data.reading.locate import fetch
from gan_cli.data.reading.options import SIDE
from gan_cli.data.reading.source import Source, Split, resize


@options
class Cifar10:
    """Options of `data=cifar10`."""

    name: str = "cifar10"
    path: str | None = option(
        "npz with x_train, y_train, or the binary version (.tar.gz or folder); null: look around",
        None,
    )
    size: Size = option(f"{SIDE}; null: 32", None)


@options
class Cifar100:
    """Options of `data=cifar100`."""

    name: str = "cifar100"
    path: str | None = option(
        "npz with x_train, y_train, or the binary version (.tar.gz or folder); null: look around",
        None,
    )
    size: Size = option(f"{SIDE}; null: 32", None)
    labels: Literal["fine", "coarse"] = option("the 100 classes or the 20 groups of them", "fine")


class Known(NamedTuple):
    """A published set: its npz with x_train, y_train, x_test, y_test, that of a part of it, and the
    binary version.
    """

    npz: str
    part: str
    layout: Layout
    download: Download


CIFAR10 = Known(
    npz="cifar10.npz",
    part="cifar10_subset.npz",
    layout=Layout(
        folder="cifar-10-batches-bin",
        archive="cifar-10-binary.tar.gz",
        files={
            "train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
            "test": ("test_batch.bin",),
        },
        records={"train": 10_000, "test": 10_000},
        classes=(10,),
    ),
    download=Download(
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    ),
)
CIFAR100 = Known(
    npz="cifar100.npz",
    part="cifar100_subset.npz",
    layout=Layout(
        folder="cifar-100-binary",
        archive="cifar-100-binary.tar.gz",
        files={"train": ("train.bin",), "test": ("test.bin",)},
        records={"train": 50_000, "test": 10_000},
        classes=(20, 100),
    ),
    download=Download(
        "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    ),
)


@data_source("cifar10", Cifar10)
def cifar10(options: Cifar10, split: Split) -> Source:
    """50,000 and 10,000 images of ten classes."""
    found = _find(CIFAR10, options, split)
    return _source(CIFAR10, options, split, found, found.labels[:, 0], cifar_names.CIFAR10)


@data_source("cifar100", Cifar100)
def cifar100(options: Cifar100, split: Split) -> Source:
    """50,000 and 10,000 images of 100 classes in 20 groups."""
    found = _find(CIFAR100, options, split)
    if options.labels == "fine":
        return _source(CIFAR100, options, split, found, found.labels[:, -1], cifar_names.FINE)
    if found.labels.shape[1] == 1:
        raise DataError(
            f"{found.origin}: an npz has the fine labels alone; for data.labels=coarse give "
            "data.path=FILE with "
            f"{CIFAR100.layout.archive} from {CIFAR100.download.url}"
        )
    return _source(CIFAR100, options, split, found, found.labels[:, 0], cifar_names.COARSE)


def _source(
    known: Known,
    options: Cifar10 | Cifar100,
    split: Split,
    found: Table,
    labels: np.ndarray,
    names: str,
) -> Source:
    whole = known.layout.count(split)
    notes = (
        []
        if len(labels) == whole
        else [f"{len(labels):,} of the {whole:,} {split} images of {options.name}"]
    )
    images = resize(found.images, options.size)
    return Source(images, labels.astype(np.int64), names.split(), str(found.origin), notes=notes)


def _find(known: Known, options: Cifar10 | Cifar100, split: Split) -> Table:
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
