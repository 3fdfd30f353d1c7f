"""Pictures that are decoded once, into a cache outside the user's folder; later starts only look at
names, sizes, times.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import shutil
import sys
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
from gan_cli.data.reading.encoded import Encoded, Origin
from gan_cli.data.reading.listing import PICTURE_NAME, Listing
from gan_cli.data.reading.options import Decode
from gan_cli.data.reading.pictures import NO_PICTURE, BadPicture
from gan_cli.data.reading.records import IMAGES, INDEX, Checks, Index, Records, checksums
from gan_cli.data.reading.scan import Loader, scan
from gan_cli.data.reading.source import Images, Skipped

FORMAT = 1
SMALLEST, LARGEST = 8, 2048
AHEAD_SHARE = 0.5
"""Of the free disk, what decoded pictures may take without being asked for."""
ROWS = 256
"""Rows that are copied at once."""


class Stored(NamedTuple):
    """The items that can be read: names, hashes [N, 16], pixels, (height, width) of the files [N,
    2]; those left out; and whether pixels are decoded each time they are asked for.
    """

    names: list[str]
    hashes: np.ndarray
    images: Images
    shapes: np.ndarray
    skipped: list[Skipped]
    on_the_fly: bool


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


def directory() -> Path:
    """The folder of all caches: GAN_CACHE_DIR, or gan_cli in the user's cache folder."""
    try:
        if given := os.environ.get("GAN_CACHE_DIR"):
            return Path(given).expanduser()
        return (
            Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").expanduser()
            / "gan_cli"
        )
    except RuntimeError as error:  # a user without a home
        raise DataError(
            f"{error} GAN_CACHE_DIR=FOLDER says where decoded pictures are kept"
        ) from None


def stored(origin: Path, listing: Listing, recipe: Recipe) -> Stored:
    """The items of a listing, decoded now or before, or found good now or before and decoded when
    they are asked for.

    Raises:
        DataError: nothing can be read, sizes are mixed, or the cache cannot be written.
    """
    from filelock import FileLock

    try:
        folder, ahead = _place(origin, listing, recipe)
        index = Index.read(folder, ahead)
        if index is None or not index.fits(listing):
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(
                folder.with_name(f".{folder.name}.lock")
            ):  # where another process is at it, wait for its work
                index = Index.read(folder, ahead)
                if index is None or not index.fits(listing):
                    index = _build(folder, origin, listing, recipe, index, ahead)
        return _opened(folder, origin, listing, index, recipe, ahead)
    except OSError as error:
        where = error.filename or directory()
        raise DataError(
            f"{where}: {error.strerror or error}; GAN_CACHE_DIR=FOLDER keeps decoded pictures "
            "elsewhere"
        ) from None


def _place(origin: Path, listing: Listing, recipe: Recipe) -> tuple[Path, bool]:
    """The folder of these items, and whether it holds pixels: what was chosen once, stays."""
    ahead = _folder(origin, recipe)
    encoded = ahead.with_name(f"{ahead.name}-encoded")
    if recipe.decode != "auto":
        return (ahead, True) if recipe.decode == "ahead" else (encoded, False)
    for folder, holds_pixels in ((ahead, True), (encoded, False)):
        index = Index.read(folder, holds_pixels)
        if index is not None and index.fits(listing):
            return folder, holds_pixels
    row_shape = recipe.row_shape or _first_shape(origin, listing, recipe)
    root = next(each for each in ahead.parents if each.exists())
    room = AHEAD_SHARE * shutil.disk_usage(root).free
    fits = len(listing.names) * math.prod(row_shape) <= room
    return (ahead, True) if fits else (encoded, False)


def _folder(origin: Path, recipe: Recipe) -> Path:
    place = origin.resolve()
    key = hashlib.sha256(
        b"\0".join([b"%d" % FORMAT, os.fsencode(place), recipe.key.encode()])
    ).hexdigest()[:16]
    return directory() / f"{re.sub(r'[^A-Za-z0-9_-]+', '_', place.stem)[:40]}-{key}"


def _opened(
    folder: Path, origin: Path, listing: Listing, index: Index, recipe: Recipe, ahead: bool
) -> Stored:
    broken = [
        Skipped(printable(listing.names[row]), reason) for row, reason in index.broken.items()
    ]
    # What has not even the name of a picture is no broken one.
    broken = [
        each
        for each in broken
        if recipe.chosen or PICTURE_NAME.search(each.name) or not each.reason.startswith(NO_PICTURE)
    ]
    skipped = [*(Skipped(printable(name), reason) for name, reason in listing.skipped), *broken]
    good = index.good
    if not len(good):
        raise DataError(_nothing(origin, skipped))
    names, hashes = [listing.names[row] for row in good], index.hashes[good]
    row_shape: tuple[int, ...] = tuple(index.row_shape.tolist())
    images: Images
    if ahead:
        checks = Checks(index.sums, _Again(folder / IMAGES, listing.names, recipe.loader, index))
        images = Records(folder / IMAGES, row_shape, good, checks)
    else:
        images = Encoded(Origin(origin, folder), recipe.loader, names, hashes, row_shape)
    return Stored(names, hashes, images, index.shapes[good], skipped, not ahead)


class _Again:
    """Decodes a picture again whose row is damaged, and says so at the first."""

    def __init__(self, images: Path, names: list[str], loader: Loader, index: Index) -> None:
        self._images, self._names, self._loader, self._index = images, names, loader, index
        self._said = False

    def __call__(self, row: int) -> np.ndarray:
        if not self._said:
            from tqdm import tqdm

            tqdm.write(
                f"DAMAGED {self._images}: not what was decoded; its pictures are decoded again",
                file=sys.stderr,
            )
            self._said = True
        try:
            pixels = self._loader(self._names[row])[0].pixels
        except BadPicture as error:
            raise DataError(f"{self._images}: damaged; {self._names[row]}: {error}") from None
        return pixels[..., : int(self._index.row_shape[-1])]


def _build(
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
    row_shape = recipe.row_shape or _first_shape(origin, listing, recipe)
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


def _first_shape(origin: Path, listing: Listing, recipe: Recipe) -> tuple[int, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in a scan
        for name in listing.names:
            with suppress(BadPicture):
                shape = recipe.loader(name)[0].pixels.shape
                _refuse_sides(f"{origin}: {printable(name)}", *shape[-3:-1])
                return shape
    raise DataError(_nothing(origin, []))


def _refuse_sides(what: str, height: int, width: int) -> None:
    if min(height, width) < SMALLEST or max(height, width) > LARGEST:
        raise DataError(
            f"{what} is {height}x{width}, sides of {SMALLEST} to {LARGEST} can be learned; give "
            "data.size=64"
        )


def _nothing(origin: Path, skipped: list[Skipped]) -> str:
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
