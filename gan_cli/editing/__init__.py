"""Edits, one file each: what a trained generator is used for beside drawing from it.

What they share lives in `shared`: the space in which images are looked for, the search, and what
images and latents a user may name. Importing an edit's file costs no TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from gan_cli.base.errors import ConfigError
from gan_cli.config.catalogue import Catalogue, Entry, current_plugin
from gan_cli.config.commands import EditConfig
from gan_cli.metrics import extractors
from gan_cli.models import MODELS, needs

if TYPE_CHECKING:
    from gan_cli.base.images import About
    from gan_cli.editing.shared.subject import Subject
    from gan_cli.runs.rundir import ModelCard


class Edited(Protocol):
    """What an edit has made."""

    def write(self, folder: Path, about: About | None = None) -> None:
        """All of it, as files in an empty folder; pictures carry the texts of `about`."""

    def show(self) -> None:
        """What people want to know of it, on the terminal."""


EDITS: Catalogue[Entry] = Catalogue("edit", __name__)
"""Every edit by its name."""

Build = Callable[..., Edited]


def edit(name: str, options: type) -> Callable[[Build], Build]:
    """Register `build(options, subject) -> Edited` as `edit=name`.

    Args:
        options: the dataclass of its settings, made by `gan_cli.config.options.options`. Where it
            has a method `check(card)`, that raises a ConfigError for what the model of a run, known
            from model.json alone, does not allow.
    """

    def register(build: Build) -> Build:
        EDITS.add(Entry(name=name, build=build, options=options, plugin=current_plugin()))
        return build

    return register


def check(config: EditConfig, options: Any, card: ModelCard) -> None:
    """Refuse what the model of a run does not allow, before TensorFlow is imported.

    Args:
        options: of the edit.

    Raises:
        ConfigError: one line that says why.
    """
    if "sequences" in needs(card.model):
        raise ConfigError(
            f"edit={config.edit} works on single images; model={card.model.name} makes sequences"
        )
    if "captions" in needs(card.model):
        raise ConfigError(
            f"edit={config.edit}: model={card.model.name} is told captions; gan-sample prompt= "
            "changes what it shows"
        )
    if MODELS[card.model.name].fills and config.edit != "inpaint":
        raise ConfigError(
            f"edit={config.edit}: model={card.model.name} fills holes and has no latents to move "
            "in: edit=inpaint"
        )
    if config.extractor is not None:
        extractors.check("extractor", config.extractor)
    if hasattr(options, "check"):
        options.check(card)


def apply(name: str, options: Any, subject: Subject) -> Edited:
    """What the edit makes of a run.

    Raises:
        ConfigError: the model does not allow it.
        DataError: what it shall work on cannot be read, or does not fit the model.
    """
    if not subject.model.players:
        raise ConfigError(
            f"edit={name} follows gradients, and model={subject.card.model.name} learns nothing by "
            "them"
        )
    made: Edited = EDITS[name].build(options, subject)
    return made
