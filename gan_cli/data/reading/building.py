"""Look at every picture once, and decode those that are to be decoded ahead into a file."""

from __future__ import annotations

import os
import shutil
import warnings
import zlib
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from gan_cli.base import files
from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.data.reading.listing import Listing
from gan_cli.data.reading.options import Decode
from gan_cli.data.reading.pictures import BadPicture
from gan_cli.data.reading.records import IMAGES, INDEX, Index, Records, checksums
from gan_cli.data.reading.scan import Loader, scan
from gan_cli.data.reading.source import Skipped

SMALLEST, LARGEST = 8, 2048
ROWS = 256
"""Rows that are copied at once."""


class Recipe(NamedTuple):
    """How items become pixels.

    Attributes:
        loader: from an item's name to its pixels, in any process.
        row_shape: of one item's pixels; None: that of the first, and all must share it.
        auto: whether three channels become one where every item is grey.
        key: whatever the pixels depend on beside the files.
        chosen: whether each item was called a picture, so that one that is none is broken whatever
            its name.
        decode: when pixels are decoded.
    """

    loader: Loader
    row_shape: tuple[int, ...] | None
    auto: bool
    key: str
    chosen: bool = False
    decode: Decode = "auto"


def build(
    folder: Path,
    origin: Path,
    listing: Listing,
    recipe: Recipe,
    old: Index | None,
    ahead: bool,
) -> Index:
    """Decode what `old` does not have, and put the new cache in the place of the old one.

    Where pixels are not decoded ahead, the pass finds out which pictures are good, and is done
    with.
    """
    row_shape = recipe.row_shape or first_shape(origin, listing, recipe)
    index = Index.of(listing, row_shape)
    with files.whole(folder) as partial:
        partial.mkdir()
        images = partial / IMAGES if ahead else None
        if images is not None:
            _make_room(images, len(listing.names) * int(np.prod(row_shape)))
        kept = _reuse(folder / IMAGES, old, images, index) if old is not None else set()
        items = [(row, name) for row, name in enumerate(listing.names) if row not in kept]
        broken: dict[int, str] = {}
        for done in scan(
            images, row_shape, recipe.loader, items, sum(listing.sizes[row] for row, _ in items)
        ):
            index.hashes[done.row] = np.frombuffer(done.hash, np.uint8)
            index.shapes[done.row], index.grey[done.row] = done.size, done.grey
            if done.reason:
                broken[done.row] = done.reason
        index.broken = broken
        if recipe.row_shape is None:
            _refuse_mixed(origin, index.shapes[index.good])
        if recipe.auto and index.grey.all():
            _keep_one_plane(images, index)
        if images is not None:
            index.sums = checksums(images, int(np.prod(index.row_shape)))
            files.sync(images)
        index.write(partial)
        files.sync(partial / INDEX)
        files.remove(folder)
    return index


def first_shape(origin: Path, listing: Listing, recipe: Recipe) -> tuple[int, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in a scan
        for name in listing.names:
            with suppress(BadPicture):
                shape = recipe.loader(name)[0].pixels.shape
                _refuse_sides(f"{origin}: {printable(name)}", *shape[-3:-1])
                return shape
    raise DataError(nothing(origin, []))


def _refuse_sides(what: str, height: int, width: int) -> None:
    if min(height, width) < SMALLEST or max(height, width) > LARGEST:
        raise DataError(
            f"{what} is {height}x{width}, sides of {SMALLEST} to {LARGEST} can be learned; give "
            "data.size=64"
        )


def nothing(origin: Path, skipped: list[Skipped]) -> str:
    first = f"; left out: {skipped[0].name}, {skipped[0].reason}" if skipped else ""
    return f"{origin}: holds no picture that can be read (jpg, png, bmp, gif, webp or tiff){first}"


def _make_room(images: Path, size: int) -> None:
    free = shutil.disk_usage(images.parent).free
    if size > free:
        raise DataError(
            f"{images.parent.parent}: the decoded pictures take {size / 1e9:.1f} GB, "
            f"{free / 1e9:.1f} GB are free; "
            "data.decode=on_the_fly needs none, GAN_CACHE_DIR=FOLDER takes another disk"
        )
    with images.open("wb") as file:
        file.truncate(size)


def _reuse(old_images: Path, old: Index, images: Path | None, index: Index) -> set[int]:
    """Take over what is known of files that have not changed, and copy their rows, where they are
    whole; their places in the new index.
    """
    if old.row_shape[:-1].tolist() != index.row_shape[:-1].tolist():
        return set()
    places = {item: row for row, item in enumerate(old.items()) if old.shapes[row, 0]}
    pairs = [(row, places[item]) for row, item in enumerate(index.items()) if item in places]
    for start in range(0, len(pairs), ROWS):
        new, before = np.array(pairs[start : start + ROWS]).T
        for name in ("hashes", "shapes", "grey"):
            getattr(index, name)[new] = getattr(old, name)[before]
    damaged = set() if images is None else _copy(old_images, old, images, index, pairs)
    return {row for row, _ in pairs} - damaged


def _copy(
    old_images: Path, old: Index, images: Path, index: Index, pairs: list[tuple[int, int]]
) -> set[int]:
    """Copy rows (place in the new index, place in the old one); the places of damaged ones."""
    records = Records(old_images, old.row_shape.tolist(), np.arange(len(old.shapes)))
    damaged: set[int] = set()
    with images.open("r+b") as file:
        for start in range(0, len(pairs), ROWS):
            new, before = np.array(pairs[start : start + ROWS]).T
            for row, place, pixels in zip(new.tolist(), before, records[before], strict=True):
                if zlib.crc32(np.ascontiguousarray(pixels).data) != old.sums[place]:
                    damaged.add(row)
                    continue
                wide = np.broadcast_to(
                    pixels, index.row_shape
                )  # what was all grey may be so no more
                file.seek(row * wide.size)
                file.write(wide.tobytes())
    return damaged


def _keep_one_plane(images: Path | None, index: Index) -> None:
    """Rewrite grey rows of three equal channels with one."""
    if images is None:
        index.row_shape[-1] = 1
        return
    rows = Records(images, index.row_shape.tolist(), np.arange(len(index.shapes)))
    narrow = images.with_suffix(".grey")
    with narrow.open("wb") as file:
        for start in range(0, len(rows), ROWS):
            file.write(np.ascontiguousarray(rows[start : start + ROWS][..., :1]).data)
    os.replace(narrow, images)
    index.row_shape[-1] = 1


def _refuse_mixed(origin: Path, shapes: np.ndarray) -> None:
    """Without a size, all pictures must share theirs."""
    counts = Counter(map(tuple, shapes.tolist()))
    if len(counts) > 1:
        common = ", ".join(
            f"{count} of {height}x{width}" for (height, width), count in counts.most_common(3)
        )
        raise DataError(
            f"{origin}: pictures of {len(counts)} sizes ({common}); give data.size=64 or "
            "data.size=[48,64]"
        )
