"""Small tars, whole and made by hand to do harm."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

FORMATS = {"pax": tarfile.PAX_FORMAT, "gnu": tarfile.GNU_FORMAT, "ustar": tarfile.USTAR_FORMAT}
END = bytes(1024)


def packed(path: Path, files: dict[str, bytes | str], form: str = "pax") -> Path:
    """A tar with these files, as Python's own tarfile writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=FORMATS[form]) as tar:
        for name, content in files.items():
            member, whole = tarfile.TarInfo(name), content
            if isinstance(whole, str):
                whole = whole.encode()
            member.size = len(whole)
            tar.addfile(member, io.BytesIO(whole))
    return path


def entry(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, **more: object) -> bytes:
    """A member by hand: a header that may claim anything, and its bytes."""
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, len(content)
    for key, value in more.items():
        setattr(member, key, value)
    header = member.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
    return header + content + bytes(-len(content) % 512)


def extended(**values: str) -> bytes:
    """A pax header for the member after it."""
    lines = b""
    for key, value in values.items():
        rest = f" {key.replace('_', '.')}={value}\n".encode()
        length = len(rest) + 1
        while len(str(length)) + len(rest) != length:
            length += 1
        lines += str(length).encode() + rest
    return entry("header", lines, tarfile.XHDTYPE)
