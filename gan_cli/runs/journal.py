"""Reading metrics.jsonl and its like, which may be a stranger's. No TensorFlow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gan_cli.base import files
from gan_cli.base.errors import RunDirectoryError

LONGEST_LINE, LONGEST_RUN = 64 * 1024, 1e12
"""Bytes and seconds that a line of metrics.jsonl may have."""
MOST_AT_ONCE = 16 * 1024**2


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
    """Each line of a file as its object, None where it is none, and the byte at which it ends;
    nothing where there is no file.

    It may be a stranger's: read line by line, none of them longer than LONGEST_LINE.
    """
    if not path.exists():
        return
    end = 0
    with files.open_regular(path) as file:
        while line := file.readline(LONGEST_LINE):
            end += len(line)
            yield _object(line) if line.endswith(b"\n") else None, end


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
    return value if isinstance(value, dict) else None
