"""`data=zip`: pictures in a zip, which are read where they lie: nothing is unpacked to disk."""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from gan_cli.base.errors import DataError
from gan_cli.config.options import option, options
from gan_cli.data import data_source
from gan_cli.data.folder import TEST, TRAIN
from gan_cli.data.formats.zip_labels import label_file as find_labels
from gan_cli.data.formats.zip_labels import read_labels
from gan_cli.data.formats.zip_members import MemberLoader, Members, opened
from gan_cli.data.formats.zip_members import members as zip_members
from gan_cli.data.reading.arrays import BROKEN_ZIP, first_line
from gan_cli.data.reading.cache import Stored, stored
from gan_cli.data.reading.captions import Captions, beside
from gan_cli.data.reading.labels import Labels
from gan_cli.data.reading.listing import PICTURE_NAME, Listing, classes, required
from gan_cli.data.reading.loading import recipe, source
from gan_cli.data.reading.options import Pictures
from gan_cli.data.reading.pictures import look
from gan_cli.data.reading.sizes import with_size
from gan_cli.data.reading.source import Source, Split


@options
class Zip(Pictures):
    """Options of `data=zip`."""

    name: str = "zip"
    path: str | None = option(
        "zip of pictures, with labels from dataset.json, a CSV or its folders (required)", None
    )
    labels: bool = option("read the labels", True)


@data_source("zip", Zip)
def load(options: Zip, split: Split) -> Source:
    """The pictures in a zip; folders train and test (or val) in it are the splits."""
    path = required(options.path, "zip", "a zip of pictures")
    if not path.is_file():
        raise DataError(
            f"data.path={options.path}: is no file; data=folder reads a folder of pictures"
        )
    members = zip_members(path)
    shared = _shared_folder(members)
    label_file = find_labels(path, members, shared) if options.labels else None
    table = None if label_file is None else read_labels(path, members, label_file)
    top = _own_split(members, shared, split)
    listing = _listing(
        (each for each in members.values() if each.filename.startswith(top or "")), table
    )
    options = _sized(options, path, members, shared, table)
    found = _stored(path, listing, options, top, chosen=table is not None)
    labels, names = None, []
    if table is not None:
        labels, names = table.of(found.names), table.class_names
    elif options.labels and label_file is None:
        trained = load(options, "train").class_names if top and split == "test" else None
        labels, names = classes([name.removeprefix(top or shared) for name in found.names], trained)
    captions = None
    if not (top and split == "test"):  # the words are those of training
        captions = _captions(path, members, found.names, top or shared)
    return source(
        found,
        options,
        split,
        str(path),
        labels,
        names,
        own_split=top is not None,
        captions=captions,
    )


def _sized(options: Zip, path: Path, members: Members, shared: str, table: Labels | None) -> Zip:
    """With the size that the pictures for training ask for, in both splits."""
    if options.size != "auto":
        return options
    top = _own_split(members, shared, "train") or ""
    trained = (each for each in members.values() if each.filename.startswith(top))
    try:
        archive = opened(path, _version(path), os.getpid())
        return with_size(options, _listing(trained, table).names, archive.open)
    finally:
        opened.cache_clear()


def _captions(path: Path, members: Members, pictures: list[str], folder: str) -> Captions | None:
    def read(name: str, most: int) -> bytes:
        try:
            with opened(path, _version(path), os.getpid()).open(name) as member:
                content = member.read(most + 1)
        except BROKEN_ZIP as error:
            raise ValueError(f"cannot be unpacked ({first_line(error)})") from None
        if len(content) > most:
            raise ValueError(f"larger than {most:,} bytes")
        return content

    try:
        return beside(pictures, members, read, str(path), folder)
    finally:
        opened.cache_clear()


def _version(path: Path) -> tuple[int, ...]:
    """What tells this state of the file from others."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _stored(path: Path, listing: Listing, options: Zip, top: str | None, *, chosen: bool) -> Stored:
    wanted = look(options)
    loader = MemberLoader(path, _version(path), wanted)
    how = recipe(loader, wanted, options.decode)
    try:
        return stored(path, listing, how._replace(key=f"{wanted} {top}", chosen=chosen))
    finally:
        opened.cache_clear()


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
