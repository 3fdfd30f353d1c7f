"""The numbers of a metrics.jsonl, which may be a stranger's, as series over the steps: bounded in
every way. No TensorFlow.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from gan_cli.base import files
from gan_cli.base.lazy import np
from gan_cli.runs.journal import Chain

LARGEST_FILE, MOST_LINES, LONGEST_LINE = 64 * 1024**2, 1_000_000, 64 * 1024
MOST_KEYS, LONGEST_KEY = 64, 64
LARGEST_NUMBER = 3.4028234663852886e38
"""Of float32."""


class Series(NamedTuple):
    """Finite `values` [N] at ascending `steps` [N]."""

    steps: np.ndarray
    values: np.ndarray


class Metrics(NamedTuple):
    """What a metrics.jsonl holds: key -> series, how many lines are not as they were written or no
    use, and whether it goes on beyond the bounds.
    """

    series: dict[str, Series]
    bad: int
    cut: bool


def read(path: Path) -> Metrics:
    """The numbers of a metrics.jsonl, sorted by step; what is not finite is left out.

    Raises:
        RunDirectoryError: it is not a plain file.
        OSError: it is missing or unreadable.
    """
    found: dict[
        str, array[float]
    ] = {}  # step, value, step, value, ...: a hundred thousand lines stay small
    bad = 0
    with files.open_regular(path) as file:
        chain = Chain()
        for line in _lines(file):
            bad += not (chain.holds(line) and _collect(line, found))
        cut = bool(file.read(1)) or len(found) > MOST_KEYS
    return Metrics({key: _sorted(found[key]) for key in list(found)[:MOST_KEYS]}, bad, cut)


def _lines(file: BufferedReader) -> Iterator[bytes]:
    """The leading lines within the bounds; a longer line comes in pieces, which are no JSON."""
    for _ in range(MOST_LINES):
        line = file.readline(min(LONGEST_LINE, LARGEST_FILE - file.tell()))
        if not line:
            return
        yield line


def _collect(line: bytes, found: dict[str, array[float]]) -> bool:
    """Add a line's numbers; False where it is no JSON object with a step."""
    try:
        entry = json.loads(line)
        step = entry["step"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    if not _is_number(step):
        return False
    for key, value in entry.items():
        known = key in found or (
            key != "step"
            and key.isprintable()
            and len(key) <= LONGEST_KEY
            and len(found) <= MOST_KEYS
        )
        if known and _is_number(value):
            found.setdefault(key, array("d")).extend((step, value))
    return True


def _is_number(value: object) -> bool:
    """Finite, and small enough that no arithmetic on it overflows."""
    return type(value) in (int, float) and -LARGEST_NUMBER <= value <= LARGEST_NUMBER  # type: ignore[operator]


def _sorted(pairs: array[float]) -> Series:
    steps, values = np.frombuffer(pairs).reshape(-1, 2).T
    order = np.argsort(steps, kind="stable")
    return Series(steps[order], values[order])
