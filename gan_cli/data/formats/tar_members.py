"""The files in a tar, found by their headers: nothing is unpacked, and no name leads anywhere.

Own walk, because tarfile reads extended headers of whatever size they claim, follows negative
sizes, and keeps every member in memory; single headers are left to it.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from gan_cli.data.reading.arrays import first_line

BLOCK = tarfile.BLOCKSIZE
LARGEST_HEADER = 64 * 1024
"""Bytes of an extended header: a long name, and what else is told of a file."""
PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
COMPRESSED = {b"\x1f\x8b": "gzip", b"BZ": "bzip2", b"\xfd7": "xz", b"(\xb5": "zstd"}
"""First two bytes of what is no plain tar."""
UNPACKED = {"gzip": "gunzip", "bzip2": "bunzip2", "xz": "unxz", "zstd": "unzstd"}
"""The commands that leave the tar alone."""


class Member(NamedTuple):
    """A plain file, and where its bytes lie."""

    name: str
    offset: int
    size: int


def members(file: BinaryIO) -> Iterator[Member]:
    """The plain files of a tar, in order; links, folders, devices and sparse files are left out.

    Raises:
        ValueError: it is none, is compressed, damaged or cut off.
    """
    end, offset, told = os.fstat(file.fileno()).st_size, 0, dict[str, str]()
    while (header := _header(file, offset)) is not None:
        size = _size(told.get("size", header.size))
        offset += BLOCK
        if not 0 <= size <= end - offset:
            raise ValueError(f"damaged or cut off at byte {offset - BLOCK:,}")
        if header.type in (tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME):
            told |= _told(header.type, _read(file, offset, size))
        else:
            if header.type in PLAIN and not any(key.startswith("GNU.sparse") for key in told):
                yield Member(told.get("path", header.name), offset, size)
            told = {}
        offset += -(-size // BLOCK) * BLOCK


def _header(file: BinaryIO, offset: int) -> tarfile.TarInfo | None:
    """The header at an offset; None at the end."""
    file.seek(offset)
    block = file.read(BLOCK)
    if not offset and (kind := COMPRESSED.get(block[:2])):
        raise ValueError(
            f"is compressed ({kind}), so that no single picture can be read; make it a plain tar: "
            f"{UNPACKED[kind]} FILE"
        )
    if len(block) == BLOCK and not any(block):
        return None
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError, OverflowError) as error:
        what = "no tar" if not offset else f"damaged or cut off at byte {offset:,}"
        raise ValueError(f"{what} ({first_line(error)})") from None


def _read(file: BinaryIO, offset: int, size: int) -> bytes:
    if size > LARGEST_HEADER:
        raise ValueError(f"holds a header of {size:,} bytes, more than {LARGEST_HEADER:,}")
    file.seek(offset)
    return file.read(size)


def _told(kind: bytes, content: bytes) -> dict[str, str]:
    """What an extended header says of the file after it: a long name, or lines 'LENGTH
    KEY=VALUE'.
    """
    if kind == tarfile.GNUTYPE_LONGNAME:
        return {"path": os.fsdecode(content.partition(b"\0")[0])}
    found = {}
    while content.strip(b"\0"):
        digits, _, _ = content[:8].partition(b" ")
        length = int(digits) if digits.isdigit() else 0
        line, rest = content[len(digits) + 1 : length], content[length:]
        key, equals, value = line.removesuffix(b"\n").partition(b"=")
        if not equals or length > len(content):
            raise ValueError("holds a damaged header")
        content = rest
        found[os.fsdecode(key)] = os.fsdecode(value.replace(b"\0", b""))
    return found


def _size(given: int | str) -> int:
    if isinstance(given, str):
        return int(given) if given.isascii() and given.isdigit() and len(given) < 20 else -1
    return given
