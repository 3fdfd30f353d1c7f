"""`data=mnist`: handwritten digits, as Keras's npz or as IDX files."""

from __future__ import annotations

from gan_cli.config.options import Size, option, options
from gan_cli.data import data_source
from gan_cli.data.formats.idx import Known, Located, load_published
from gan_cli.data.reading.options import SIDE
from gan_cli.data.reading.source import Source, Split
from gan_cli.data.reading.strokes import Written, in_words


@options
class Mnist(Written):
    """Options of `data=mnist`."""

    name: str = "mnist"
    path: str | None = option(
        "mnist.npz, or a folder that holds it or the four IDX files; null: look around", None
    )
    size: Size = option(f"{SIDE}; null: 28", None)


PUBLISHED = Known(
    folders=(".", "mnist", "MNIST", "MNIST/raw"),
    address="https://storage.googleapis.com/tensorflow/tf-keras-datasets",
    sha256={"mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"},
    class_names="0, 1, 2, 3, 4, 5, 6, 7, 8, 9",
    npz="mnist.npz",
)


@data_source("mnist", Mnist)
def load(options: Mnist, split: Split) -> Source:
    """60,000 and 10,000 handwritten digits (LeCun et al., 1998)."""
    return in_words(load_published(PUBLISHED, options, split, options.size), options)


def load_digits(options: Located, split: Split) -> Source:
    """MNIST at its own size, for the sets that are made of it."""
    return load_published(PUBLISHED, options, split, None)
