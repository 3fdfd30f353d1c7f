"""report.csv: a row for each job with all that is known of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from gan_cli.data.reading.listing import shown
from gan_cli.reports import words
from gan_cli.reports.rows import BESIDE, Collected, Place
from gan_cli.reports.settings import SEED, number

FIRST = ["rank", "comparison", "directory", "state", "objective", "score", "step", "count", "ruler"]
LAST = ["images_per_second", "seconds", "peak_bytes", "attempts", "exit_code", "reason", "command"]
Cell = str | int | float | None


def table(collected: Collected, ordered: Sequence[Place]) -> str:
    """The file's text; `ordered` has the rows with their comparison and rank.

    Texts that a spreadsheet would take for a formula have a ' before them.
    """
    objective = collected.objective
    beside = [key for key in BESIDE if key != objective]
    keys = [key for key in (*collected.varying, *collected.constant)]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_safe(name) for name in [*FIRST, *beside, SEED, *keys, *LAST]])
    for row, letter, rank in ordered:
        own, scored = row.settings, row.outcome
        count, ruler = (
            (row.provenance.count, row.provenance.ruler) if row.provenance else (None, None)
        )
        first: list[Cell] = [
            rank,
            letter,
            row.name,
            row.state,
            objective,
            scored.score,
            scored.step,
            count,
            ruler,
        ]
        told = [own.get(key, "") for key in (SEED, *keys)]
        last: list[Cell] = [
            row.images_per_second,
            row.seconds,
            row.peak_bytes,
            row.attempts,
            row.exit_code,
            row.reason,
        ]
        cells = [*first, *(row.beside.get(key) for key in beside), *told, *last, words.command(row)]
        writer.writerow([_safe(cell) for cell in cells])
    return buffer.getvalue()


def is_ours(line: str) -> bool:
    """Whether a first line is that of a table written here."""
    return line.startswith(",".join(FIRST) + ",") and line.rstrip("\r\n").endswith(
        "," + ",".join(LAST)
    )


def _safe(cell: Cell) -> Cell:
    if not isinstance(cell, str) or number(cell) is not None:
        return cell
    text = shown(cell)
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") and text else text
