"""A short ranking for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gan_cli.base.terminal import printable
from gan_cli.reports import words
from gan_cli.reports.rows import Collected, Place
from gan_cli.reports.spread import Ranking, Setting

MOST = 10


def show(
    collected: Collected, ranking: Ranking, written: dict[str, Path], console: Console
) -> None:
    """Print how many jobs there are in which state; then the best settings, or, where no seed is
    repeated, the best jobs; then where the report is.
    """
    counts = ", ".join(f"{count} {state}" for state, count in words.states(collected.rows).items())
    name = f"{words.title(collected)}: {words.jobs(len(collected.rows))} ({counts})"
    console.print(_text(name), soft_wrap=True)
    if ranking.comparisons:
        console.print(_table(collected, ranking))
    else:
        console.print("nothing is scored yet")
    if apart := sum(len(each.rows) for each in ranking.comparisons[1:]):
        line = f"{words.jobs(apart)} measured otherwise: the page has them apart"
        console.print(line, soft_wrap=True)
    for kind, path in written.items():  # whole, to be copied
        console.print(_text(f"{kind:<7} {path}"), soft_wrap=True)


def _table(collected: Collected, ranking: Ranking) -> Table:
    best, objective = ranking.comparisons[0], collected.objective
    if best.repeated:
        numbers, texts = ["", "mean", "s.d.", "n"], ["over seeds of"]
        rows = _settings(best.settings[:MOST], collected.varying)
        rest = len(best.settings) - MOST
    else:
        numbers, texts = ["", words.NAMES[objective]], ["job", "settings"]
        rows = _jobs(ranking.order[: min(MOST, len(best.rows))], collected)
        rest = len(best.rows) - MOST
    title = f"{words.LONG_NAMES[objective]}, {words.better(objective)}"
    table = Table(title=title, title_justify="left", title_style="", box=None, pad_edge=False)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    for name in texts:
        table.add_column(name)
    for row in rows:
        table.add_row(*map(_text, row))
    if rest > 0:
        table.caption, table.caption_justify = f"... {rest} more", "left"
    return table


def _settings(settings: Sequence[Setting], varying: Sequence[str]) -> list[list[str]]:
    places = words.decimals(each.spread.mean for each in settings if each.spread)
    rows = []
    for rank, each in enumerate(settings, start=1):
        assert each.spread is not None
        spread, best = each.spread, each.best
        numbers = [words.fixed(value, places) for value in (spread.mean, spread.deviation)]
        given = words.pairs(each.settings, varying) or (best.name if best else "")
        rows.append([str(rank), *numbers, str(spread.count), given])
    return rows


def _jobs(order: Sequence[Place], collected: Collected) -> list[list[str]]:
    scores = [row.outcome.score for row, _, _ in order if row.outcome.score is not None]
    places = words.decimals(scores)
    return [
        [
            str(rank),
            words.fixed(row.outcome.score, places),
            row.name,
            words.described(row, collected.varying),
        ]
        for row, _, rank in order
    ]


def _text(text: str) -> Text:
    """What a directory says: nothing in it is markup, and nothing steers the terminal."""
    return Text(printable(text))
