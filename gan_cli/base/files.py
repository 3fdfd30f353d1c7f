"""Files that appear whole or not at all, and files of strangers: regular ones only, of a bounded
size, read as plain data.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any

from gan_cli.base.errors import RunDirectoryError

LARGEST_JSON = 4 * 1024**2


def open_regular(path: Path) -> BufferedReader:
    """Open for reading, but neither through a link nor on a device or a pipe that would hang.

    Raises:
        RunDirectoryError: it is not a regular file.
        OSError: it is missing or unreadable.
    """
    if path.is_symlink():
        raise RunDirectoryError(f"{path}: is a link; a run directory holds plain files only")
    descriptor = os.open(
        path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    )
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RunDirectoryError(f"{path}: is not a plain file")
    return os.fdopen(descriptor, "rb")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A hidden name to write a file or a folder under; it becomes `path` at the end and goes if
    that is not reached.

    What lies there, a killed process's rest or a stranger's link, goes first: nothing is written
    through it.
    """
    partial = path.with_name(f".{path.name}.tmp")
    remove(partial)
    try:
        yield partial
        os.replace(partial, path)
    except BaseException:
        remove(partial)
        raise


def untaken(stem: str, suffix: str = "") -> Path:
    """STEM, or the first of STEM-2, STEM-3, ... that is not there with this suffix."""
    number, free = 1, Path(stem + suffix)
    while free.exists() or free.is_symlink():
        number += 1
        free = Path(f"{stem}-{number}{suffix}")
    return free


def remove(path: Path) -> None:
    """Remove a file, a link (not what it names) or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
        RunDirectoryError: missing, too large, or not a JSON object.
    """
    try:
        with open_regular(path) as file:
            text = file.read(LARGEST_JSON + 1)
    except OSError as error:
        raise RunDirectoryError(f"{path}: {error.strerror or error}") from None
    if len(text) > LARGEST_JSON:
        raise RunDirectoryError(f"{path}: larger than {LARGEST_JSON:,} bytes")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise RunDirectoryError(f"{path}: not readable as JSON") from None
    if not isinstance(value, dict):
        raise RunDirectoryError(f"{path}: not a JSON object")
    return value


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file at once: readers see the old or the new one, also after a crash."""
    with whole(path) as partial:
        partial.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        sync(partial)
    sync_directory(path.parent)


CHECKSUM = "sha256"


def write_checked(path: Path, values: dict[str, Any]) -> None:
    """Replace a JSON file at once, with the SHA-256 of what it says as its last key."""
    write_json(path, {**values, CHECKSUM: fingerprint(values)})


def read_checked(path: Path) -> dict[str, Any]:
    """What `write_checked` was given; a file without a checksum, made by hand, is taken as it is.

    Raises:
        RunDirectoryError: missing, no JSON object, or changed since it was written.
    """
    values = read_json(path)
    if CHECKSUM in values and values.pop(CHECKSUM) != fingerprint(values):
        raise RunDirectoryError(
            f"{path}: changed since it was written (its SHA-256 differs); put it back, or, if the "
            f'change is meant, remove the key "{CHECKSUM}" from it'
        )
    return values


def sync(path: Path) -> None:
    """Have the disk hold the file's bytes."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Have the disk hold the names in a folder; a no-op where folders cannot be opened
    (Windows).
    """
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, read in blocks."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(value: Any) -> str:
    """SHA-256 of a plain value, independent of the order of keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
