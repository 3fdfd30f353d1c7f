"""`data=digits`: 1,797 real handwritten digits that ship with the package (UCI, see
digits.LICENSE.txt).
"""

from __future__ import annotations

from gan_cli.config.options import Share, Size, option, options
from gan_cli.data import data_source
from gan_cli.data.formats.shipped import load_shipped
from gan_cli.data.reading.options import SIDE
from gan_cli.data.reading.source import Source, Split
from gan_cli.data.reading.strokes import Written, in_words


@options
class Digits(Written):
    """Options of `data=digits`."""

    name: str = "digits"
    size: Size = option(SIDE, 16)
    test_share: Share = option("share of the images that is held out for evaluation", 0.1)


@data_source("digits", Digits)
def load(options: Digits, split: Split) -> Source:
    """1,797 handwritten digits of 8x8 pixels, scaled to the given size."""
    return in_words(load_shipped(options, split, brightest=16), options)
