"""Labels in a zip of pictures: StyleGAN's dataset.json, or a CSV."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from gan_cli.base.errors import DataError
from gan_cli.base.terminal import printable
from gan_cli.data.formats.zip_members import Members
from gan_cli.data.reading.arrays import BROKEN_ZIP, first_line
from gan_cli.data.reading.labels import Labels, Sheet, by_text, from_json, read_csv
from gan_cli.data.reading.listing import PICTURE_NAME

LARGEST_LABELS = 64 * 1024**2
"""Bytes of a label file."""
PATH_COLUMNS, LABEL_COLUMNS = ("path", "file", "filename", "image", "name"), ("label", "class")
_IGNORE = "correct it, or data.labels=false ignores it"


def label_file(path: Path, members: Members, shared: str) -> str | None:
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
                f"{path}: holds {printable(', '.join(tables[:3]))}; leave the CSV with the "
                "labels, or "
                "data.labels=false"
            )
        if tables:
            return tables[0]
    return None


def read_labels(path: Path, members: Members, file: str) -> Labels | None:
    """The labels that a file of the zip gives to the pictures, whose names are relative to it;
    None: it gives none.

    Raises:
        DataError: it cannot be read, misses a picture or names one that is not there.
    """
    if members[file].file_size > LARGEST_LABELS:
        raise DataError(
            f"{path}: {printable(file)} is larger than {LARGEST_LABELS:,} bytes; data.labels=false "
            "ignores it"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(file)
    except BROKEN_ZIP as error:
        raise DataError(
            f"{path}: {printable(file)} cannot be unpacked ({first_line(error)}); pack it again"
        ) from None
    origin, folder = f"{path}: {printable(file)}", file[: file.rfind("/") + 1]
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
            f"{origin} has no label for {_pictures(missing)}, the first: {printable(missing[0])}; "
            f"{_IGNORE}"
        )
    strange = [name for name in table.by_name if name not in members]
    if strange:
        raise DataError(
            f"{origin} names {_pictures(strange)} not in the zip, the first: "
            f"{printable(strange[0])}; "
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
