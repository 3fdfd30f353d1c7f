"""A short ranking for the terminal, 80 columns wide."""

from __future__ import annotations

from collections.abc import Sequence

from gan_cli.data.reading.listing import shown
from gan_cli.reports import words
from gan_cli.reports.rows import Collected, Place
from gan_cli.reports.spread import Comparison, Setting

WIDTH, MOST = 80, 10


def lines(
    collected: Collected, comparisons: Sequence[Comparison], ordered: Sequence[Place]
) -> list[str]:
    """How many jobs there are in which state; then the best settings, or, where no seed is
    repeated, the best jobs.
    """
    counts = ", ".join(f"{count} {state}" for state, count in words.states(collected.rows).items())
    head = [_line(f"{words.title(collected)}: {words.jobs(len(collected.rows))} ({counts})")]
    if not comparisons:
        return [*head, "nothing is scored yet"]
    objective, varying = collected.objective, collected.varying
    best, *others = comparisons
    ranked = f"{words.LONG_NAMES[objective]}, {words.better(objective)}"
    settings = [each for each in best.settings if each.spread]
    if any(each.spread and each.spread.count > 1 for each in settings):
        body = [_line(f"mean over seeds, s.d., n: {ranked}"), *_settings(settings[:MOST], varying)]
        body += _more(len(settings))
    else:
        body = [
            _line(ranked),
            *_jobs([place for place in ordered if place[1] == best.letter][:MOST], varying),
        ]
        body += _more(len(best.rows))
    apart = (
        f"{words.jobs(sum(len(each.rows) for each in others))} measured otherwise: the page "
        "has them apart"
    )
    return [*head, *body, *([apart] if others else [])]


def _settings(settings: Sequence[Setting], varying: Sequence[str]) -> list[str]:
    places = words.decimals(each.spread.mean for each in settings if each.spread)
    made = []
    for rank, each in enumerate(settings, start=1):
        assert each.spread is not None
        spread, best = each.spread, each.best
        told = ", ".join(
            f"{name}={each.settings[key]}"
            for key, name in words.short(varying).items()
            if each.settings.get(key)
        )
        numbers = (
            f"{words.fixed(spread.mean, places):>10} "
            f"{words.fixed(spread.deviation, places):>8} {spread.count:>3}"
        )
        made.append(_line(f"{rank:>3} {numbers}  {told or (best.name if best else '')}"))
    return made


def _jobs(ranked: Sequence[Place], varying: Sequence[str]) -> list[str]:
    places = words.decimals(
        row.outcome.score for row, _, _ in ranked if row.outcome.score is not None
    )
    return [
        _line(
            f"{rank:>3} {words.fixed(row.outcome.score, places):>10}  {row.name}  "
            f"{words.told(row, varying)}"
        )
        for row, _, rank in ranked
    ]


def _more(count: int) -> list[str]:
    return [f"    ... {count - MOST} more"] if count > MOST else []


def _line(text: str) -> str:
    readable = shown(text)
    return readable if len(readable) <= WIDTH else f"{readable[: WIDTH - 3]}..."
