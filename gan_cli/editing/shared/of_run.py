"""Edits of a stored run, as commands and Python programs ask for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gan_cli.base.lazy import np
from gan_cli.config.commands import EditConfig
from gan_cli.config.options import parse
from gan_cli.editing import EDITS, Edited, apply, check
from gan_cli.editing.shared.subject import Subject
from gan_cli.objectives.model import Model
from gan_cli.runs.reading import StoredRun


def edit(run: StoredRun, model: Model, name: str, settings: dict[str, Any]) -> Edited:
    """An edit with its settings, in which arrays may stand for files and for lists of them.

    Raises:
        GanError: the model does not allow it, or a setting is not one.
    """
    given = {key: value for key, value in settings.items() if _holds_arrays(value)}
    common = EditConfig.__pydantic_fields__.keys()  # type: ignore[attr-defined]
    values = {key: _plain(value) for key, value in settings.items() if key not in given}
    shared = {key: value for key, value in values.items() if key in common}
    own = {key: value for key, value in values.items() if key not in common}
    config = parse(EditConfig, {"checkpoint": str(run.path), "edit": name, **shared})
    options = parse(EDITS[name].options, own)
    check(config, options, run.card)
    say: Callable[[str], None] = lambda line: None  # noqa: E731
    return apply(name, options, Subject(run, model, config, given, say))


def _holds_arrays(value: Any) -> bool:
    several = value if isinstance(value, list | tuple) else [value]
    return any(isinstance(each, np.ndarray) for each in several)


def _plain(value: Any) -> Any:
    """Paths as JSON has them."""
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, int | float | str) else str(value)
