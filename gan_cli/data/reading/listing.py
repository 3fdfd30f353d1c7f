"""Which files there are, before any is opened."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.data.reading.source import Skipped

PICTURE_NAME = re.compile(r"\.(jpe?g|png|bmp|gif|webp|tiff?)$", re.IGNORECASE)


@dataclass
class Listing:
    """The items of a source in a fixed order.

    Attributes:
        names: path of each item within the source, '/' between folders.
        sizes, mtimes: bytes and time of change in nanoseconds, int64 [N]: what tells whether a file
            is the same.
        skipped: what is there and is not a file to read, and why.
    """

    names: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    mtimes: list[int] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, name: str, size: int, mtime: int) -> None:
        self.names.append(name)
        self.sizes.append(size)
        self.mtimes.append(mtime)

    def in_order(self) -> Listing:
        """The same, sorted by name."""
        order = sorted(range(len(self.names)), key=self.names.__getitem__)
        sizes, mtimes = ([column[index] for index in order] for column in (self.sizes, self.mtimes))
        return Listing([self.names[index] for index in order], sizes, mtimes, sorted(self.skipped))


def required(path: str | None, name: str, what: str) -> Path:
    """`data.path` of a source that cannot look around for itself.

    Raises:
        ConfigError: it is not given.
        DataError: nothing is there, or it cannot be read.
    """
    if not path:
        raise ConfigError(f"data={name} needs data.path=, {what}")
    try:
        found = Path(path).expanduser()
        if not found.exists():
            raise DataError(f"data.path={path}: no such file or folder")
    except (OSError, RuntimeError) as error:  # a link loop, ~nobody
        raise DataError(f"data.path={path}: {getattr(error, 'strerror', None) or error}") from None
    return found


def walk(root: Path) -> Listing:
    """All plain files below a folder, hidden ones left out; links are followed, each folder once.

    Raises:
        DataError: a folder cannot be read.
    """
    found, seen, waiting = Listing(), {_place(root.stat())}, [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as entries:
                folders = [
                    each
                    for entry in entries
                    if (each := _sort_out(entry, f"{folder}{entry.name}", found))
                ]
        except OSError as error:
            raise DataError(
                f"{printable(str(root / folder))}: {error.strerror}; nothing in it can be read"
            ) from None
        for _, name, place in sorted(
            folders
        ):  # so that a folder has the same name wherever the disk lists it
            if place in seen:
                found.skipped.append(Skipped(name, "a link to a folder that was read already"))
            else:
                seen.add(place)
                waiting.append(f"{name}/")
    return found.in_order()


def _sort_out(
    entry: os.DirEntry[str], name: str, found: Listing
) -> tuple[bool, str, tuple[int, int]] | None:
    """List a file; a folder as (whether it is a link, name, place)."""
    if entry.name.startswith("."):
        return None
    try:
        status = entry.stat()
    except OSError as error:
        found.skipped.append(Skipped(name, f"a link that leads nowhere ({error.strerror})"))
        return None
    if stat.S_ISDIR(status.st_mode):
        return entry.is_symlink(), name, _place(status)
    if stat.S_ISREG(status.st_mode):
        found.add(name, status.st_size, status.st_mtime_ns)
    else:
        found.skipped.append(Skipped(name, "not a plain file"))
    return None


def classes(
    names: list[str], trained: list[str] | None = None
) -> tuple[np.ndarray | None, list[str]]:
    """Labels [N] int64 and class names from the first folder of each name; (None, []) where there
    are no two classes.

    Args:
        trained: class names of the training split, whose numbers hold in the test split too.

    Raises:
        DataError: some pictures are in class folders and some beside them, or in a class that is
            not trained.
    """
    tops = [name.partition("/")[0] if "/" in name else "" for name in names]
    found = {top: printable(top) for top in sorted(set(tops))}
    order = (list(found.values()) if len(found) > 1 else []) if trained is None else trained
    if not order:
        return None, []
    if "" in found:
        beside, loose = (
            ", ".join(order[:4] if trained else order[1:4]),
            printable(names[tops.index("")]),
        )
        raise DataError(
            f"{loose} lies beside the class folders {beside}; move it, or data.labels=false"
        )
    if strange := sorted(set(found.values()) - set(order)):
        raise DataError(
            f"class {strange[0]} of the test pictures is none of the training pictures "
            f"({', '.join(order[:4])})"
        )
    numbers = {top: order.index(name) for top, name in found.items()}
    return np.array([numbers[top] for top in tops], np.int64), order


def read_file(path: Path, limit: int) -> bytes:
    """The bytes of a plain file of at most `limit` bytes; a pipe that took its place does not hang.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not a plain file, or larger.
    """
    descriptor = os.open(
        path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("not a plain file")
        if status.st_size > limit:
            raise ValueError(f"larger than {limit:,} bytes")
        return file.read(limit)


def _place(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
