"""report.html: all that is known of a sweep in one file, which loads nothing."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import plotly.graph_objects as go
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup
from plotly.io.json import to_json_plotly
from plotly.offline import get_plotlyjs

from gan_cli.base import pages
from gan_cli.base.terminal import printable
from gan_cli.reports import figures, words
from gan_cli.reports.collect import PARTS
from gan_cli.reports.embedded import Picture
from gan_cli.reports.figures import Line
from gan_cli.reports.rows import BESIDE, Collected, Row
from gan_cli.reports.settings import SEED, number, short
from gan_cli.reports.spread import Ranking
from gan_cli.sweeps.outcome import OBJECTIVES

FOLDER = Path(__file__).parent
FIRST_LINES = "<!doctype html>\n<!-- Written by gan-report"
LABEL = 120
"""Characters of what a job is called in a figure."""


class Job(NamedTuple):
    """A job as the page shows it; `number` is its place in the order of all."""

    number: int
    row: Row
    letter: str
    rank: int | None
    name: str
    settings: str
    command: str
    picture: Picture | None


def page(
    collected: Collected, ranking: Ranking, pictures: Mapping[str, Picture], now: datetime
) -> str:
    """The file's text.

    Args:
        pictures: row's name -> samples, of those that have any.
        now: when the report is written.
    """
    jobs = _jobs(collected, ranking, pictures)
    curves, drawn = _figures(collected, ranking, jobs)
    not_done = [job for job in jobs if job.row.state != "done"]
    environment = pages.environment(FOLDER, printable)
    environment.filters |= {"cut": cut, "number": number} | {
        name: getattr(words, name) for name in ("fixed", "significant", "minutes", "memory", "date")
    }
    return environment.get_template("report.html").render(
        collected=collected,
        ranking=ranking,
        jobs=jobs,
        columns=_columns(collected),
        open=sorted(not_done, key=lambda job: (job.row.state != "failed", job.row.state)),
        curves=curves,
        figures=drawn,
        figure_data=_json({key: each.to_plotly_json() for key, each in drawn.items()}),
        plotly=Markup(get_plotlyjs() if drawn else ""),
        begun=collected.sweep and shlex.join(["gan-train", *collected.sweep.arguments]),
        times=sorted(time for row in collected.rows for time in (row.began, row.ended) if time),
        now=now,
        parts=PARTS,
        ranked=figures.RANKED,
        most_axes=figures.MOST_AXES,
        words=words,
        number_of={row.name: place for place, (row, _, _) in enumerate(ranking.order)},
        SEED=SEED,
    )


def cut(value: str, most: int = 60) -> str | Markup:
    """A text of any length in the room of `most` characters; a pointer that rests on it sees up to
    a thousand of them.
    """
    if len(value) <= most:
        return value
    whole, start = printable(value[:1000]), printable(value[: most - 1])
    return Markup('<span title="{}">{}…</span>').format(whole, start)


def _jobs(collected: Collected, ranking: Ranking, pictures: Mapping[str, Picture]) -> list[Job]:
    return [
        Job(
            place,
            row,
            letter,
            rank,
            words.job(row),
            words.described(row, collected.varying),
            words.command(row),
            pictures.get(row.name),
        )
        for place, (row, letter, rank) in enumerate(ranking.order)
    ]


def _columns(collected: Collected) -> dict[str, Any]:
    """Which columns the table of jobs has, by what any job has a value for."""
    rows = collected.rows
    there = {
        name: any(getattr(row, name) is not None for row in rows)
        for name in ("images_per_second", "seconds", "peak_bytes")
    }
    beside = [key for key in BESIDE if any(key in row.beside for row in rows)]
    names = short(collected.varying)
    texts = {key: [row.settings.get(key) for row in rows] for key in names}
    numeric = {key: all(number(text) is not None for text in texts[key] if text) for key in names}
    return {"there": there, "beside": beside, "settings": names, "numeric": numeric}


def _figures(
    collected: Collected, ranking: Ranking, jobs: Sequence[Job]
) -> tuple[dict[str, str], dict[str, go.Figure]]:
    """Identifier -> what the learning curve is of; identifier -> figure, of all figures."""
    objective = collected.objective
    lines = [
        Line(
            job.number,
            f"{job.name}: {job.settings}"[:LABEL],
            job.row.settings,
            job.row.outcome.score if job.letter == "A" else None,
            job.row.curves,
        )
        for job in jobs
    ]
    drawn = figures.learning_curves(lines, objective)
    curves = {f"curve-{place}": key for place, key in enumerate(drawn)}
    less = OBJECTIVES[objective] > 0
    label = f"{words.NAMES[objective]} ({'low' if less else 'high'} is best)"
    parallel = figures.parallel_coordinates(lines, collected.varying, label, less)
    repeated = [each for each in ranking.comparisons if each.repeated]
    made = {f"intervals-{each.letter}": figures.intervals(each) for each in repeated}
    made |= dict(zip(curves, drawn.values(), strict=True))
    return curves, made | ({"parallel": parallel} if parallel else {})


def _json(value: Any) -> Markup:
    return htmlsafe_json_dumps(value, dumps=lambda each, **_: to_json_plotly(each))
