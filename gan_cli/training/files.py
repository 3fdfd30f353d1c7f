"""Files of a run directory, which may come from a stranger: regular files only, of a bounded size, read as plain data."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Any

from gan_cli.errors import RunDirectoryError

LARGEST_JSON = 4 * 1024**2


def open_regular(path: Path) -> BufferedReader:
    """Open for reading, but neither through a link nor on a device or a pipe that would hang.

    Raises:
        RunDirectoryError: it is not a regular file.
        OSError: it is missing or unreadable.
    """
    if path.is_symlink():
        raise RunDirectoryError(f"{path}: is a link; a run directory holds plain files only")
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise RunDirectoryError(f"{path}: is not a plain file")
    return file


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
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, allow_nan=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_directory(path.parent)


def sync(path: Path) -> None:
    """Have the disk hold the file's bytes."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Have the disk hold the names in a folder; a no-op where folders cannot be opened (Windows)."""
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
