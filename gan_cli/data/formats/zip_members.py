"""The files in a zip: which there are, and one that is decoded where it lies."""

from __future__ import annotations

import os
import re
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gan_cli.base.errors import DataError
from gan_cli.base.terminal import printable
from gan_cli.data.reading.arrays import BROKEN_ZIP, first_line
from gan_cli.data.reading.pictures import LARGEST_BYTES, BadPicture, Decoded, Look, decode_stored

BOMB_BYTES, BOMB_FACTOR = 100 * 10**6, 100
"""What all members may unpack to: more only as far as the zip's size times the factor."""
ENCRYPTED = 1
HIDDEN = re.compile(r"(^|/)(\.|__MACOSX/)")

Members = dict[str, zipfile.ZipInfo]


@dataclass(frozen=True)
class MemberLoader:
    """Reads and decodes members of a zip.

    Attributes:
        version: what tells this state of the file from others.
    """

    path: Path
    version: tuple[int, ...]
    look: Look

    def __call__(self, name: str) -> tuple[Decoded, bytes]:
        try:
            with opened(self.path, self.version, os.getpid()).open(name) as member:
                content = member.read(LARGEST_BYTES + 1)
        except (*BROKEN_ZIP, KeyError) as error:
            raise BadPicture(f"cannot be unpacked ({first_line(error)})") from None
        return decode_stored(content, self.look)


@lru_cache(maxsize=1)
def opened(path: Path, version: tuple[int, ...], process: int) -> zipfile.ZipFile:
    """One open file per process: forked ones that shared it would share its position."""
    return zipfile.ZipFile(path)


def members(path: Path) -> Members:
    """The files of a zip, hidden ones left out.

    Raises:
        DataError: no zip, or one that is encrypted or made to do harm.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found, size = archive.infolist(), path.stat().st_size
    except BROKEN_ZIP as error:
        raise DataError(
            f"{path}: not a readable zip ({first_line(error)}); fetch or copy it again"
        ) from None
    declared = sum(each.file_size for each in found)
    if declared > BOMB_BYTES and declared > BOMB_FACTOR * size:
        raise DataError(
            f"{path}: {size:,} bytes that unpack to {declared:,}; where that is right, "
            "unpack it "
            "and use data=folder"
        )
    for each in found:
        parts = re.split(r"[/\\]", each.filename)
        if ".." in parts or not parts[0] or re.fullmatch("[A-Za-z]:", parts[0]):
            raise DataError(
                f"{path}: holds a name that leads out of it, {printable(each.filename)}; pack it "
                "again"
            )
        if each.flag_bits & ENCRYPTED:
            raise DataError(
                f"{path}: {printable(each.filename)} is encrypted; pack it again without a password"
            )
    return {
        each.filename: each
        for each in found
        if not each.is_dir() and not HIDDEN.search(each.filename)
    }
