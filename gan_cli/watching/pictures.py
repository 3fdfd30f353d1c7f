"""Grids of a run as they lie in its samples folder, which may be a stranger's: nothing is served
but PNG files of the names that a run has, of a bounded size.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from gan_cli.base import files
from gan_cli.base.errors import RunDirectoryError
from gan_cli.runs.rundir import RunDirectory

LARGEST_FILE, LARGEST_SIDE, MOST_PIXELS = 32 * 1024**2, 16_384, 64 * 1024**2
MOST_FILES = 20_000
KINDS = {"step": "samples", "reconstructions": "reconstructions", "codes": "codes"}
"""First word of a file -> what it shows."""
REAL = "real.png"
_NAME = re.compile(r"(step|reconstructions|codes)-(\d{8,15})\.png")
_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


class Picture(NamedTuple):
    """A PNG file that is one as far as its first bytes tell: `content` and its pixels."""

    content: bytes
    width: int
    height: int


def names(folder: Path) -> dict[str, dict[int, str]]:
    """What is shown -> step -> file, by step; what has no picture is left out."""
    found: dict[str, dict[int, str]] = {kind: {} for kind in KINDS.values()}
    entries: Iterable[Path] = folder.iterdir() if folder.is_dir() else ()
    for entry in islice(entries, MOST_FILES):
        if match := _NAME.fullmatch(entry.name):
            found[KINDS[match[1]]][int(match[2])] = entry.name
    return {kind: dict(sorted(of.items())) for kind, of in found.items() if of}


def read(run: Path, name: str) -> Picture:
    """A picture of a run.

    Raises:
        RunDirectoryError: it has none of that name, or what lies there is none.
    """
    path = RunDirectory.read(str(run)).samples / name
    if name != REAL and not _NAME.fullmatch(name):
        raise RunDirectoryError(f"{name}: no name of a picture")
    try:
        with files.open_regular(path) as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise RunDirectoryError(f"{path}: {error.strerror or error}") from None
    if not content.startswith(_START) or not 24 < len(content) <= LARGEST_FILE:
        raise RunDirectoryError(f"{path}: no PNG of at most {LARGEST_FILE >> 20} MB")
    width, height = struct.unpack(">II", content[16:24])
    sides = 0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE
    if not sides or width * height > MOST_PIXELS:
        raise RunDirectoryError(f"{path}: {width}x{height} pixels are no grid of a run")
    return Picture(content, width, height)
