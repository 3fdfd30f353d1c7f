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
from pathlib import Path
from typing import NamedTuple

from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.data.reading.building import Recipe, build, first_shape, nothing
from gan_cli.data.reading.encoded import Encoded, Origin
from gan_cli.data.reading.listing import PICTURE_NAME, Listing
from gan_cli.data.reading.pictures import NO_PICTURE, BadPicture
from gan_cli.data.reading.records import IMAGES, Checks, Index, Records
from gan_cli.data.reading.scan import Loader
from gan_cli.data.reading.source import Images, Skipped

FORMAT = 1
AHEAD_SHARE = 0.5
"""Of the free disk, what decoded pictures may take without being asked for."""


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
                    index = build(folder, origin, listing, recipe, index, ahead)
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
    row_shape = recipe.row_shape or first_shape(origin, listing, recipe)
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
        raise DataError(nothing(origin, skipped))
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
