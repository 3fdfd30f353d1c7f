"""Labels that lie beside the pictures: in a CSV, or in StyleGAN's dataset.json."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable

MOST_CLASSES = 100_000
DELIMITERS = (",", ";", "\t")
NUMBER = re.compile(r"[0-9]{1,18}")


class Labels(NamedTuple):
    """The class of each picture by the picture's name, and what the classes are called."""

    by_name: dict[str, int]
    class_names: list[str]

    def of(self, names: Sequence[str]) -> np.ndarray:
        return np.array([self.by_name[name] for name in names], np.int64)


def in_range(labels: np.ndarray, what: str) -> np.ndarray:
    """Integers as int64, where each is the number of a class.

    Raises:
        DataError: one is negative, or too large.
    """
    low, high = int(labels.min(initial=0)), int(labels.max(initial=0))
    if low < 0 or high >= MOST_CLASSES:
        raise DataError(
            f"{what} go from {low} to {high}, expected 0 to {MOST_CLASSES - 1:,}; number the "
            "classes from 0"
        )
    return labels.astype(np.int64)


def numbers_up_to(largest: int) -> list[str]:
    """Names of classes that have only numbers."""
    return [str(number) for number in range(largest + 1)]


def from_json(content: bytes, origin: str) -> Labels | None:
    """StyleGAN's dataset.json, {"labels": [[name, class], ...]}; None where it says that there are
    no labels.

    Raises:
        DataError: it is something else.
    """
    try:
        known = json.loads(content)
        pairs = known["labels"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise DataError(
            f'{origin}: expected JSON, {{"labels": [["picture.png", 0], ...]}}; data.labels=false '
            "ignores it"
        ) from None
    if pairs is None:
        return None
    by_name: dict[str, int] = {}
    for number, pair in enumerate(pairs if isinstance(pairs, list) else [pairs]):
        if not _is_pair(pair):
            raise DataError(
                f'{origin}: entry {number} of "labels" is {printable(json.dumps(pair))[:80]}, '
                'expected ["picture.png", class] with '
                f"a class from 0 to {MOST_CLASSES - 1:,}; data.labels=false ignores it"
            )
        _refuse_twice(pair[0], by_name, f"{origin}: entry {number}")
        by_name[pair[0]] = pair[1]
    return Labels(by_name, numbers_up_to(max(by_name.values(), default=-1)))


def _is_pair(pair: object) -> bool:
    match pair:
        case [str(), bool()]:
            return False
        case [str(), int(label)]:
            return 0 <= label < MOST_CLASSES
    return False


class Sheet(NamedTuple):
    """A CSV: the names of its columns, and its rows with the number of the line they end on."""

    origin: str
    header: list[str]
    rows: list[tuple[int, list[str]]]

    def pairs(self, path: int, label: int | None) -> dict[str, str]:
        """Picture -> label ("" where there are none), from the columns of these numbers.

        Raises:
            DataError: a value is missing, a picture is named twice, or there are no rows.
        """
        found: dict[str, str] = {}
        columns = [path] if label is None else [path, label]
        for number, row in self.rows:
            where = f"{self.origin}: row {number}"
            for column in columns:
                if len(row) <= column or not row[column]:
                    raise DataError(
                        f"{where} has nothing in column {self.header[column]!r}; complete or "
                        "remove it"
                    )
            _refuse_twice(row[path], found, where)
            found[row[path]] = "" if label is None else row[label]
        if not found:
            raise DataError(f"{self.origin}: no rows below the header {self.shown_header}")
        return found

    @property
    def shown_header(self) -> str:
        return printable(", ".join(self.header))


def read_csv(content: bytes, origin: str) -> Sheet:
    """UTF-8 text with a header; its columns are divided by comma, semicolon or tab.

    Raises:
        DataError: it is something else.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{origin}: is no UTF-8 text; save it as CSV in UTF-8") from None
    if "\0" in text:
        raise DataError(f"{origin}: holds zero bytes, as no text does; save it as CSV in UTF-8")
    try:
        # What divides the columns is what divides the header into most.
        header, delimiter = max(
            ((_first_row(text, each), each) for each in DELIMITERS), key=lambda found: len(found[0])
        )
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [
            (reader.line_num, [cell.strip() for cell in row])
            for row in reader
            if any(map(str.strip, row))
        ]
    except csv.Error as error:
        raise DataError(f"{origin}: not a readable CSV ({error}); save it again") from None
    if not rows:
        raise DataError(f"{origin}: is empty")
    return Sheet(origin, [cell.strip() for cell in header], rows[1:])


def _first_row(text: str, delimiter: str) -> list[str]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return next((row for row in rows if any(map(str.strip, row))), [])


def by_text(texts: dict[str, str], origin: str) -> Labels:
    """Labels that are all whole numbers are classes in the order of their values, others in the
    order of the alphabet.

    Raises:
        DataError: too many classes.
    """
    found = set(texts.values())
    if all(NUMBER.fullmatch(text) for text in found):
        values = sorted({int(text) for text in found})
        place = {value: number for number, value in enumerate(values)}
        names, index = [str(value) for value in values], {text: place[int(text)] for text in found}
    else:
        names = sorted(found)
        index = {text: number for number, text in enumerate(names)}
    if len(names) > MOST_CLASSES:
        raise DataError(
            f"{origin}: {len(names):,} different labels, more than {MOST_CLASSES:,} classes; is "
            "this the right column?"
        )
    return Labels({name: index[text] for name, text in texts.items()}, names)


def _refuse_twice(name: str, known: dict[str, int] | dict[str, str], where: str) -> None:
    if name in known:
        raise DataError(f"{where} names {printable(name)} a second time; remove one of the two")
