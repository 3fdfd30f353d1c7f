"""A short ranking for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gan_cli.data.reading.listing import shown
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
    best = ranking.comparisons[0]
    objective = collected.objective
    table = Table(
        title=f"{words.LONG_NAMES[objective]}, {words.better(objective)}",
        title_justify="left",
        title_style="",
        box=None,
        pad_edge=False,
    )
    table.add_column("", justify="right", no_wrap=True)
    if best.repeated:
        _fill_with_settings(table, best.settings, collected.varying)
        rest = len(best.settings) - MOST
    else:
        _fill_with_jobs(table, [each for each in ranking.order if each[1] == "A"], collected)
        rest = len(best.rows) - MOST
    if rest > 0:
        table.caption, table.caption_justify = f"... {rest} more", "left"
    return table


def _fill_with_settings(table: Table, settings: Sequence[Setting], varying: Sequence[str]) -> None:
    for name in ("mean", "s.d.", "n"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("over seeds of", no_wrap=True, overflow="ellipsis")
    places = words.decimals(each.spread.mean for each in settings if each.spread)
    for rank, each in enumerate(settings[:MOST], start=1):
        assert each.spread is not None
        spread, best = each.spread, each.best
        given = words.pairs(each.settings, varying) or (best.name if best else "")
        numbers = [words.fixed(value, places) for value in (spread.mean, spread.deviation)]
        table.add_row(str(rank), *numbers, str(spread.count), _text(given))


def _fill_with_jobs(table: Table, order: Sequence[Place], collected: Collected) -> None:
    table.add_column(words.NAMES[collected.objective], justify="right", no_wrap=True)
    table.add_column("job", no_wrap=True, overflow="ellipsis")
    table.add_column("settings", no_wrap=True, overflow="ellipsis")
    scores = [row.outcome.score for row, _, _ in order if row.outcome.score is not None]
    places = words.decimals(scores)
    for row, _, rank in order[:MOST]:
        given = _text(words.described(row, collected.varying))
        table.add_row(str(rank), words.fixed(row.outcome.score, places), _text(row.name), given)


def _text(text: str) -> Text:
    """What a directory says: nothing in it is markup, and nothing steers the terminal."""
    return Text(shown(text))
