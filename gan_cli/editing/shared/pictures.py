"""Pictures that a user names, as images of a model's size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.lazy import ImageOps, np
from gan_cli.base.spec import DataSpec
from gan_cli.base.terminal import printable
from gan_cli.data.reading.arrays import read_npz
from gan_cli.data.reading.listing import PICTURE_NAME, read_file, walk
from gan_cli.data.reading.pictures import (
    LARGEST_BYTES,
    BadPicture,
    Look,
    decode,
    finish,
    opened,
)
from gan_cli.data.reading.source import resize

MOST = 4096
"""Pictures of one edit."""
OPAQUE = 230
"""Of 255: a pixel that is more than a tenth transparent shows too much of what lies behind it."""


def read(named: Any, spec: DataSpec) -> np.ndarray:
    """uint8 [N, *image_shape] of what is named: a picture, a folder of pictures, an npz of images,
    a list of these, or an array of images.

    A picture of another shape is cropped to the model's and scaled.

    Raises:
        DataError: one of them is missing, damaged or no picture.
        ConfigError: there are too many.
    """
    if isinstance(named, np.ndarray):
        return _fitting(named, "images", spec)
    parts = [part for each in _listed(named) for part in _of_path(Path(str(each)), spec)]
    images = np.concatenate(parts)
    if len(images) > MOST:
        raise ConfigError(f"images: {len(images):,} of them; an edit takes up to {MOST:,}")
    return images


def transparency(named: Any, spec: DataSpec) -> np.ndarray:
    """Where the pictures that `read` reads are transparent, bool [N, H, W, 1]."""
    paths = [] if isinstance(named, np.ndarray) else [Path(str(each)) for each in _listed(named)]
    names = [name for path in paths if path.suffix != ".npz" for name in files(path)]
    found = [_transparent(name, spec) for name in names]
    return np.concatenate(found or [np.zeros((1, spec.height, spec.width, 1), bool)])


def is_picture(name: str) -> bool:
    """Whether a path is of a picture or of a folder, and not of latents."""
    return bool(PICTURE_NAME.search(name)) or Path(name).is_dir()


def _listed(named: Any) -> Iterable[Any]:
    return named if isinstance(named, list | tuple) else [named]


def _of_path(path: Path, spec: DataSpec) -> Iterator[np.ndarray]:
    if path.suffix == ".npz":
        yield _fitting(read_npz(path, ["images"])["images"], printable(str(path)), spec)
    else:
        for each in files(path):
            with _readable(each) as content:
                yield decode(content, look(spec)).pixels[None]


def files(path: Path) -> list[Path]:
    """The pictures of a folder; what is no folder is a picture."""
    if not path.is_dir():
        return [path]
    names = [name for name in walk(path).names if PICTURE_NAME.search(name)]
    if not names:
        raise DataError(f"{printable(str(path))}: no pictures in this folder")
    return [path / name for name in names[: MOST + 1]]


def look(spec: DataSpec) -> Look:
    """Of a picture that is cropped to the model's shape and scaled."""
    return Look((spec.height, spec.width), "crop", spec.channels, (255, 255, 255))


def _transparent(path: Path, spec: DataSpec) -> np.ndarray:
    """bool [1, H, W, 1]."""
    with _readable(path) as content, opened(content) as picture:
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)
        alpha = picture.convert("RGBA").getchannel("A")
        return finish(alpha, look(spec)._replace(channels=1)).pixels[None] < OPAQUE


@contextmanager
def _readable(path: Path) -> Iterator[bytes]:
    """The bytes of a file, whose faults are one line each."""
    name = printable(str(path))
    try:
        yield read_file(path, LARGEST_BYTES)
    except FileNotFoundError:
        raise DataError(f"{name}: no such file or folder") from None
    except OSError as error:
        raise DataError(f"{name}: cannot be read ({error.strerror})") from None
    except (BadPicture, ValueError) as error:
        raise DataError(f"{name}: {error}") from None


def _fitting(images: np.ndarray, name: str, spec: DataSpec) -> np.ndarray:
    """An array of images, scaled where its sides are others."""
    if images.ndim == 3:
        images = images[..., None]
    if images.dtype != np.uint8 or images.ndim != 4 or not len(images):
        found = f"{images.dtype} {list(images.shape)}"
        raise DataError(f"{name}: {found}, expected uint8 [N, H, W, {spec.channels}]")
    if images.shape[-1] != spec.channels:
        raise DataError(
            f"{name}: {images.shape[-1]} channels, the model's images have {spec.channels}"
        )
    return resize(images, [spec.height, spec.width])
