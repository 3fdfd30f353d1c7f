"""Where named data sets are looked for: `data.path`, GAN_DATA_DIR, Keras's cache, and at last the network."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import IO, NamedTuple

from tqdm import tqdm

from gan_cli.errors import DataError

TIMEOUT_SECONDS = 15


class Download(NamedTuple):
    """A published file: address and SHA-256."""

    url: str
    sha256: str


def candidates(path: str | None) -> list[Path]:
    """The given path alone, or the folders to look in when there is none."""
    data_dir = os.environ.get("GAN_DATA_DIR")
    given = path or data_dir
    try:
        first = [Path(given).expanduser()] if given else []
    except RuntimeError as error:  # ~nobody
        raise DataError(f"{given}: {error}") from None
    return first if path else [*first, keras_cache()]


def places(path: str | None, names: Sequence[str]) -> list[Path]:
    """The given path below which, or the folders in which, something of these names may lie; a given one may be it itself."""
    found = candidates(path)
    return [place / name for place in found for name in names] + (found if path else [])


@contextmanager
def one_line(path: str | None) -> Iterator[None]:
    """The system's refusals in one line: an unreadable folder, a name that is too long."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{error.filename or path}: {error.strerror or error}") from None


def keras_cache() -> Path:
    """The folder in which keras.utils.get_file keeps data sets."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets"


def fetch(name: str, download: Download, file: str, tried: list[Path]) -> Path:
    """Download into Keras's cache; the file appears there only whole and with the published hash.

    Raises:
        DataError: it did not arrive, or with another hash; the message names what was tried and the way out.
    """
    target = keras_cache() / file
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as partial:
            try:
                _receive(download, partial, file)
                Path(partial.name).chmod(0o644)
                os.replace(partial.name, target)
            except BaseException:
                Path(partial.name).unlink(missing_ok=True)
                raise
    except (OSError, HTTPException, ValueError) as error:
        places = ", ".join(str(place) for place in tried)
        reason = getattr(error, "reason", None) or error
        raise DataError(
            f"data={name}: no {file} in {places}, and the download failed ({reason}); put {file} there, or give "
            f"data.path=FILE or GAN_DATA_DIR=FOLDER; data=digits needs no file"
        ) from None
    return target


def _receive(download: Download, partial: IO[bytes], file: str) -> None:
    digest = hashlib.sha256()
    with urllib.request.urlopen(download.url, timeout=TIMEOUT_SECONDS) as answer:
        size = int(answer.headers.get("Content-Length") or 0) or None
        with tqdm(total=size, unit="B", unit_scale=True, desc=file, disable=None) as bar:
            while block := answer.read(1 << 20):
                partial.write(block)
                digest.update(block)
                bar.update(len(block))
    if digest.hexdigest() != download.sha256:
        raise DataError(f"{download.url}: what arrived is not the published file (SHA-256 {digest.hexdigest()})")
    partial.flush()
    os.fsync(partial.fileno())
