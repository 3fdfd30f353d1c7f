"""Files that others publish: the places where a user may have them, and a download by pooch that is
there whole or not at all.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple

from gan_cli.base.errors import DataError

if TYPE_CHECKING:
    from tqdm import tqdm

TIMEOUT_SECONDS = 15
BLOCK = 1 << 16
"""Bytes that are received at once."""

Cache = Literal["datasets", "models"]
"""The folders that Keras keeps what it downloads in."""


class Download(NamedTuple):
    """A published file: address, SHA-256, and the bytes that are received at most."""

    url: str
    sha256: str
    largest: int = 1024**3


def candidates(path: str | None, cache: Cache = "datasets") -> list[Path]:
    """The given path alone, or the folders to look in when there is none: GAN_DATA_DIR and
    Keras's.
    """
    given = path or os.environ.get("GAN_DATA_DIR")
    first = [_expanded(given)] if given else []
    return first if path else [*first, keras_cache(cache)]


def places(path: str | None, names: Sequence[str], cache: Cache = "datasets") -> list[Path]:
    """The given path below which, or the folders in which, something of these names may lie; a
    given one may be it itself.
    """
    found = candidates(path, cache)
    return [place / name for place in found for name in names] + (found if path else [])


def keras_cache(cache: Cache = "datasets") -> Path:
    """The folder in which keras.utils.get_file keeps data sets, or weights."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else _expanded("~/.keras")) / cache


@contextmanager
def one_line(path: str | None) -> Iterator[None]:
    """The system's refusals in one line: an unreadable folder, a name that is too long."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{error.filename or path}: {error.strerror or error}") from None


def fetch(download: Download, file: str, cache: Cache, asked: str, way_out: str) -> Path:
    """Download into Keras's cache; the file appears there only whole and with the published hash.

    Args:
        file: its name in that folder.
        asked: for what, as the user wrote it; the message begins with it.
        way_out: what to do without the download; the message ends with it.

    Raises:
        DataError: it did not arrive, or another file did.
    """
    import pooch

    target, receive = keras_cache(cache) / file, partial(_receive, largest=download.largest)
    try:
        with _silent(pooch.get_logger()):
            pooch.retrieve(download.url, download.sha256, target.name, target.parent, None, receive)
    except OSError as error:
        tried = ", ".join(map(str, candidates(None, cache)))
        raise DataError(
            f"{asked}: no {file} in {tried}, and the download failed ({_reason(error)}); {way_out}"
        ) from None
    except ValueError as error:  # of pooch, for another hash
        raise DataError(
            f"{download.url}: what arrived is not the published file ({str(error).split('. ')[0]})"
        ) from None
    return target


@contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    """Without pooch's line before each download: the bar says it, and a failure is one line."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _receive(url: str, path: str, _: object, largest: int) -> None:
    """Receive into a temporary file, which pooch verifies and gives its name."""
    from pooch import HTTPDownloader
    from tqdm import tqdm

    with (
        Path(path).open("wb") as file,
        tqdm(unit="B", unit_scale=True, desc=url.rpartition("/")[2], disable=None) as bar,
    ):
        bounded = _Bounded(url, file, largest, bar)
        HTTPDownloader(
            chunk_size=BLOCK, timeout=TIMEOUT_SECONDS, hooks={"response": bounded.begin}
        )(url, bounded, None)
        os.fsync(file.fileno())
    Path(path).chmod(0o644)  # a temporary file is for its owner alone


class _Bounded:
    """A file that takes no more than `largest` bytes, whatever a server sends."""

    def __init__(self, url: str, file: IO[bytes], largest: int, bar: tqdm) -> None:
        self._url, self._file, self._left, self._bar = url, file, largest, bar
        self.flush = file.flush

    def begin(self, answer: Any, **_: object) -> None:
        # Some servers call a .gz file an encoding of its content: requests would unpack it.
        answer.raw.headers.pop("content-encoding", None)
        self._bar.reset(int(answer.headers.get("content-length", 0)) or None)

    def write(self, block: bytes) -> None:
        self._left -= len(block)
        if self._left < 0:
            raise DataError(f"{self._url}: larger than the published file")
        self._file.write(block)
        self._bar.update(len(block))


def _reason(error: object) -> str:
    """What is at the bottom of an error of requests, which holds one of urllib3."""
    while isinstance(error, Exception):
        inner = getattr(error, "reason", None) or getattr(error, "strerror", None)
        error = inner or next(iter(error.args), type(error).__name__)
    return re.sub(r"^\w+\(.*?\): ", "", str(error).partition("\n")[0])


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # ~nobody
        raise DataError(f"{path}: {error}") from None
