"""`data=frames`: videos as folders of frames, or as animated files, cut into sequences that do not
overlap.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from gan_cli.base.errors import DataError
from gan_cli.config.options import Count, option, options
from gan_cli.data import data_source
from gan_cli.data.folder import FileLoader, source
from gan_cli.data.reading.cache import Recipe, Stored, stored
from gan_cli.data.reading.listing import PICTURE_NAME, Listing, read_file, required, shown, walk
from gan_cli.data.reading.options import Pictures
from gan_cli.data.reading.pictures import LARGEST_BYTES, BadPicture, Decoded, Look, look
from gan_cli.data.reading.player import Player, count_frames
from gan_cli.data.reading.source import Skipped, Source, Split, digest


@options
class Frames(Pictures):
    """Options of `data=frames`."""

    name: str = "frames"
    path: str | None = option(
        "folder of videos: a folder of frames or an animated GIF each (required)", None
    )
    frames: Annotated[int, Field(ge=2, le=256)] = option(
        "frames of a sequence; a longer video gives several", 16
    )
    stride: Count = option("take every stride-th frame", 1)


ANIMATED_NAME = re.compile(r"\.(gif|webp|tiff?)$", re.IGNORECASE)
HALF = 8
"""Bytes of a sequence's hash that are its video's, which alone decide what is held out; the others
are its own.
"""


class Video(NamedTuple):
    """A folder of frames with its files in order, or an animated file; and how many frames there
    are.
    """

    name: str
    files: list[str]
    length: int


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
                raise BadPicture(f"{shown(file)}: {error}") from None
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
    return files, digest(b"".join(digest(_content(folder / name)) for name in telling))


@lru_cache(maxsize=1)
def _player(loader: SequenceLoader, video: str) -> Player:
    return Player(_content(loader.root / video), loader.look, loader.cut.stride)


@data_source("frames", Frames)
def load(options: Frames, split: Split) -> Source:
    """Sequences [N, T, H, W, C] without labels; all of one video are in one split."""
    root = required(
        options.path, "frames", "a folder of videos: a folder of frames or an animated GIF each"
    )
    if not root.is_dir():
        raise DataError(
            f"data.path={options.path}: is a file; data=frames reads a folder of videos"
        )
    cut, files = Cut(options.frames, options.stride), walk(root)
    videos = _videos(root, files)
    short = sum(video.length < cut.span for video in videos)
    left_out = f"{short:,} video{'s' * (short != 1)} shorter than {cut.span} frames left out"
    if short == len(videos):
        found = (
            f"{left_out}; lower data.frames or data.stride"
            if short
            else "expected a folder of frames or a GIF for each video"
        )
        broken = f"; {files.skipped[0].name}: {files.skipped[0].reason}" if files.skipped else ""
        raise DataError(f"{root}: holds no sequence: {found}{broken}")
    whole = source(
        _stored(root, _listing(videos, files, cut), look(options), cut),
        options,
        split,
        str(root),
        None,
        [],
    )
    return replace(whole, notes=[*whole.notes, left_out] if short else whole.notes)


def _stored(root: Path, listing: Listing, wanted: Look, cut: Cut) -> Stored:
    row_shape = (cut.frames, *wanted.size, wanted.planes) if wanted.size else None
    loader = SequenceLoader(
        root, wanted, cut, digest(repr((listing.names, listing.mtimes)).encode())
    )
    try:
        return stored(
            root, listing, Recipe(loader, row_shape, wanted.channels == "auto", f"{wanted} {cut}")
        )
    finally:
        _frame_files.cache_clear()
        _player.cache_clear()


def natural(name: str) -> tuple[list[str | int], str]:
    """A key that puts frame2 before frame10."""
    return [
        int(part) if index % 2 else part for index, part in enumerate(re.split("([0-9]+)", name))
    ], name


def _videos(root: Path, files: Listing) -> list[Video]:
    """Each folder is a video, unless the pictures in it are animated: then each of them is one."""
    folders: defaultdict[str, list[str]] = defaultdict(list)
    for name in filter(PICTURE_NAME.search, files.names):
        folders[name.rpartition("/")[0]].append(name)
    videos: list[Video] = []
    for folder in sorted(folders, key=natural):
        names = sorted(folders[folder], key=natural)
        if folder and not _begin_animated(root, names):
            videos.append(Video(folder, names, len(names)))
            continue
        for name in filter(ANIMATED_NAME.search, names):
            try:
                videos.append(Video(name, [name], _count(root / name)))
            except BadPicture as error:
                files.skipped.append(Skipped(name, str(error)))
    return videos


def _begin_animated(root: Path, names: list[str]) -> bool:
    """Whether the first picture that can be read has several frames."""
    for name in names:
        if not ANIMATED_NAME.search(name):
            return False
        try:
            return _count(root / name) > 1
        except BadPicture:
            continue
    return False


def _count(path: Path) -> int:
    return count_frames(_content(path))


def _content(path: Path) -> bytes:
    try:
        return read_file(path, LARGEST_BYTES)
    except (OSError, ValueError) as error:
        raise BadPicture(f"cannot be read ({getattr(error, 'strerror', None) or error})") from None


def _listing(videos: list[Video], files: Listing, cut: Cut) -> Listing:
    """The sequences of all videos; in the place of a time stands what changes with any file that
    they depend on.
    """
    found, of_file = (
        Listing(skipped=files.skipped),
        dict(zip(files.names, zip(files.sizes, files.mtimes, strict=True), strict=True)),
    )
    for video in videos:
        size = sum(of_file[name][0] for name in video.files)
        state = repr([(name, of_file[name]) for name in video.files])
        mark = int.from_bytes(digest(state.encode(errors="surrogatepass"))[:8], "big", signed=True)
        for number in range(video.length // cut.span):
            found.add(f"{video.name}:{number * cut.span}", size * cut.span // video.length, mark)
    return found
