"""The sections of a report below its tables: figures, samples, commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gan_cli.reports import figures, parallel, words
from gan_cli.reports.collect import PARTS
from gan_cli.reports.embedded import Picture
from gan_cli.reports.figures import Line
from gan_cli.reports.markup import Markup, cut, joined, tag
from gan_cli.reports.rows import Collected, Place
from gan_cli.reports.svg import RANKED
from gan_cli.sweeps.outcome import OBJECTIVES

WIDTH, HEIGHT = 208, 448
"""CSS pixels that a picture shall have about, and at most; small ones are enlarged by whole
factors.
"""
OPEN = 12
"""Jobs up to which their commands are shown at once."""


def drawn(collected: Collected, ordered: Sequence[Place]) -> list[tuple[str, str, Markup | None]]:
    objective = collected.objective
    lines = [
        Line(place, row.settings, row.outcome.score if letter == "A" else None, row.curves)
        for place, (row, letter, _) in enumerate(ordered)
    ]
    panels = figures.learning_curves(lines, objective)
    label = f"{words.NAMES[objective]} ({'low' if OBJECTIVES[objective] > 0 else 'high'} is best)"
    coordinates = parallel.parallel_coordinates(
        lines, collected.varying, label, OBJECTIVES[objective] > 0
    )
    made = [
        tag("figure", tag("figcaption", tag("b", words.LONG_NAMES.get(key, key))), figure)
        for key, figure in panels.items()
    ]
    note = (
        tag("p", f"Losses are means of up to {PARTS} equal parts of a run.", class_="quiet")
        if len(made) > 1
        else None
    )
    curves = (
        joined(_legend(collected, ordered), tag("div", *made, class_="panels"), note)
        if made
        else None
    )
    explained = (
        "Each line is a job, coloured by rank from the best (blue, on top) to the worst (orange)."
    )
    left_out = len(collected.varying) - parallel.MOST_AXES
    if left_out > 0:
        explained += f" {left_out} more settings vary; the table of jobs has them."
    lines_of_settings = (
        joined(tag("p", explained), tag("figure", coordinates, class_="parallel"))
        if coordinates
        else None
    )
    return [
        ("curves", "Learning curves", curves),
        ("coordinates", "Parallel coordinates", lines_of_settings),
    ]


def _legend(collected: Collected, ordered: Sequence[Place]) -> Markup | None:
    """Which colour is which job; the others are grey."""
    best = [
        (place, row)
        for place, (row, letter, _) in enumerate(ordered[: len(RANKED)])
        if letter == "A"
    ]
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
    rest = (
        tag("li", _swatch("rest"), "the others")
        if any(row.curves for row, _, _ in ordered[len(best) :])
        else None
    )
    return tag("ul", *items, rest, class_="legend")


def _swatch(name: str) -> Markup:
    return tag("i", class_=f"swatch {name}")


def samples(
    collected: Collected, ordered: Sequence[Place], pictures: Mapping[str, Picture]
) -> Markup | None:
    places = words.decimals(
        row.outcome.score for row, _, _ in ordered if row.outcome.score is not None
    )
    cards = [
        _card(
            collected,
            each,
            place,
            pictures[each[0].name],
            words.fixed(each[0].outcome.score, places),
        )
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


def commands(collected: Collected, ordered: Sequence[Place]) -> Markup | None:
    boxes = [
        tag(
            "div",
            tag(
                "h3",
                cut(words.job(row), 60),
                tag("span", f" {words.told(row, collected.varying)[:200]}", class_="quiet"),
            ),
            command(words.command(row), f"{place}"),
            data_job=place,
        )
        for place, (row, _, _) in enumerate(ordered)
        if words.command(row)
    ]
    if not boxes:
        return None
    note = (
        "Each trains its job again, in a new run directory; with the same versions on the same "
        "machine to the same bits."
    )
    if any(row.arguments is None and row.run for row, _, _ in ordered):
        note += " Of runs whose command is not known, resume= goes on in them instead."
    summary = tag("summary", f"{len(boxes)} command{'s' if len(boxes) > 1 else ''}")
    return joined(tag("p", note), tag("details", summary, *boxes, open=len(boxes) <= OPEN))


def command(text: str, name: str) -> Markup:
    """A box that can be copied from."""
    return tag("div", tag("pre", tag("code", text)), class_="command", id=f"command-{name}")
