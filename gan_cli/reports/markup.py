"""HTML from parts: what is not markup already is escaped, so that no text of a stranger becomes
part of the page.
"""

from __future__ import annotations

import html

from gan_cli.data.reading.listing import shown

VOID = {"img", "col", "br", "input"}


class Markup(str):
    """Text that is HTML, made by `tag` or by us."""

    __slots__ = ()


Child = str | Markup | None


def tag(name: str, *children: Child, **attributes: str | int | float | bool | None) -> Markup:
    """An element; `class_` is the attribute class, `data_value` is data-value; None and False leave
    an attribute out.
    """
    given = "".join(
        _attribute(key, value)
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(
        f"<{name}{given}>" if name in VOID else f"<{name}{given}>{joined(*children)}</{name}>"
    )


def joined(*children: Child) -> Markup:
    """Several pieces as one."""
    return Markup("".join(text(child) for child in children if child is not None))


def text(value: str) -> Markup:
    """What a stranger wrote, for people to read: markup, line ends and invisible characters as what
    they are.
    """
    return value if isinstance(value, Markup) else Markup(html.escape(shown(value)))


def cut(value: str, most: int = 60) -> Markup:
    """A text of any length in the room of `most` characters; a pointer that rests on it sees up to
    a thousand of them.
    """
    if len(value) <= most:
        return text(value)
    return tag("span", f"{value[: most - 1]}…", title=value[:1000])


def _attribute(key: str, value: str | int | float | bool) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{text(str(value))}"'
