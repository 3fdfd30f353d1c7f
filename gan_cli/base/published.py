"""Weights that others publish: looked for on this machine, else downloaded, and believed for their
SHA-256 alone.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from gan_cli.base.download import Download, fetch, one_line, places
from gan_cli.base.errors import DataError


class Published(NamedTuple):
    """A file of weights.

    Attributes:
        network: whose weights they are.
        names: under which the file is looked for, its own first; the others are archives that hold
            it.
        download: the file itself.
    """

    network: str
    names: tuple[str, ...]
    download: Download


def find(what: Published, path: str | None, asked: str, instead: str) -> Path:
    """The file or folder given, else GAN_DATA_DIR, Keras's cache, the network. It is not verified
    here.

    Args:
        asked: for what, as the user wrote it; a message begins with it.
        instead: what needs no such file; the message of a failed download ends with it.

    Raises:
        DataError: it is nowhere; one line with the way out.
    """
    name, url = what.names[0], what.download.url
    with one_line(path):
        for place in places(path, what.names, "models"):
            if place.is_file():
                return place
    if path:
        raise DataError(f"{asked}: no {name} at {path}; it is published at {url}")
    return fetch(what.download, name, "models", asked, f"put {url} there, or {instead}")


def sha256(path: Path) -> str:
    """SHA-256 of a file; a link is followed, as it is the user's own.

    Raises:
        DataError: it cannot be read.
    """
    with one_line(str(path)), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(what: Published, sha256: str, origin: object) -> None:
    """Raises DataError where a hash is not the published one."""
    if sha256 != what.download.sha256:
        raise DataError(
            f"{origin}: not the published weights of {what.network} "
            f"(SHA-256 {sha256}, expected {what.download.sha256}); remove it, or fetch it again "
            f"from {what.download.url}"
        )
