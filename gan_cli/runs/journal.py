"""metrics.jsonl and its like: lines with checksums, and reading them, which may be a stranger's. No
TensorFlow.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gan_cli.base import files
from gan_cli.base.errors import RunDirectoryError

LONGEST_LINE, LONGEST_RUN = 64 * 1024, 1e12
"""Bytes and seconds that a line of metrics.jsonl may have."""
MOST_AT_ONCE = 16 * 1024**2
CHECKSUM = "crc32"
_SEALED = re.compile(rb'(\{.*), "crc32": "([0-9a-f]{8})"\}\n')


class Chain:
    """Lines that each end with a CRC-32 of themselves and of the CRC before them: one that was
    changed, taken out or put in is noticed.
    """

    def __init__(self) -> None:
        self._last = b""

    def sealed(self, entry: Mapping[str, Any]) -> bytes:
        """The next line."""
        text = json.dumps(dict(entry)).encode()[:-1]
        self._last = b"%08x" % zlib.crc32(text, zlib.crc32(self._last))
        return text + b', "crc32": "' + self._last + b'"}\n'

    def holds(self, line: bytes) -> bool:
        """Whether a line is the next one as it was written; a file without CRCs is not checked."""
        found = _SEALED.fullmatch(line)
        if found is None:
            return not self._last
        before, self._last = self._last, found[2]
        return b"%08x" % zlib.crc32(found[1], zlib.crc32(before)) == found[2]


def entries(path: Path, step: float = float("inf")) -> Iterator[dict[str, Any]]:
    """The objects of a metrics file up to a step; none where there is no file."""
    return (entry for entry, _ in lines(path, step))


def lines(path: Path, step: float) -> Iterator[tuple[dict[str, Any], int]]:
    """Those of the leading lines that are entries, one step after another, each with the byte at
    which its line ends.
    """
    last = 0
    for entry, end in json_lines(path):
        if not entry or type(entry.get("step")) is not int or not last < entry["step"] <= step:
            return
        if (
            not isinstance(entry.get("seconds"), float | int)
            or not 0 <= entry["seconds"] < LONGEST_RUN
        ):
            return
        last = entry["step"]
        yield entry, end


def is_number(value: object) -> bool:
    """Whether a plain value is a finite number; JSON's readers also take NaN and Infinity."""
    return type(value) in (int, float) and -1e300 <= value <= 1e300  # type: ignore[operator]


def json_lines(path: Path) -> Iterator[tuple[dict[str, Any] | None, int]]:
    """Each line of a file as its object, None where it is none or was changed, and the byte at
    which it ends; nothing where there is no file.

    It may be a stranger's: read line by line, none of them longer than LONGEST_LINE.
    """
    if not path.exists():
        return
    end, chain = 0, Chain()
    with files.open_regular(path) as file:
        while line := file.readline(LONGEST_LINE):
            end += len(line)
            whole = line.endswith(b"\n") and chain.holds(line)
            yield _object(line) if whole else None, end


def first_damaged(path: Path, step: float = float("inf")) -> int | None:
    """The number, from 1, of the first line up to a step that is not as it was written; None where
    all are. A last line that a kill has cut off is none.
    """
    for number, (entry, end) in enumerate(json_lines(path), 1):
        if entry is None:
            return number if _ends_a_line(path, end) else None
        if is_number(entry.get("step")) and entry["step"] > step:
            return None
    return None


def _ends_a_line(path: Path, end: int) -> bool:
    with files.open_regular(path) as file:
        file.seek(end - 1)
        return file.read(1) == b"\n" or bool(file.read(1))


def append(path: Path, entry: Mapping[str, Any]) -> None:
    """Add a line with its checksum to a small file, behind whole ones."""
    chain, line = Chain(), b"\n"
    with path.open("ab+") as file:
        file.seek(0)
        for line in file:
            chain.holds(line)
        file.write((b"" if line.endswith(b"\n") else b"\n") + chain.sealed(entry))


class Follower:
    """Reads what a growing file of JSON lines has got since it was last asked."""

    def __init__(self, path: Path) -> None:
        self._path, self._position = path, 0

    def new(self) -> list[dict[str, Any]]:
        """The objects of the complete lines that are new; from the start again where a resumed run
        has cut the file.
        """
        try:
            with files.open_regular(self._path) as file:
                if file.seek(0, 2) < self._position:
                    self._position = 0
                file.seek(self._position)
                text = file.read(MOST_AT_ONCE)
        except (OSError, RunDirectoryError):
            return []
        whole, _, _ = text.rpartition(b"\n")
        self._position += len(whole) + bool(whole)
        return [value for line in whole.splitlines() if (value := _object(line)) is not None]


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    value.pop(CHECKSUM, None)
    return value
