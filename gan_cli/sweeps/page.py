"""report.html: all that is known of a sweep in one file, which loads nothing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from gan_cli.sweeps import figures, markup, tables, words
from gan_cli.sweeps.collect import Collected
from gan_cli.sweeps.embedded import Picture
from gan_cli.sweeps.figures import Line
from gan_cli.sweeps.markup import Markup, cut, joined, tag
from gan_cli.sweeps.outcome import OBJECTIVES
from gan_cli.sweeps.spread import Comparison
from gan_cli.sweeps.svg import RANKED
from gan_cli.sweeps.tables import Place

TEMPLATE = Path(__file__).with_name("report.html")
FIRST_LINES = "<!doctype html>\n<!-- Written by gan-report"
WIDTH, HEIGHT = 208, 448
"""CSS pixels that a picture shall have about, and at most; small ones are enlarged by whole factors."""
OPEN = 12
"""Jobs up to which their commands are shown at once."""


def page(
    collected: Collected, comparisons: Sequence[Comparison], ordered: Sequence[Place],
    pictures: Mapping[str, Picture] | None, now: datetime,
) -> str:  # fmt: skip
    """The file's text.

    Args:
        ordered: the rows with comparison and rank, as `spread.in_order` gives them.
        pictures: row's name -> samples; None where none were wanted.
        now: when the report is written.
    """
    sections = [
        ("settings", "Settings", _settings(collected, comparisons, ordered)),
        ("all-jobs", "Jobs", _jobs(collected, comparisons, ordered)),
        *_drawn(collected, ordered),
        ("samples", "Samples", _samples(collected, ordered, pictures) if pictures is not None else None),
        ("not-done", "Not done", tables.of_failures(ordered, collected.varying)),
        ("commands", "Commands", _commands(collected, ordered)),
    ]
    shown = [(name, heading, body) for name, heading, body in sections if body]
    links = joined(*(tag("a", heading, href=f"#{name}") for name, heading, _ in shown))
    body = joined(*(tag("section", tag("h2", heading), body, id=name) for name, heading, body in shown))
    title = words.title(collected)
    parts = {"title": markup.text(title), "header": _header(collected, title, now), "links": links, "body": body}
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], TEMPLATE.read_text(encoding="utf-8"))


def _header(collected: Collected, title: str, now: datetime) -> Markup:
    rows = collected.rows
    counts = [
        tag("li", tag("b", str(count)), f" {state}", class_=f"state {state}") for state, count in words.states(rows).items()
    ]
    times = sorted(time for row in rows for time in (row.began, row.ended) if time)
    when = f"{times[0]:%-d %B %Y, %H:%M} to {_end(times[0], times[-1])}. " if times else ""
    packages = [f"{name} {', '.join(found[:3])}" for name, found in words.versions(rows).items()]
    begun = _command(shlex.join(["gan-train", *collected.sweep.arguments]), "began") if collected.sweep else None
    return joined(
        tag("h1", cut(title, 100)),
        tag("ul", tag("li", tag("b", words.jobs(len(rows)))), *counts, class_="counts"),
        begun,
        tag("p", f"{when}Report of {now:%-d %B %Y, %H:%M}. {', '.join(packages)}", class_="quiet"),
        *(tag("p", cut(line, 300), class_="warning") for line in collected.warnings[:20]),
    )


def _end(first: datetime, last: datetime) -> str:
    return f"{last:%H:%M}" if first.date() == last.date() else f"{last:%-d %B, %H:%M}"


def _settings(collected: Collected, comparisons: Sequence[Comparison], ordered: Sequence[Place]) -> Markup:
    numbers = {row.name: place for place, (row, _, _) in enumerate(ordered)}
    shown = [each for each in comparisons if any(setting.spread for setting in each.settings)]
    if not shown:
        text = "No job is done and scored yet, so there is nothing to average." if collected.rows else ""
        return joined(_constant(collected), tag("p", text))
    blocks = []
    for each in shown:
        table = tables.of_settings(each, collected.varying, numbers, collected.objective)
        blocks.append(joined(_apart(each) if len(comparisons) > 1 else None, table, _provenance(each)))
    return joined(_constant(collected), tag("p", _explained(collected.objective, shown)), *blocks)


def _explained(objective: str, shown: Sequence[Comparison]) -> str:
    name = words.LONG_NAMES[objective]
    repeated = any(tables.is_repeated(each) for each in shown)
    spread = (
        "its spread is that over seeds: the mean of the jobs that are done, the standard deviation of a sample, and the 95 % "
        "confidence interval of the mean by Student's t"
        if repeated
        else "and no setting has more than one seed that is done, so there is no spread to show"
    )
    left_out = "Jobs that were ended early, failed or still run count in no mean."
    return f"{name[:1].upper()}{name[1:]}; {words.better(objective)}. A row is one setting, {spread}. {left_out}"


def _constant(collected: Collected) -> Markup | None:
    """What all jobs share, once."""
    pairs = collected.constant.items()
    if not pairs:
        return None
    items = [tag("span", tag("b", cut(key)), f" {value[:200]}" if value else " not set") for key, value in pairs]
    return tag("p", "The same in all jobs: ", joined(*items), class_="constant")


def _apart(comparison: Comparison) -> Markup:
    heading = tag("h3", f"Table {comparison.letter}")
    if not comparison.apart:
        return heading
    reason = "Measured otherwise than table A, so the two do not compare. " + "; ".join(comparison.apart)
    return joined(heading, tag("p", cut(reason, 1000)))


def _provenance(comparison: Comparison) -> Markup:
    said = {**comparison.provenance.said}
    if comparison.provenance.ruler:
        said["fingerprint"] = comparison.provenance.ruler[:12]
    terms = [tag("div", tag("dt", key), tag("dd", cut(value, 200))) for key, value in said.items()]
    return tag("dl", *terms, class_="provenance")


def _jobs(collected: Collected, comparisons: Sequence[Comparison], ordered: Sequence[Place]) -> Markup:
    several = len(comparisons) > 1
    note = "The score is that of the job's best checkpoint."
    if several:
        note += " Ranks count within a table: jobs that were scored with other samples, data or extractors do not compare."
        notes = [tag("li", f"Table {each.letter}: {'; '.join(each.apart)[:1000]}") for each in comparisons if each.apart]
        return joined(tag("p", note), tag("ul", *notes, class_="quiet"), tables.of_jobs(collected, ordered, several))
    return joined(tag("p", note), tables.of_jobs(collected, ordered, several))


def _drawn(collected: Collected, ordered: Sequence[Place]) -> list[tuple[str, str, Markup | None]]:
    objective = collected.objective
    lines = [
        Line(place, row.settings, row.outcome.score if letter == "A" else None, row.curves)
        for place, (row, letter, _) in enumerate(ordered)
    ]
    panels = figures.learning_curves(lines, objective)
    label = f"{words.NAMES[objective]} ({'low' if OBJECTIVES[objective] > 0 else 'high'} is best)"
    coordinates = figures.parallel_coordinates(lines, collected.varying, label, OBJECTIVES[objective] > 0)
    made = [
        tag("figure", tag("figcaption", tag("b", words.LONG_NAMES.get(key, key))), figure) for key, figure in panels.items()
    ]
    curves = joined(_legend(collected, ordered), tag("div", *made, class_="panels")) if made else None
    explained = "Each line is a job, coloured by rank from the best (blue, on top) to the worst (orange)."
    left_out = len(collected.varying) - figures.MOST_AXES
    if left_out > 0:
        explained += f" {left_out} more settings vary; the table of jobs has them."
    parallel = joined(tag("p", explained), tag("figure", coordinates, class_="parallel")) if coordinates else None
    return [("curves", "Learning curves", curves), ("coordinates", "Parallel coordinates", parallel)]


def _legend(collected: Collected, ordered: Sequence[Place]) -> Markup | None:
    """Which colour is which job; the others are grey."""
    best = [(place, row) for place, (row, letter, _) in enumerate(ordered[: len(RANKED)]) if letter == "A"]
    if not best:
        return None
    items = [
        tag(
            "li",
            _swatch(f"rank-{place + 1}"),
            cut(f"{words.job(row)}: {words.told(row, collected.varying)}", 90),
            data_job=place,
        )
        for place, row in best
    ]
    rest = tag("li", _swatch("rest"), "the others") if any(row.curves for row, _, _ in ordered[len(best) :]) else None
    return tag("ul", *items, rest, class_="legend")


def _swatch(name: str) -> Markup:
    return tag("i", class_=f"swatch {name}")


def _samples(collected: Collected, ordered: Sequence[Place], pictures: Mapping[str, Picture]) -> Markup | None:
    places = words.decimals(row.outcome.score for row, _, _ in ordered if row.outcome.score is not None)
    cards = [
        _card(collected, each, place, pictures[each[0].name], words.fixed(each[0].outcome.score, places))
        for place, each in enumerate(ordered)
        if each[0].name in pictures
    ]
    if not cards:
        return None
    note = "All grids are drawn from the same latents, by the best checkpoint of each job."
    return joined(tag("p", note), tag("div", *cards, class_="cards"))


def _card(collected: Collected, each: Place, place: int, picture: Picture, score: str) -> Markup:
    row, letter, rank = each
    factor = max(1, min(round(WIDTH / picture.width), HEIGHT // picture.height))
    width, height = picture.width * factor, picture.height * factor
    image = tag(
        "img",
        src=picture.uri,
        width=width,
        height=height,
        alt=f"Samples of {words.job(row)}",
        class_="pixels" if factor > 1 else None,
    )
    said = [f"{words.NAMES[collected.objective]} {score}"] if row.outcome.score is not None else []
    said += [row.state] if row.state != "done" else []
    ranked = f"{rank}{letter if letter != 'A' else ''}. " if rank else ""
    caption = tag(
        "figcaption",
        tag("b", ranked, cut(words.job(row), 40)),
        tag("span", ", ".join(said)),
        tag("span", cut(words.told(row, collected.varying), 120)),
        tag("span", f"step {picture.step:,}", class_="quiet"),
    )
    return tag("figure", image, caption, data_job=place)


def _commands(collected: Collected, ordered: Sequence[Place]) -> Markup | None:
    boxes = [
        tag(
            "div",
            tag("h3", cut(words.job(row), 60), tag("span", f" {words.told(row, collected.varying)[:200]}", class_="quiet")),
            _command(words.command(row), f"{place}"),
            data_job=place,
        )
        for place, (row, _, _) in enumerate(ordered)
        if words.command(row)
    ]
    if not boxes:
        return None
    note = "Each trains its job again, in a new run directory; with the same versions on the same machine to the same bits."
    if any(row.arguments is None and row.run for row, _, _ in ordered):
        note += " Of runs whose command is not known, resume= goes on in them instead."
    summary = tag("summary", f"{len(boxes)} command{'s' if len(boxes) > 1 else ''}")
    return joined(tag("p", note), tag("details", summary, *boxes, open=len(boxes) <= OPEN))


def _command(text: str, name: str) -> Markup:
    """A box that can be copied from."""
    return tag("div", tag("pre", tag("code", text)), class_="command", id=f"command-{name}")
