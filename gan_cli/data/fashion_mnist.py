"""`data=fashion_mnist`: pieces of clothing, as IDX files."""

from __future__ import annotations

from gan_cli.config.options import Size, option, options
from gan_cli.data import data_source
from gan_cli.data.formats.idx import Known, load_published
from gan_cli.data.reading.options import SIDE
from gan_cli.data.reading.source import Source, Split


@options
class FashionMnist:
    """Options of `data=fashion_mnist`."""

    name: str = "fashion_mnist"
    path: str | None = option(
        "folder with the four IDX files, gzipped or not; null: look around", None
    )
    size: Size = option(f"{SIDE}; null: 28", None)


PUBLISHED = Known(
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


@data_source("fashion_mnist", FashionMnist)
def load(options: FashionMnist, split: Split) -> Source:
    """60,000 and 10,000 pieces of clothing (Xiao et al., 2017)."""
    return load_published(PUBLISHED, options, split, options.size)
