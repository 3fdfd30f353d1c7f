"""`data=cifar10`: photographs of ten classes (Krizhevsky, 2009)."""

from __future__ import annotations

from gan_cli.base.download import Download
from gan_cli.config.options import Size, option, options
from gan_cli.data import data_source
from gan_cli.data.formats.cifar import Known, find, source
from gan_cli.data.formats.cifar_binary import Layout
from gan_cli.data.reading.options import SIDE
from gan_cli.data.reading.source import Source, Split


@options
class Cifar10:
    """Options of `data=cifar10`."""

    name: str = "cifar10"
    path: str | None = option(
        "npz with x_train, y_train, or the binary version (.tar.gz or folder); null: look around",
        None,
    )
    size: Size = option(f"{SIDE}; null: 32", None)


PUBLISHED = Known(
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

CLASSES = "airplane automobile bird cat deer dog frog horse ship truck"


@data_source("cifar10", Cifar10)
def load(options: Cifar10, split: Split) -> Source:
    """50,000 and 10,000 images of ten classes."""
    found = find(PUBLISHED, options, split)
    return source(PUBLISHED, options, split, found, found.labels[:, 0], CLASSES)
