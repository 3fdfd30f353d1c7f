"""HTML pages of one file: whatever is put into a template is escaped, nothing is loaded from
anywhere, and no script runs but those whose hash the page's policy names.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def environment(folder: Path, readable: Callable[[str], str] = str) -> Environment:
    """Where templates of a folder are found.

    They have `file(NAME)`, the text of a file beside them as it is, and the filter `hash`, by which
    a Content-Security-Policy names a script or a style.

    Args:
        readable: makes of a text what people can read; done before it is escaped.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: readable(value) if type(value) is str else value,
    )
    made.globals["file"] = lambda name: Markup((folder / name).read_text(encoding="utf-8"))
    made.filters["hash"] = _hash
    return made


def render(template: Path, **values: Any) -> str:
    """A page from a template."""
    return environment(template.parent).get_template(template.name).render(**values)


def _hash(text: str) -> Markup:
    from markupsafe import Markup

    digest = hashlib.sha256(text.encode()).digest()
    return Markup(f"'sha256-{base64.b64encode(digest).decode()}'")
