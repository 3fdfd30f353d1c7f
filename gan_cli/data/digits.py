"""`data=digits`: 1,797 real handwritten digits that ship with the package (UCI, see
digits.LICENSE.txt).
"""

from __future__ import annotations

from importlib.resources import files

from gan_cli.base.lazy import np
from gan_cli.config.options import Share, Size, option, options
from gan_cli.data import data_source
from gan_cli.data.reading.options import SIDE
from gan_cli.data.reading.source import Source, Split, digests, held_out, resize


@options
class Digits:
    """Options of `data=digits`."""

    name: str = "digits"
    size: Size = option(SIDE, 16)
    test_share: Share = option("share of the images that is held out for evaluation", 0.1)


@data_source("digits", Digits)
def load(options: Digits, split: Split) -> Source:
    """8x8 grey levels 0..16, scaled to 0..255 and to the size asked for."""
    with (
        files("gan_cli.data").joinpath("digits.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as arrays,
    ):
        levels, labels = arrays["images"], arrays["labels"]
    rows = held_out(digests(levels), options.test_share, split)
    pixels = np.rint(levels[rows].astype(np.float32) * (255 / 16)).astype(np.uint8)[..., None]
    names = [str(digit) for digit in range(10)]
    return Source(
        resize(pixels, options.size), labels[rows].astype(np.int64), names, "shipped with gan_cli"
    )
