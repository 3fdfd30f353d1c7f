"""`data=mnist_small`: 6,000 of MNIST's training digits, the first 600 of each class in the order of
its file, which ship with the package (LeCun and Cortes, see mnist_small.LICENSE.txt).
"""

from __future__ import annotations

from gan_cli.config.options import Share, Size, option, options
from gan_cli.data import data_source
from gan_cli.data.formats.shipped import load_shipped
from gan_cli.data.reading.options import SIDE
from gan_cli.data.reading.source import Source, Split
from gan_cli.data.reading.strokes import Written, in_words


@options
class MnistSmall(Written):
    """Options of `data=mnist_small`."""

    name: str = "mnist_small"
    size: Size = option(f"{SIDE}; null: 28", None)
    test_share: Share = option("share of the images that is held out for evaluation", 0.1)


@data_source("mnist_small", MnistSmall)
def load(options: MnistSmall, split: Split) -> Source:
    """The first 600 of MNIST's training digits of each class (LeCun et al., 1998)."""
    return in_words(load_shipped(options, split), options)
