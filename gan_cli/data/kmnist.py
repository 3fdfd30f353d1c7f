"""`data=kmnist`: cursive Japanese characters, as IDX files."""

from __future__ import annotations

from gan_cli.config.options import Size, option, options
from gan_cli.data import data_source
from gan_cli.data.formats.idx import Known, load_published
from gan_cli.data.reading.options import SIDE
from gan_cli.data.reading.source import Source, Split
from gan_cli.data.reading.strokes import Written, in_words


@options
class Kmnist(Written):
    """Options of `data=kmnist`."""

    name: str = "kmnist"
    path: str | None = option(
        "folder with the four IDX files, gzipped or not; null: look around", None
    )
    size: Size = option(f"{SIDE}; null: 28", None)


PUBLISHED = Known(
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


@data_source("kmnist", Kmnist)
def load(options: Kmnist, split: Split) -> Source:
    """60,000 and 10,000 cursive Japanese characters (Clanuwat et al., 2018)."""
    return in_words(load_published(PUBLISHED, options, split, options.size), options)
