"""`data=npz`: an array of images, and of labels where there is one, as NumPy saves them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.config.options import Share, Size, option, options
from gan_cli.data import data_source
from gan_cli.data.reading.arrays import npz_names, read_npz
from gan_cli.data.reading.hashes import digests, held_out
from gan_cli.data.reading.labels import in_range, numbers_up_to
from gan_cli.data.reading.listing import required
from gan_cli.data.reading.options import SIDE
from gan_cli.data.reading.source import Source, Split, resize
from gan_cli.data.reading.strokes import Written, in_words


@options
class Npz(Written):
    """Options of `data=npz`."""

    name: str = "npz"
    path: str | None = option(
        "npz with images [N, H, W] or [N, H, W, 1 or 3] and, if there are any, labels (required)",
        None,
    )
    images: str | None = option(
        "name of the array of images; null: images, x_train, x or arr_0", None
    )
    labels: str | Literal[False] | None = option(
        (
            "name of the array of labels; null: labels, y_train or y, where there is one; false: "
            "without labels"
        ),
        None,
    )
    size: Size = option(f"{SIDE}; null: the array's own", None)
    test_share: Share = option("share that is held out for evaluation if there is no x_test", 0.1)


IMAGES, LABELS = ("images", "x_train", "x", "arr_0"), ("labels", "y_train", "y")
SMALLEST, LARGEST = 8, 2048
"""Sides in pixels, as data.size takes them."""
ROWS = 1024
"""Images that are scaled at once."""


@data_source("npz", Npz)
def load(options: Npz, split: Split) -> Source:
    """The images in a file; with x_train, x_test and y_test are the test split."""
    path = required(options.path, "npz", "an npz file with an array of images")
    if not path.is_file():
        raise DataError(
            f"data.path={options.path}: is no file; data=folder reads a folder of pictures"
        )
    held = npz_names(path)
    images, labels = _names(path, held, options)
    own_test = images == "x_train" and "x_test" in held and (labels is None or "y_test" in held)
    known = {} if labels is None else _labels(path, [labels, "y_test"] if own_test else [labels])
    class_names = numbers_up_to(
        max((int(each.max(initial=0)) for each in known.values()), default=-1)
    )
    if own_test and split == "test":
        images, labels = "x_test", "y_test" if labels else None
    pixels, chosen = _pixels(path, images, options), None if labels is None else known[labels]
    if chosen is not None and len(chosen) != len(pixels):
        raise DataError(
            f"{path}: {len(pixels):,} images in {images!r}, {len(chosen):,} labels in {labels!r}; "
            "data.labels=NAME takes other labels, data.labels=false none"
        )
    rows = (
        np.arange(len(pixels)) if own_test else held_out(digests(pixels), options.test_share, split)
    )
    source = Source(
        resize(pixels[rows], options.size),
        None if chosen is None else chosen[rows],
        class_names,
        str(path),
    )
    return in_words(source, options)


def _names(path: Path, held: list[str], options: Npz) -> tuple[str, str | None]:
    """The arrays of images and of labels; None where there are no labels."""
    images = options.images or next((name for name in IMAGES if name in held), None)
    if images is None:
        raise DataError(
            f"{path}: no array called {', '.join(IMAGES)} (it holds "
            f"{', '.join(held) or 'nothing'}); "
            "data.images=NAME takes another"
        )
    if options.labels is False:
        return images, None
    return images, options.labels or next((name for name in LABELS if name in held), None)


def _labels(path: Path, names: list[str]) -> dict[str, np.ndarray]:
    """Labels [N] or [N, 1] of any integer type as int64 [N]."""
    found = {}
    for name, labels in read_npz(path, names).items():
        if labels.dtype.kind not in "iu" or labels.shape not in ((labels.size,), (labels.size, 1)):
            raise DataError(
                f"{path}: labels {name!r} are {labels.dtype} {list(labels.shape)}, expected "
                "integers [N] "
                "(of one-hot rows: labels.argmax(1)); data.labels=NAME takes other labels, "
                "data.labels=false none"
            )
        found[name] = in_range(labels.reshape(-1), f"{path}: labels {name!r}")
    return found


def _pixels(path: Path, name: str, options: Npz) -> np.ndarray:
    """Images [N, H, W] or [N, H, W, 1 or 3] of a known range as uint8 [N, H, W, C], in their own
    size.
    """
    images, what = read_npz(path, [name])[name], f"{path}: array {name!r}"
    found = f"{what} is {images.dtype} {list(images.shape)}"
    if images.ndim == 4 and images.shape[1] in (1, 3) and images.shape[3] not in (1, 3):
        raise DataError(f"{found}, channels first; save it as np.moveaxis({name}, 1, -1)")
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[3] not in (1, 3):
        raise DataError(
            f"{found}, expected [N, H, W] or [N, H, W, 1 or 3]; data.images=NAME takes another "
            "array"
        )
    if not images.size:
        raise DataError(f"{found}: it holds no images")
    sides = images.shape[1:3]
    if options.size is None and not SMALLEST <= min(sides) <= max(sides) <= LARGEST:
        raise DataError(
            f"{found}: sides of {SMALLEST} to {LARGEST} pixels can be learned; give data.size"
        )
    if images.dtype.kind == "f":
        return _scaled(images, what)
    if images.dtype != np.uint8:
        raise DataError(
            f"{found}, expected uint8, or floats in [0, 1] or [-1, 1]; save it as "
            f"{name}.astype(np.uint8)"
        )
    return images


def _scaled(images: np.ndarray, what: str) -> np.ndarray:
    """Floats in [0, 1], or in [-1, 1] where some are negative, as 0 to 255."""
    low, high = float(images.min()), float(images.max())
    if not -1 <= low <= high <= 1:
        found = "holds NaN" if np.isnan(low) else f"is {images.dtype} from {low:g} to {high:g}"
        raise DataError(
            f"{what} {found}, expected floats in [0, 1] or [-1, 1], or uint8; scale or clip it"
        )
    pixels = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), ROWS):
        levels = images[start : start + ROWS].astype(np.float64)
        pixels[start : start + ROWS] = np.rint((levels + 1) * 127.5 if low < 0 else levels * 255)
    return pixels
