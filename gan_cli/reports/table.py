"""report.csv: a row for each job with all that is known of it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from gan_cli.base.terminal import printable
from gan_cli.reports import words
from gan_cli.reports.rows import BESIDE, Collected, Place
from gan_cli.reports.settings import SEED, number

FIRST = ["rank", "comparison", "directory", "state", "objective", "score", "step", "count"]
FIRST += ["evaluator"]
LAST = ["images_per_second", "seconds", "peak_bytes", "attempts", "exit_code", "reason", "damage"]
LAST += ["name", "notes", "command"]


def table(collected: Collected, order: Sequence[Place]) -> pd.DataFrame:
    """One row for each job, in the order of their ranks; None where nothing is known."""
    keys = [SEED, *collected.varying, *collected.constant]
    beside = [key for key in BESIDE if key != collected.objective]
    rows = []
    for row, letter, rank in order:
        scored, measured = row.outcome, row.provenance
        rows.append(
            [
                *(rank, letter, row.name, row.state, collected.objective),
                *(scored.score, scored.step),
                *((measured.count, measured.fingerprint) if measured else (None, None)),
                *(row.beside.get(key) for key in beside),
                *(row.settings.get(key, "") for key in keys),
                *(row.images_per_second, row.seconds, row.peak_bytes, row.attempts),
                *(row.exit_code, row.reason, "; ".join(row.damage)),
                *(row.called, row.notes, words.command(row)),
            ]
        )
    return pd.DataFrame(rows, columns=[*FIRST, *beside, *keys, *LAST], dtype=object)


def csv(frame: pd.DataFrame) -> str:
    """The file's text; what a spreadsheet would take for a formula has a ' before it."""
    names = [_safe(name) for name in frame.columns]
    rows = [[_safe(cell) for cell in row] for row in frame.itertuples(index=False, name=None)]
    safe = pd.DataFrame(rows, columns=names, dtype=object)  # map would make floats of integers
    text: str = safe.to_csv(index=False, lineterminator="\n")
    return text


def is_ours(line: str) -> bool:
    """Whether a first line is that of a table written here."""
    return line.startswith(",".join(FIRST) + ",")


def _safe(cell: object) -> object:
    if not isinstance(cell, str) or number(cell) is not None:
        return cell
    text = printable(cell)
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") and text else text
