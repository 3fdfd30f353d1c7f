"""What tables of a report are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gan_cli.reports.markup import Child, Markup, cut, tag


class Cell(NamedTuple):
    """What is shown, and the number to sort by where it is not that."""

    shown: Child
    value: float | None = None
    numeric: bool = False


class Column(NamedTuple):
    """A heading, what it means in full, and whether numbers stand below it."""

    name: str
    title: str | None = None
    numeric: bool = False


def table_of(name: str, columns: Sequence[Column], rows: Sequence[Markup]) -> Markup:
    heads = [
        tag(
            "th",
            cut(column.name, 40),
            scope="col",
            title=column.title,
            class_="number" if column.numeric else None,
        )
        for column in columns
    ]
    inner = tag(
        "table", tag("thead", tag("tr", *heads)), tag("tbody", *rows), class_="sortable", id=name
    )
    return tag("div", inner, class_="scroll", tabindex=0, role="region", aria_label=name)


def row_of(cells: Sequence[Cell], job: int | None, identifier: str | None = None) -> Markup:
    made = [
        tag(
            "td",
            cell.shown,
            class_="number" if cell.numeric else None,
            data_value=None if cell.value is None else repr(float(cell.value)),
        )
        for cell in cells
    ]
    return tag("tr", *made, data_job=job, id=identifier)
