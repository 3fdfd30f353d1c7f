"""`data=zip`: pictures in a zip, which are read where they lie: nothing is unpacked to disk."""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gan_cli.base.errors import DataError
from gan_cli.config.options import option, options
from gan_cli.data import data_source
from gan_cli.data.folder import TEST, TRAIN, recipe, source
from gan_cli.data.reading.arrays import BROKEN_ZIP, first_line
from gan_cli.data.reading.cache import Stored, stored
from gan_cli.data.reading.labels import Labels, Sheet, by_text, from_json, read_csv
from gan_cli.data.reading.listing import PICTURE_NAME, Listing, classes, required, shown
from gan_cli.data.reading.options import Pictures
from gan_cli.data.reading.pictures import (
    LARGEST_BYTES,
    BadPicture,
    Decoded,
    Look,
    decode_stored,
    look,
)
from gan_cli.data.reading.source import Source, Split


@options
class Zip(Pictures):
    """Options of `data=zip`."""

    name: str = "zip"
    path: str | None = option(
        "zip of pictures, with labels from dataset.json, a CSV or its folders (required)", None
    )
    labels: bool = option("read the labels", True)


LARGEST_LABELS = 64 * 1024**2
"""Bytes of a label file."""
BOMB_BYTES, BOMB_FACTOR = 100 * 10**6, 100
"""What all members may unpack to: more only as far as the zip's size times the factor."""
PATH_COLUMNS, LABEL_COLUMNS = ("path", "file", "filename", "image", "name"), ("label", "class")
ENCRYPTED = 1
HIDDEN = re.compile(r"(^|/)(\.|__MACOSX/)")
_IGNORE = "correct it, or data.labels=false ignores it"

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
            with _opened(self.path, self.version, os.getpid()).open(name) as member:
                content = member.read(LARGEST_BYTES + 1)
        except (*BROKEN_ZIP, KeyError) as error:
            raise BadPicture(f"cannot be unpacked ({first_line(error)})") from None
        return decode_stored(content, self.look)


@lru_cache(maxsize=1)
def _opened(path: Path, version: tuple[int, ...], process: int) -> zipfile.ZipFile:
    """One open file per process: forked ones that shared it would share its position."""
    return zipfile.ZipFile(path)


@data_source("zip", Zip)
def load(options: Zip, split: Split) -> Source:
    """The pictures of a zip; its folders train and test (or val) are its splits where it has
    both.
    """
    path = required(options.path, "zip", "a zip of pictures")
    if not path.is_file():
        raise DataError(
            f"data.path={options.path}: is no file; data=folder reads a folder of pictures"
        )
    members = _members(path)
    shared = _shared_folder(members)
    label_file = _label_file(path, members, shared) if options.labels else None
    table = None if label_file is None else _read_labels(path, members, label_file)
    top = _own_split(members, shared, split)
    listing = _listing(
        (each for each in members.values() if each.filename.startswith(top or "")), table
    )
    found = _stored(path, listing, look(options), top, chosen=table is not None)
    labels, names = None, []
    if table is not None:
        labels, names = table.of(found.names), table.class_names
    elif options.labels and label_file is None:
        trained = load(options, "train").class_names if top and split == "test" else None
        labels, names = classes([name.removeprefix(top or shared) for name in found.names], trained)
    return source(found, options, split, str(path), labels, names, own_split=top is not None)


def _stored(path: Path, listing: Listing, wanted: Look, top: str | None, *, chosen: bool) -> Stored:
    status = path.stat()
    loader = MemberLoader(path, (status.st_mtime_ns, status.st_size, status.st_ino), wanted)
    try:
        return stored(
            path, listing, recipe(loader, wanted)._replace(key=f"{wanted} {top}", chosen=chosen)
        )
    finally:
        _opened.cache_clear()


def _members(path: Path) -> Members:
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
                f"{path}: holds a name that leads out of it, {shown(each.filename)}; pack it again"
            )
        if each.flag_bits & ENCRYPTED:
            raise DataError(
                f"{path}: {shown(each.filename)} is encrypted; pack it again without a password"
            )
    return {
        each.filename: each
        for each in found
        if not each.is_dir() and not HIDDEN.search(each.filename)
    }


def _shared_folder(members: Members) -> str:
    """The one folder that all pictures lie in, 'name/', or ''."""
    tops = {re.match("[^/]*/|", name).group() for name in members if PICTURE_NAME.search(name)}  # type: ignore[union-attr]
    return tops.pop() if len(tops) == 1 else ""


def _own_split(members: Members, shared: str, split: Split) -> str | None:
    """The folder of a split, where the data has been divided by hand."""
    folders = {
        name.removeprefix(shared).partition("/")[0]
        for name in members
        if "/" in name.removeprefix(shared)
    }
    train, test = (
        next((name for name in names if name in folders), None) for names in (TRAIN, TEST)
    )
    return f"{shared}{train if split == 'train' else test}/" if train and test else None


def _listing(members: Iterable[zipfile.ZipInfo], table: Labels | None) -> Listing:
    """Members by name; in the place of a time stands what changes with the member's bytes and
    date.
    """
    found = Listing()
    for each in members:
        if table is None or each.filename in table.by_name:
            mark = each.CRC << 31 | zlib.crc32(repr(each.date_time).encode()) >> 1
            found.add(each.filename, each.file_size, mark)
    return found.in_order()


def _label_file(path: Path, members: Members, shared: str) -> str | None:
    """dataset.json or the only CSV, at the top or in the folder that all share."""
    for folder in dict.fromkeys(("", shared)):
        if f"{folder}dataset.json" in members:
            return f"{folder}dataset.json"
        tables = [
            name
            for name in members
            if re.fullmatch(rf"{re.escape(folder)}[^/]+\.csv", name, re.IGNORECASE)
        ]
        if len(tables) > 1:
            raise DataError(
                f"{path}: holds {shown(', '.join(tables[:3]))}; leave the CSV with the "
                "labels, or "
                "data.labels=false"
            )
        if tables:
            return tables[0]
    return None


def _read_labels(path: Path, members: Members, file: str) -> Labels | None:
    """The labels that a file of the zip gives to the pictures, whose names are relative to it;
    None: it gives none.

    Raises:
        DataError: it cannot be read, misses a picture or names one that is not there.
    """
    if members[file].file_size > LARGEST_LABELS:
        raise DataError(
            f"{path}: {shown(file)} is larger than {LARGEST_LABELS:,} bytes; data.labels=false "
            "ignores it"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(file)
    except BROKEN_ZIP as error:
        raise DataError(
            f"{path}: {shown(file)} cannot be unpacked ({first_line(error)}); pack it again"
        ) from None
    origin, folder = f"{path}: {shown(file)}", file[: file.rfind("/") + 1]
    table = (
        from_json(content, origin)
        if file.endswith("dataset.json")
        else _from_sheet(read_csv(content, origin))
    )
    if table is None:
        return None
    table = Labels(
        {folder + name.replace("\\", "/"): label for name, label in table.by_name.items()},
        table.class_names,
    )
    missing = [name for name in members if PICTURE_NAME.search(name) and name not in table.by_name]
    if missing:
        raise DataError(
            f"{origin} has no label for {_pictures(missing)}, the first: {shown(missing[0])}; "
            f"{_IGNORE}"
        )
    strange = [name for name in table.by_name if name not in members]
    if strange:
        raise DataError(
            f"{origin} names {_pictures(strange)} not in the zip, the first: "
            f"{shown(strange[0])}; "
            f"{_IGNORE}"
        )
    return table


def _pictures(names: list[str]) -> str:
    return f"{len(names):,} picture{'s' * (len(names) != 1)}"


def _from_sheet(sheet: Sheet) -> Labels:
    """The columns of the usual names, else the first two."""
    names = [name.lower() for name in sheet.header]
    path, label = (
        next((each for each in wanted if each in names), None)
        for wanted in (PATH_COLUMNS, LABEL_COLUMNS)
    )
    if path is None or label is None:
        if len(names) < 2:
            raise DataError(
                f"{sheet.origin} has one column, {sheet.shown_header}; expected a name and a "
                f"label; {_IGNORE}"
            )
        return by_text(sheet.pairs(0, 1), sheet.origin)
    return by_text(sheet.pairs(names.index(path), names.index(label)), sheet.origin)
