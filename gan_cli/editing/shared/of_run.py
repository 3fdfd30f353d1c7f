"""Edits of a stored run, as commands and Python programs ask for them."""

from __future__ import annotations

from typing import Any

from gan_cli.base.lazy import np
from gan_cli.config.commands import EditConfig
from gan_cli.config.options import parse
from gan_cli.editing import EDITS, Edited, apply, check
from gan_cli.editing.shared.subject import Subject
from gan_cli.metrics.extractors.feature_extractor import Extractor
from gan_cli.objectives.model import Model
from gan_cli.runs.reading import StoredRun

TAKEN = ("image", "images", "between", "plus", "minus", "mask")
"""Settings in which arrays may stand for images, latents and regions."""


class Editor:
    """Edits of one run, which share the networks that see its images."""

    def __init__(self, run: StoredRun, model: Model) -> None:
        self._run, self._model = run, model
        self._extractors: dict[str, Extractor | None] = {}

    def __call__(self, name: str, settings: dict[str, Any]) -> Edited:
        """An edit with its settings, in which arrays may stand for files and for lists of them.

        Raises:
            GanError: the model does not allow it, or a setting is not one.
        """
        config, options, given = _sorted(self._run, name, settings)
        check(config, options, self._run.card)
        subject = Subject(self._run, self._model, config, given, _say_nothing, self._extractors)
        return apply(name, options, subject)


def _sorted(
    run: StoredRun, name: str, settings: dict[str, Any]
) -> tuple[EditConfig, Any, dict[str, Any]]:
    """What all edits take, what this one takes, and arrays."""
    given = {key: value for key, value in settings.items() if key in TAKEN and _has_arrays(value)}
    common = EditConfig.__pydantic_fields__.keys()  # type: ignore[attr-defined]
    values = {key: _plain(value) for key, value in settings.items() if key not in given}
    shared = {key: value for key, value in values.items() if key in common}
    own = {key: value for key, value in values.items() if key not in common}
    config = parse(EditConfig, {"checkpoint": str(run.path), "edit": name, **shared})
    return config, parse(EDITS[name].options, own), given


def _say_nothing(line: str) -> None:
    pass


def _has_arrays(value: Any) -> bool:
    several = value if isinstance(value, list | tuple) else [value]
    return any(isinstance(each, np.ndarray) for each in several)


def _plain(value: Any) -> Any:
    """Paths and small arrays as JSON has them."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, int | float | str) else str(value)
