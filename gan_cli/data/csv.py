"""`data=csv`: a CSV file whose rows name pictures and their labels."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path

from gan_cli.base.errors import DataError
from gan_cli.base.terminal import printable
from gan_cli.config.options import option, options
from gan_cli.data import data_source
from gan_cli.data.reading.cache import stored
from gan_cli.data.reading.labels import Sheet, by_text, read_csv
from gan_cli.data.reading.listing import Listing, read_file, required
from gan_cli.data.reading.loading import FileLoader, recipe, source
from gan_cli.data.reading.options import Pictures
from gan_cli.data.reading.pictures import LARGEST_BYTES, look
from gan_cli.data.reading.source import Skipped, Source, Split


@options
class Csv(Pictures):
    """Options of `data=csv`."""

    name: str = "csv"
    path: str | None = option(
        "CSV file whose rows name pictures, relative to its folder (required)", None
    )
    path_column: str = option("column with the path of the picture", "path")
    label_column: str | None = option("column with its label; null: without labels", "label")


@data_source("csv", Csv)
def load(options: Csv, split: Split) -> Source:
    """The pictures that the rows of a CSV name, relative to its folder."""
    path = required(options.path, "csv", "a CSV file whose rows name pictures")
    sheet = read_csv(_content(path), str(path))
    label_column = (
        None
        if options.label_column is None
        else _column(sheet, "label_column", options.label_column)
    )
    texts = sheet.pairs(_column(sheet, "path_column", options.path_column), label_column)
    labels = (
        None if label_column is None else by_text(texts, f"{path}: column {options.label_column!r}")
    )
    wanted = look(options)
    found = stored(
        path,
        _listing(path.parent, texts),
        recipe(FileLoader(path.parent, wanted), wanted)._replace(chosen=True),
    )
    if labels is None:
        return source(found, options, split, str(path), None, [])
    return source(found, options, split, str(path), labels.of(found.names), labels.class_names)


def _content(path: Path) -> bytes:
    try:
        return read_file(path, LARGEST_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{path}: {reason}; expected a CSV file (data=folder reads a folder of pictures)"
        ) from None


def _column(sheet: Sheet, option: str, name: str) -> int:
    if name not in sheet.header:
        raise DataError(
            f"{sheet.origin}: no column {name!r} (it has {sheet.shown_header}); "
            f"data.{option}=NAME takes another"
        )
    return sheet.header.index(name)


def _listing(folder: Path, names: Iterable[str]) -> Listing:
    """The named files; what is not there counts as broken."""
    found = Listing()
    for name in names:
        try:
            status = (folder / name).stat()
        except OSError as error:
            found.skipped.append(Skipped(printable(name), f"cannot be read ({error.strerror})"))
            continue
        if stat.S_ISREG(status.st_mode):
            found.add(name, status.st_size, status.st_mtime_ns)
        else:
            found.skipped.append(Skipped(printable(name), "not a plain file"))
    return found.in_order()
