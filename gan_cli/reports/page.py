"""report.html: all that is known of a sweep in one file, which loads nothing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from gan_cli.reports import markup, sections, tables, words
from gan_cli.reports.embedded import Picture
from gan_cli.reports.markup import Markup, cut, joined, tag
from gan_cli.reports.rows import Collected, Place
from gan_cli.reports.spread import Comparison

TEMPLATE = Path(__file__).with_name("report.html")
FIRST_LINES = "<!doctype html>\n<!-- Written by gan-report"


def page(
    collected: Collected,
    comparisons: Sequence[Comparison],
    ordered: Sequence[Place],
    pictures: Mapping[str, Picture] | None,
    now: datetime,
) -> str:
    """The file's text.

    Args:
        ordered: the rows with comparison and rank, as `spread.in_order` gives them.
        pictures: row's name -> samples; None where none were wanted.
        now: when the report is written.
    """
    made = [
        ("settings", "Settings", _settings(collected, comparisons, ordered)),
        ("all-jobs", "Jobs", _jobs(collected, comparisons, ordered)),
        *sections.drawn(collected, ordered),
        (
            "samples",
            "Samples",
            sections.samples(collected, ordered, pictures) if pictures is not None else None,
        ),
        ("not-done", "Not done", tables.of_failures(ordered, collected.varying)),
        ("commands", "Commands", sections.commands(collected, ordered)),
    ]
    shown = [(name, heading, body) for name, heading, body in made if body]
    links = joined(*(tag("a", heading, href=f"#{name}") for name, heading, _ in shown))
    body = joined(
        *(tag("section", tag("h2", heading), body, id=name) for name, heading, body in shown)
    )
    title = words.title(collected)
    parts = {
        "title": markup.text(title),
        "header": _header(collected, title, now),
        "links": links,
        "body": body,
    }
    return re.sub(
        r"\{\{(\w+)\}\}", lambda match: parts[match[1]], TEMPLATE.read_text(encoding="utf-8")
    )


def _header(collected: Collected, title: str, now: datetime) -> Markup:
    rows = collected.rows
    counts = [
        tag("li", tag("b", str(count)), f" {state}", class_=f"state {state}")
        for state, count in words.states(rows).items()
    ]
    times = sorted(time for row in rows for time in (row.began, row.ended) if time)
    when = f"{_date(times[0])} to {_end(times[0], times[-1])}. " if times else ""
    packages = [f"{name} {', '.join(found[:3])}" for name, found in words.versions(rows).items()]
    begun = (
        sections.command(shlex.join(["gan-train", *collected.sweep.arguments]), "began")
        if collected.sweep
        else None
    )
    return joined(
        tag("h1", cut(title, 100)),
        tag("ul", tag("li", tag("b", words.jobs(len(rows)))), *counts, class_="counts"),
        begun,
        tag("p", f"{when}Report of {_date(now)}. {', '.join(packages)}", class_="quiet"),
        *(tag("p", cut(line, 300), class_="warning") for line in collected.warnings[:20]),
    )


def _date(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M}"


def _end(first: datetime, last: datetime) -> str:
    return f"{last:%H:%M}" if first.date() == last.date() else _date(last)


def _settings(
    collected: Collected, comparisons: Sequence[Comparison], ordered: Sequence[Place]
) -> Markup:
    numbers = {row.name: place for place, (row, _, _) in enumerate(ordered)}
    shown = [each for each in comparisons if any(setting.spread for setting in each.settings)]
    if not shown:
        text = (
            "No job is done and scored yet, so there is nothing to average."
            if collected.rows
            else ""
        )
        return joined(_constant(collected), tag("p", text))
    blocks = []
    for each in shown:
        table = tables.of_settings(each, collected.varying, numbers, collected.objective)
        blocks.append(
            joined(_apart(each) if len(comparisons) > 1 else None, table, _provenance(each))
        )
    return joined(_constant(collected), tag("p", _explained(collected.objective, shown)), *blocks)


def _explained(objective: str, shown: Sequence[Comparison]) -> str:
    name = words.LONG_NAMES[objective]
    repeated = any(tables.is_repeated(each) for each in shown)
    spread = (
        "its spread is that over seeds: the mean of the jobs that are done, the standard "
        "deviation of a sample, and the 95 % "
        "confidence interval of the mean by Student's t"
        if repeated
        else "and no setting has more than one seed that is done, so there is no spread to show"
    )
    left_out = "Jobs that were ended early, failed or still run count in no mean."
    return (
        f"{name[:1].upper()}{name[1:]}; {words.better(objective)}. A row is one setting, "
        f"{spread}. {left_out}"
    )


def _constant(collected: Collected) -> Markup | None:
    """What all jobs share, once."""
    pairs = collected.constant.items()
    if not pairs:
        return None
    items = [
        tag("span", tag("b", cut(key)), f" {value[:200]}" if value else " not set")
        for key, value in pairs
    ]
    return tag("p", "The same in all jobs: ", joined(*items), class_="constant")


def _apart(comparison: Comparison) -> Markup:
    heading = tag("h3", f"Table {comparison.letter}")
    if not comparison.apart:
        return heading
    reason = "Measured otherwise than table A, so the two do not compare. " + "; ".join(
        comparison.apart
    )
    return joined(heading, tag("p", cut(reason, 1000)))


def _provenance(comparison: Comparison) -> Markup:
    said = {**comparison.provenance.said}
    if comparison.provenance.ruler:
        said["fingerprint"] = comparison.provenance.ruler[:12]
    terms = [tag("div", tag("dt", key), tag("dd", cut(value, 200))) for key, value in said.items()]
    return tag("dl", *terms, class_="provenance")


def _jobs(
    collected: Collected, comparisons: Sequence[Comparison], ordered: Sequence[Place]
) -> Markup:
    several = len(comparisons) > 1
    note = "The score is that of the job's best checkpoint."
    if several:
        note += (
            " Ranks count within a table: jobs that were scored with other samples, data or "
            "extractors do not compare."
        )
        notes = [
            tag("li", f"Table {each.letter}: {'; '.join(each.apart)[:1000]}")
            for each in comparisons
            if each.apart
        ]
        return joined(
            tag("p", note),
            tag("ul", *notes, class_="quiet"),
            tables.of_jobs(collected, ordered, several),
        )
    return joined(tag("p", note), tables.of_jobs(collected, ordered, several))
