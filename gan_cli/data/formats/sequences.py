"""Sequences of frames: of a folder of pictures, or of an animated file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.data.formats.player import Player
from gan_cli.data.reading.hashes import digest
from gan_cli.data.reading.listing import PICTURE_NAME, read_file
from gan_cli.data.reading.loading import FileLoader
from gan_cli.data.reading.pictures import LARGEST_BYTES, BadPicture, Decoded, Look

HALF = 8
"""Bytes of a sequence's hash that are its video's, which alone decide what is held out; the others
are its own.
"""


class Cut(NamedTuple):
    """A video is cut into sequences of `frames` frames, of which it takes every `stride`-th."""

    frames: int
    stride: int

    @property
    def span(self) -> int:
        return self.frames * self.stride


@dataclass(frozen=True)
class SequenceLoader:
    """Reads and decodes sequences, 'VIDEO:FIRST FRAME'.

    Attributes:
        version: what tells this state of the folder from others.
    """

    root: Path
    look: Look
    cut: Cut
    version: bytes

    def __call__(self, name: str) -> tuple[Decoded, bytes]:
        video, _, first = name.rpartition(":")
        numbers = range(int(first), int(first) + self.cut.span, self.cut.stride)
        decoded, video_hash, own_hash = (
            self._of_folder if (self.root / video).is_dir() else self._of_file
        )(video, numbers)
        if len({each.pixels.shape for each in decoded}) > 1:
            raise BadPicture("frames of several sizes; give data.size=64 or data.size=[48,64]")
        pixels = np.stack([each.pixels for each in decoded])
        grey = all(each.grey for each in decoded)
        return Decoded(pixels, decoded[0].size, grey), video_hash[:HALF] + own_hash[:HALF]

    def _of_folder(self, video: str, numbers: range) -> tuple[list[Decoded], bytes, bytes]:
        files, video_hash = _frame_files(self, video)
        decoded, hashes = [], b""
        for file in [files[number] for number in numbers if number < len(files)]:
            try:
                pixels, own = FileLoader(self.root / video, self.look)(file)
            except BadPicture as error:
                raise BadPicture(f"{printable(file)}: {error}") from None
            decoded.append(pixels)
            hashes += own
        if len(decoded) < len(numbers):
            raise BadPicture("frames went away while they were read")
        return decoded, video_hash, digest(hashes)

    def _of_file(self, video: str, numbers: range) -> tuple[list[Decoded], bytes, bytes]:
        player = _player(self, video)
        return (
            [player.frame(number) for number in numbers],
            player.hash,
            digest(player.hash + repr(numbers).encode()),
        )


@lru_cache(maxsize=8)
def _frame_files(loader: SequenceLoader, video: str) -> tuple[list[str], bytes]:
    """The files of a folder in order, and a hash that does not change when other videos come or go.

    It is that of the first, middle and last frame: many videos may begin with the same black one.
    """
    folder = loader.root / video
    try:
        entries = [
            each.name
            for each in folder.iterdir()
            if each.is_file() and not each.name.startswith(".")
        ]
    except OSError as error:
        raise BadPicture(f"cannot be read ({error.strerror})") from None
    files = sorted(filter(PICTURE_NAME.search, entries), key=natural)
    telling = [files[0], files[len(files) // 2], files[-1]] if files else []
    return files, digest(b"".join(digest(content(folder / name)) for name in telling))


@lru_cache(maxsize=1)
def _player(loader: SequenceLoader, video: str) -> Player:
    return Player(content(loader.root / video), loader.look, loader.cut.stride)


def natural(name: str) -> tuple[list[str | int], str]:
    """A key that puts frame2 before frame10."""
    return [
        int(part) if index % 2 else part for index, part in enumerate(re.split("([0-9]+)", name))
    ], name


def content(path: Path) -> bytes:
    try:
        return read_file(path, LARGEST_BYTES)
    except (OSError, ValueError) as error:
        raise BadPicture(f"cannot be read ({getattr(error, 'strerror', None) or error})") from None


def forget() -> None:
    """Close what loaders of this process have kept for the next sequence."""
    _frame_files.cache_clear()
    _player.cache_clear()
