"""A figure of Matplotlib as SVG inside a page: no identifier twice, nothing outside named, the
theme's colours.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from gan_cli.reports import plotting
from gan_cli.reports.markup import Markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, GRID, REST = "#010203", "#e3e3e4", "#8a8a8b"
"""Stand for colours that follow the theme; as odd as they are, nothing else has them."""
RANKED = plotting.COLOURS[:6]
"""The colours of the best jobs, in their order."""
THEME = {
    INK: "var(--text)",
    GRID: "var(--line)",
    REST: "var(--rest)",
    plotting.GREY: "var(--quiet)",
}
THEME |= {colour.lower(): f"var(--rank-{place})" for place, colour in enumerate(RANKED, start=1)}
STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "text.color": INK,
    "axes.labelcolor": plotting.GREY,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "grid.color": GRID,
}
LARGEST = 7.0
"""Root ems on the page for an inch of a figure, at most: letters stay about as large as those of
the text.
"""
JOB = re.compile(r"job-(\d+)")
"""The gid of what is drawn of a job: its place in the order of all jobs."""
_URL, _FONT = re.compile(r"url\(#([\w.]+)\)"), re.compile(r"font-family: [^;]*;? ?")
_SVG, _XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"


def inline(sheet: Figure, name: str, title: str) -> Markup:
    """The figure as an element <svg>.

    What has a gid like JOB becomes `<g class="job" data-job="0">`.

    Args:
        name: begins every identifier, so that the identifiers of several figures differ.
        title: what it shows, for those who cannot see it.
    """
    buffer = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    sheet.savefig(buffer, format="svg", metadata=nothing)
    root = ElementTree.fromstring(buffer.getvalue())
    _remove(root, "metadata", "style")  # such a style would be the whole page's
    links = {link[1:] for element in root.iter() if (link := element.get(f"{_XLINK}href"))} | set(
        _URL.findall(buffer.getvalue())
    )
    for element in root.iter():
        _clean(element, name, links)
    for unit in ("width", "height", "version"):
        root.attrib.pop(unit, None)
    largest = f"max-width: {LARGEST * sheet.get_figwidth():.0f}rem"
    root.attrib |= {"role": "img", "aria-label": title, "style": largest}
    text = ElementTree.tostring(root, encoding="unicode")
    return Markup(re.sub(r"\n\s*", "\n", text))


def _remove(element: ElementTree.Element, *names: str) -> None:
    for child in list(element):
        if child.tag.removeprefix(_SVG) in names:
            element.remove(child)
        else:
            _remove(child, *names)


def _clean(element: ElementTree.Element, name: str, links: set[str]) -> None:
    """Identifiers of this figure's own where something refers to them, no XLink, colours and
    letters of the page.
    """
    element.tag = element.tag.removeprefix(_SVG)
    identifier, link = element.attrib.pop("id", ""), element.attrib.pop(f"{_XLINK}href", None)
    if job := JOB.fullmatch(identifier):
        element.attrib |= {"class": "job", "data-job": job[1]}
    elif identifier in links:
        element.attrib["id"] = f"{name}-{identifier}"
    if link:
        element.attrib["href"] = f"#{name}-{link[1:]}"
    for key, value in element.attrib.items():
        if key in ("style", "clip-path"):
            element.attrib[key] = _themed(_FONT.sub("", _URL.sub(rf"url(#{name}-\1)", value)))
        elif key in ("d", "x", "y"):
            element.attrib[key] = re.sub(
                r"(\.\d\d)\d+", r"\1", value
            )  # hundredths of a point are enough


def _themed(style: str) -> str:
    return re.sub(r"#[0-9a-fA-F]{6}\b", lambda found: THEME.get(found[0].lower(), found[0]), style)
