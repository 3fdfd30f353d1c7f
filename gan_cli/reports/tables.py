"""The tables of a report: settings with their spread over seeds, all jobs, and those that
failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from gan_cli.reports import whisker, words
from gan_cli.reports.cells import Cell, Column, row_of, table_of
from gan_cli.reports.markup import Markup, cut, joined, tag
from gan_cli.reports.rows import BESIDE, Collected, Place, Row
from gan_cli.reports.settings import SEED, number, short
from gan_cli.reports.spread import Comparison, Setting
from gan_cli.reports.svg import RANKED
from gan_cli.reports.words import NOTHING

LONGEST_REASON = 600


def of_settings(
    comparison: Comparison, varying: Sequence[str], numbers: dict[str, int], objective: str
) -> Markup:
    """A row for each setting, the best mean first.

    Args:
        numbers: a row's name -> its place in the order of all jobs.
    """
    places = words.decimals(each.spread.mean for each in comparison.settings if each.spread)
    left_out = any(each.left_out for each in comparison.settings)
    columns = [
        Column("rank", None, True),
        *_headings(varying, [each.settings for each in comparison.settings]),
        Column("n", "finished jobs, each with a seed of its own", True),
        Column("mean", f"{words.LONG_NAMES[objective]}, {words.better(objective)}", True),
        *(_SPREAD if is_repeated(comparison) else []),
        Column("best job"),
        *([Column("not in the mean")] if left_out else []),
    ]
    scale = whisker.scale(comparison.settings)
    rows = [
        _setting_row(
            rank,
            each,
            varying,
            places,
            scale if is_repeated(comparison) else None,
            numbers,
            left_out,
        )
        for rank, each in enumerate(comparison.settings, start=1)
    ]
    return table_of(f"settings-{comparison.letter}", columns, rows)


def of_jobs(collected: Collected, ordered: Sequence[Place], letters: bool) -> Markup:
    """A row for each job, in the order of the ranks.

    Args:
        letters: whether there are several comparisons, so that a rank needs the letter of its own.
    """
    rows = [row for row, _, _ in ordered]
    places = words.decimals(row.outcome.score for row in rows if row.outcome.score is not None)
    optional = [each for each in _OPTIONAL if any(each.value(row) is not None for row in rows)]
    beside = [key for key in BESIDE if any(key in row.beside for row in rows)]
    columns = [
        Column("rank", None, True),
        *([Column("table", "scores compare within one table only")] if letters else []),
        Column("job", "its directory"),
        *_headings(collected.varying, [row.settings for row in rows]),
        Column("seed", None, True),
        Column("state"),
        Column(words.NAMES[collected.objective], words.better(collected.objective), True),
        Column("step", "of the best checkpoint", True),
        *(Column(words.NAMES[key], key, True) for key in beside),
        *(each.column for each in optional),
    ]
    body = []
    for place, (row, letter, rank) in enumerate(ordered):
        cells = [
            _rank(rank, place, letter),
            *([Cell(letter or NOTHING)] if letters else []),
            _link(row, place),
            *_values(row.settings, collected.varying),
            *_values(row.settings, [SEED]),
            Cell(tag("span", row.state, class_=f"state {row.state}")),
            Cell(words.fixed(row.outcome.score, places), row.outcome.score, True),
            _count(row.outcome.step),
            *(
                Cell(words.significant(row.beside.get(key)), row.beside.get(key), True)
                for key in beside
            ),
            *(Cell(each.text(row), each.value(row), True) for each in optional),
        ]
        body.append(row_of(cells, place, f"job-{place}"))
    return table_of("jobs", columns, body)


def of_failures(ordered: Sequence[Place], varying: Sequence[str]) -> Markup | None:
    """Jobs that failed, were ended early or have not ended, each with its reason; None where there
    are none.
    """
    rows = [(place, row) for place, (row, _, _) in enumerate(ordered) if row.state != "done"]
    if not rows:
        return None
    rows.sort(key=lambda each: (each[1].state != "failed", each[1].state))
    columns = [
        Column("job"),
        Column("settings"),
        Column("state"),
        Column("reason"),
        Column("attempts", None, True),
        Column("exit code", "negative: the signal that ended it", True),
    ]
    body = [
        row_of(
            [
                _link(row, place),
                Cell(tag("div", cut(words.told(row, varying) or NOTHING, 200), class_="text")),
                Cell(tag("span", row.state, class_=f"state {row.state}")),
                Cell(tag("div", cut(row.reason or NOTHING, LONGEST_REASON), class_="text")),
                _count(row.attempts),
                _count(row.exit_code),
            ],
            place,
        )
        for place, row in rows
    ]
    return table_of("failures", columns, body)


class _Optional(NamedTuple):
    """A column that is there where a job has a value for it."""

    column: Column
    value: Callable[[Row], float | None]
    text: Callable[[Row], str]


_OPTIONAL = [
    _Optional(
        Column("images/s", "median over the run", True),
        lambda row: row.images_per_second,
        lambda row: words.significant(row.images_per_second),
    ),
    _Optional(
        Column("minutes", "wall time of all attempts", True),
        lambda row: row.seconds,
        lambda row: words.minutes(row.seconds),
    ),
    _Optional(
        Column("memory GB", "most that the process held, in GB", True),
        lambda row: row.peak_bytes,
        lambda row: words.memory(row.peak_bytes),
    ),
]


_SPREAD = [
    Column("s.d.", "standard deviation of a sample", True),
    Column("95 % interval", "of the mean, by Student's t", True),
    Column("", "mean and interval on one scale for all rows"),
]


def is_repeated(comparison: Comparison) -> bool:
    """Whether any of its settings has more than one score."""
    return any(each.spread is not None and each.spread.count > 1 for each in comparison.settings)


def _setting_row(
    rank: int,
    each: Setting,
    varying: Sequence[str],
    places: int,
    scale: tuple[float, float] | None,
    numbers: dict[str, int],
    left_out: bool,
) -> Markup:
    spread = each.spread
    mean, deviation = (spread.mean, spread.deviation) if spread else (None, None)
    interval = spread.interval if spread else None
    ends = (
        f"{words.fixed(interval.low, places)} to {words.fixed(interval.high, places)}"
        if interval
        else NOTHING
    )
    best = numbers[each.best.name] if each.best else None
    drawn = [
        Cell(words.fixed(deviation, places), deviation, True),
        Cell(ends, interval.low if interval else None, True),
        Cell(whisker.whisker(spread, scale) if spread and scale else "", mean),
    ]
    why = ", ".join(f"{count} {state}" for state, count in each.left_out.items())
    cells = [
        Cell(str(rank) if spread else NOTHING, rank, True),
        *_values(each.settings, varying),
        _count(spread.count if spread else 0),
        Cell(words.fixed(mean, places), mean, True),
        *(drawn if scale else []),
        Cell(tag("a", cut(each.best.name, 40), href=f"#job-{best}") if each.best else NOTHING),
        *([Cell(tag("div", why or NOTHING, class_="text"))] if left_out else []),
    ]
    return row_of(cells, best)


def _headings(varying: Sequence[str], settings: Sequence[Mapping[str, str]]) -> list[Column]:
    """Of columns with values of settings; they are numbers where all that are there are."""
    names = short(varying)
    texts = {key: [each[key] for each in settings if each.get(key)] for key in varying}
    return [
        Column(names[key], key, all(number(text) is not None for text in texts[key]))
        for key in varying
    ]


def _values(settings: dict[str, str], keys: Sequence[str]) -> list[Cell]:
    texts = [settings.get(key, "") for key in keys]
    return [
        Cell(cut(text, 40) if text else NOTHING, number(text), number(text) is not None)
        for text in texts
    ]


def _link(row: Row, place: int) -> Cell:
    """The job's name, which leads to its command."""
    name = cut(row.name, 40)
    return Cell(tag("a", name, href=f"#command-{place}") if words.command(row) else name)


def _rank(rank: int | None, place: int, letter: str) -> Cell:
    ranked = rank is not None and letter == "A" and place < len(RANKED)
    swatch = tag("i", class_=f"swatch rank-{place + 1}") if ranked else None
    return Cell(joined(swatch, NOTHING if rank is None else str(rank)), float(place), True)


def _count(value: int | None) -> Cell:
    return Cell(NOTHING if value is None else f"{value:,}", value, True)
