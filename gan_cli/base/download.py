"""Files that others publish: the places where a user may have them, and a download that is there
whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import IO, Literal, NamedTuple

from tqdm import tqdm

from gan_cli.base.errors import DataError

TIMEOUT_SECONDS = 15

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
    target = keras_cache(cache) / file
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _fetch(download, target)
    except (OSError, HTTPException, ValueError) as error:
        tried = ", ".join(map(str, candidates(None, cache)))
        reason = getattr(error, "reason", None) or error
        raise DataError(
            f"{asked}: no {file} in {tried}, and the download failed ({reason}); {way_out}"
        ) from None
    return target


def _fetch(download: Download, target: Path) -> None:
    """Receive under a hidden name that no other process has: two may fetch the same file at
    once.
    """
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _receive(download, file, target.name)
        partial.chmod(0o644)  # mkstemp's are for their owner alone
        os.replace(partial, target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _receive(download: Download, file: IO[bytes], title: str) -> None:
    digest = hashlib.sha256()
    with urllib.request.urlopen(download.url, timeout=TIMEOUT_SECONDS) as answer:
        size = int(answer.headers.get("Content-Length") or 0) or None
        with tqdm(total=size, unit="B", unit_scale=True, desc=title, disable=None) as bar:
            while block := answer.read(1 << 20):
                if file.tell() + len(block) > download.largest:
                    raise DataError(f"{download.url}: larger than the published file")
                file.write(block)
                digest.update(block)
                bar.update(len(block))
    if digest.hexdigest() != download.sha256:
        raise DataError(
            f"{download.url}: what arrived is not the published file (SHA-256 {digest.hexdigest()})"
        )
    file.flush()
    os.fsync(file.fileno())


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # ~nobody
        raise DataError(f"{path}: {error}") from None
