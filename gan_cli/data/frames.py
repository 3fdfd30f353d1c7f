"""`data=frames`: videos as folders of frames, or as animated files, cut into sequences that do not
overlap.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from gan_cli.base.errors import DataError
from gan_cli.config.options import Count, Size, option, options
from gan_cli.data import data_source
from gan_cli.data.formats.player import count_frames
from gan_cli.data.formats.sequences import Cut, SequenceLoader, content, forget, natural
from gan_cli.data.reading.cache import Stored, stored
from gan_cli.data.reading.hashes import digest
from gan_cli.data.reading.listing import PICTURE_NAME, Listing, required, walk
from gan_cli.data.reading.loading import recipe, source
from gan_cli.data.reading.options import SIDE, Pictures
from gan_cli.data.reading.pictures import BadPicture, look
from gan_cli.data.reading.source import Skipped, Source, Split


@options
class Frames(Pictures):
    """Options of `data=frames`."""

    name: str = "frames"
    path: str | None = option(
        "folder of videos: a folder of frames or an animated GIF each (required)", None
    )
    size: Size = option(f"{SIDE}; null: the files' own, where all share one", 64)
    frames: Annotated[int, Field(ge=2, le=256)] = option(
        "frames of a sequence; a longer video gives several", 16
    )
    stride: Count = option("take every stride-th frame", 1)
    # The frames of an animated file are found one after the other.
    decode: Literal["ahead"] = option("ahead: all videos once, into a cache", "ahead")


ANIMATED_NAME = re.compile(r"\.(gif|webp|tiff?)$", re.IGNORECASE)


class Video(NamedTuple):
    """A folder of frames with its files in order, or an animated file; and how many frames there
    are.
    """

    name: str
    files: list[str]
    length: int


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
        _stored(root, _listing(videos, files, cut), options, cut),
        options,
        split,
        str(root),
        None,
        [],
    )
    return replace(whole, notes=[*whole.notes, left_out] if short else whole.notes)


def _stored(root: Path, listing: Listing, options: Frames, cut: Cut) -> Stored:
    wanted = look(options)
    row_shape = (cut.frames, *wanted.size, wanted.planes) if wanted.size else None
    loader = SequenceLoader(
        root, wanted, cut, digest(repr((listing.names, listing.mtimes)).encode())
    )
    try:
        how = recipe(loader, wanted, options.decode)
        return stored(root, listing, how._replace(row_shape=row_shape, key=f"{wanted} {cut}"))
    finally:
        forget()


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
    return count_frames(content(path))


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
