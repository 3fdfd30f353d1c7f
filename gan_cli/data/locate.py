"""Where named data sets are looked for: `data.path`, GAN_DATA_DIR, Keras's cache, and at last the network."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from gan_cli.errors import DataError

TIMEOUT_SECONDS = 15


class Download(NamedTuple):
    """A published file: address and SHA-256."""

    url: str
    sha256: str


def candidates(path: str | None) -> list[Path]:
    """The given path alone, or the folders to look in when there is none."""
    if path:
        return [Path(path).expanduser()]
    data_dir = os.environ.get("GAN_DATA_DIR")
    return ([Path(data_dir).expanduser()] if data_dir else []) + [keras_cache()]


def keras_cache() -> Path:
    """The folder in which keras.utils.get_file keeps data sets."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets"


def fetch(download: Download, name: str) -> Path:
    """Download into Keras's cache; the file appears there only whole and with the published hash.

    Raises:
        OSError: no network, or it broke off (urllib's errors are OSErrors).
        DataError: what arrived has another hash.
    """
    target = keras_cache() / name
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{name}.", delete=False) as partial:
        try:
            with urllib.request.urlopen(download.url, timeout=TIMEOUT_SECONDS) as answer:
                size = int(answer.headers.get("Content-Length") or 0) or None
                with tqdm(total=size, unit="B", unit_scale=True, desc=name, disable=None) as bar:
                    while block := answer.read(1 << 20):
                        partial.write(block)
                        digest.update(block)
                        bar.update(len(block))
            if digest.hexdigest() != download.sha256:
                raise DataError(f"{download.url}: what arrived is not the published file (SHA-256 {digest.hexdigest()})")
            partial.flush()
            os.replace(partial.name, target)
        except BaseException:
            Path(partial.name).unlink(missing_ok=True)
            raise
    return target


def not_found(name: str, file: str, places: list[Path], error: OSError) -> DataError:
    """The line for a set that is nowhere and cannot be downloaded."""
    tried = ", ".join(str(place) for place in places)
    reason = getattr(error, "reason", None) or error
    return DataError(
        f"data={name}: no {file} in {tried}, and the download failed ({reason}); put {file} there, or give "
        f"data.path=FILE or GAN_DATA_DIR=FOLDER; data=digits needs no file"
    )
