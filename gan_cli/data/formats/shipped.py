"""The digits that ship with the package: arrays `images` and `labels` of NAME.npz in
`gan_cli.data`.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Protocol

from gan_cli.base.lazy import np
from gan_cli.data.reading.hashes import digests, held_out
from gan_cli.data.reading.source import Source, Split, resize


class Shipped(Protocol):
    """Options of a set that ships."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int | list[int] | None: ...

    @property
    def test_share(self) -> float: ...


def load_shipped(options: Shipped, split: Split, brightest: int = 255) -> Source:
    """Grey digits [N, H, W] of NAME.npz, their levels 0..brightest scaled to 0..255, at the size
    asked for. The stored levels decide what is held out, whatever the size.
    """
    with (
        files("gan_cli.data").joinpath(f"{options.name}.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as arrays,
    ):
        levels, labels = arrays["images"], arrays["labels"]
    rows = held_out(digests(levels), options.test_share, split)
    pixels = np.rint(levels[rows].astype(np.float32) * (255 / brightest)).astype(np.uint8)
    names = [str(digit) for digit in range(10)]
    return Source(
        resize(pixels[..., None], options.size),
        labels[rows].astype(np.int64),
        names,
        "shipped with gan_cli",
    )
