"""`data=stacked_mnist`: three digits of MNIST as red, green and blue: 1,000 modes to count (Metz et
al., 2017).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gan_cli.base.lazy import np
from gan_cli.config.options import Seed, Size, option, options
from gan_cli.data import data_source
from gan_cli.data.mnist import Mnist, load_digits
from gan_cli.data.reading.options import SIDE
from gan_cli.data.reading.source import Source, Split, resize


@options
class StackedMnist:
    """Options of `data=stacked_mnist`."""

    name: str = "stacked_mnist"
    path: str | None = option("as data=mnist", None)
    size: Size = option(f"{SIDE}; null: 28", None)
    count: Annotated[int, Field(ge=1, le=1_000_000)] = option(
        "images to make of MNIST's training digits", 60_000
    )
    seed: Seed = option("decides which digits are stacked", 0)

    def planes(self) -> Mnist:
        """The data set that each plane is an image of."""
        return Mnist(path=self.path, size=self.size)


TEST_COUNT = 10_000
"""Most images of the test split."""
STREAMS: dict[Split, int] = {"train": 0, "test": 1}
BLOCK = 1000
"""Images in memory beside the result."""


@data_source("stacked_mnist", StackedMnist)
def load(options: StackedMnist, split: Split) -> Source:
    """Images [N, 28, 28, 3]; the label is 100 red + 10 green + blue.

    More images begin with the fewer ones.
    """
    mnist = load_digits(options, split)
    count = options.count if split == "train" else min(options.count, TEST_COUNT)
    chosen = np.random.default_rng([options.seed, STREAMS[split]]).integers(
        0, len(mnist), (count, 3)
    )
    assert mnist.labels is not None
    labels = mnist.labels[chosen] @ np.array([100, 10, 1])
    images = _stack(np.asarray(mnist.images), chosen, options.size)
    return Source(
        images, labels, [f"{mode:03}" for mode in range(1000)], f"digits of {mnist.origin}"
    )


def _stack(grey: np.ndarray, chosen: np.ndarray, size: int | list[int] | None) -> np.ndarray:
    """Digits [M, H, W, 1] and which of them, [N, 3] -> [N, *size, 3]."""
    height, width = (size, size) if isinstance(size, int) else size or grey.shape[1:3]
    images = np.empty((len(chosen), height, width, 3), np.uint8)
    for start in range(0, len(chosen), BLOCK):
        planes = np.moveaxis(grey[chosen[start : start + BLOCK], ..., 0], 1, -1)
        images[start : start + BLOCK] = resize(np.ascontiguousarray(planes), size)
    return images
