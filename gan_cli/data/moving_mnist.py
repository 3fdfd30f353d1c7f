"""`data=moving_mnist`: digits that bounce off the edges of the frame (Srivastava et al., 2015),
drawn when asked for.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.config.options import Seed, option, options
from gan_cli.data import data_source
from gan_cli.data.mnist import load_digits
from gan_cli.data.reading.hashes import DIGEST, digest
from gan_cli.data.reading.source import Source, Split


@options
class MovingMnist:
    """Options of `data=moving_mnist`."""

    name: str = "moving_mnist"
    path: str | None = option("as data=mnist", None)
    size: Annotated[int, Field(ge=32, le=512)] = option("side of a frame in pixels", 64)
    frames: Annotated[int, Field(ge=2, le=256)] = option("frames of a sequence", 20)
    digits: Annotated[int, Field(ge=1, le=8)] = option("digits that move in a frame", 2)
    count: Annotated[int, Field(ge=1, le=1_000_000)] = option(
        "sequences to make of MNIST's training digits", 10_000
    )
    seed: Seed = option("decides which digits move, and how", 0)


TEST_COUNT = 10_000
"""Most sequences of the test split."""
STREAMS: dict[Split, int] = {"train": 0, "test": 1}
SPEED = 0.1
"""Way of a digit from one frame to the next, as a share of the way from edge to edge (as in the
paper's code).
"""
BLOCK = 64
"""Sequences whose digits are drawn at once."""


@data_source("moving_mnist", MovingMnist)
def load(options: MovingMnist, split: Split) -> Source:
    """Sequences [N, T, size, size, 1] without labels."""
    mnist = load_digits(options, split)
    if options.size <= max(mnist.images.shape[1:3]):
        side = "x".join(map(str, mnist.images.shape[1:3]))
        raise DataError(
            f"{mnist.origin}: digits of {side} cannot move in frames of data.size={options.size}"
        )
    images = Sequences(np.asarray(mnist.images)[..., 0], options, split)
    recipe = (
        f"moving_mnist digits={options.digits} speed={SPEED}"  # frames and size are in the shape
    )
    hashes = _hashes(f"{options.seed} {split} {mnist.fingerprint}", len(images))
    return Source(images, origin=f"digits of {mnist.origin}", hashes=hashes, recipe=recipe)


def _hashes(key: str, count: int) -> np.ndarray:
    """Of what a sequence is drawn from, not of its pixels: those would all have to be drawn."""
    found = b"".join(digest(f"{key} {index}".encode()) for index in range(count))
    return np.frombuffer(found, np.uint8).reshape(-1, DIGEST)


class Sequences:
    """Sequences as rows; each is a function of seed, split and its index alone."""

    def __init__(self, grey: np.ndarray, options: MovingMnist, split: Split) -> None:
        count = options.count if split == "train" else min(options.count, TEST_COUNT)
        self.shape = (count, options.frames, options.size, options.size, 1)
        self._grey, self._digits, self._key = grey, options.digits, [options.seed, STREAMS[split]]
        self._indices = np.arange(count)

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        indices = self._indices[rows]
        frames = np.zeros((len(indices), *self.shape[1:]), np.uint8)
        for start in range(0, len(indices), BLOCK):
            self._draw(indices[start : start + BLOCK], frames[start : start + BLOCK, ..., 0])
        return frames

    def _draw(self, indices: np.ndarray, frames: np.ndarray) -> None:
        """The digits into black frames [B, T, S, S]; where they overlap the brighter one is
        seen.
        """
        draws = np.stack(
            [
                np.random.default_rng([*self._key, index]).random((self._digits, 4))
                for index in indices.tolist()
            ]
        )
        which = (draws[..., 0] * len(self._grey)).astype(np.int64)
        places = self.positions(draws)
        patches = np.lib.stride_tricks.sliding_window_view(
            frames, self._grey.shape[1:], axis=(2, 3), writeable=True
        )
        sequence, frame = np.ogrid[: frames.shape[0], : frames.shape[1]]
        for digit in range(self._digits):
            at = (sequence, frame, places[:, :, digit, 0], places[:, :, digit, 1])
            patches[at] = np.maximum(patches[at], self._grey[which[:, digit], None])

    def positions(self, draws: np.ndarray) -> np.ndarray:
        """Uniform draws [B, D, 4] (digit, y, x, direction) -> upper left corners [B, T, D, 2] in
        pixels.
        """
        angle = 2 * np.pi * draws[..., 3]
        step = SPEED * np.stack([np.sin(angle), np.cos(angle)], axis=-1)
        straight = draws[:, None, :, 1:3] + np.arange(self.shape[1])[:, None, None] * step[:, None]
        folded = 1 - np.abs(
            straight % 2 - 1
        )  # a ray between mirrors: back and forth between 0 and 1
        free = np.array(self.shape[2:4]) - self._grey.shape[1:]
        corners: np.ndarray = np.rint(folded * free).astype(np.int64)
        return corners
