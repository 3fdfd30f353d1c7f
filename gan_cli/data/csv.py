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
from gan_cli.data.reading.captions import KEYS, Captions, complete
from gan_cli.data.reading.labels import Sheet, by_text, read_csv
from gan_cli.data.reading.listing import Listing, read_file, required
from gan_cli.data.reading.loading import FileLoader, recipe, source
from gan_cli.data.reading.options import Pictures
from gan_cli.data.reading.pictures import LARGEST_BYTES, look
from gan_cli.data.reading.sizes import with_size
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
    caption_column: str | None = option(
        "column with its caption; null: text, caption or captions, where there is one", None
    )


@data_source("csv", Csv)
def load(options: Csv, split: Split) -> Source:
    """Pictures that the rows of a CSV file name, relative to its folder."""
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
    listing = _listing(path.parent, texts)
    options = with_size(options, listing.names, lambda name: (path.parent / name).open("rb"))
    wanted = look(options)
    found = stored(
        path,
        listing,
        recipe(FileLoader(path.parent, wanted), wanted, options.decode)._replace(chosen=True),
    )
    numbers, names = (None, []) if labels is None else (labels.of(found.names), labels.class_names)
    captions = _captions(sheet, options, found.names)
    return source(found, options, split, str(path), numbers, names, captions=captions)


def _captions(sheet: Sheet, options: Csv, pictures: list[str]) -> Captions | None:
    name = options.caption_column or next((each for each in KEYS if each in sheet.header), None)
    if name is None or name == options.label_column:
        return None
    place = sheet.header.index(options.path_column)
    texts = sheet.pairs(place, _column(sheet, "caption_column", name))
    return complete(pictures, {each: [text] for each, text in texts.items()}, sheet.origin)


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
