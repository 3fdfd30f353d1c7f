"""`edit=arithmetic`: sums and differences of latents, a - b + c."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from gan_cli.base import images as pictures
from gan_cli.base.errors import ConfigError
from gan_cli.base.lazy import np
from gan_cli.config.options import option, options
from gan_cli.editing import edit
from gan_cli.editing.interpolate import one_class
from gan_cli.editing.shared.settings import Projecting

if TYPE_CHECKING:
    from gan_cli.editing.shared.subject import Subject

CLASS = "class:"


@options
class Arithmetic(Projecting):
    """Options of `edit=arithmetic`."""

    plus: list[int | str] | None = option(
        "what to add: seeds, .npy files of latents, pictures, folders, or classes of the "
        "run's data as class:NAME; several latents count by their mean",
        None,
    )
    minus: list[int | str] | None = option("what to subtract", None)
    of_class: Annotated[int, Field(ge=1, le=4096)] = option(
        "real images whose mean stands for a class", 32
    )


@dataclass(frozen=True)
class Sum:
    """What the latents come to.

    Attributes:
        images: uint8 [1, H, W, C].
        latents: float32 [1, ...].
        terms: uint8 [N, H, W, C], what the model makes of each term, those of `plus` first.
        given: the same of what was given, the first image of each term.
        signs: [N], 1 or -1.
    """

    images: np.ndarray
    latents: np.ndarray
    terms: np.ndarray
    given: np.ndarray
    signs: np.ndarray

    def write(self, folder: Path, about: pictures.About | None = None) -> None:
        """arithmetic.png: a row of what was given, of each term its first image, and below it what
        the model makes of the term; then the result. And latents.npy.
        """
        pictures.save_png(folder / "arithmetic.png", self._sheet(), about)
        np.save(folder / "latents.npy", self.latents)

    def show(self) -> None:
        """The picture says it all."""

    def _sheet(self) -> np.ndarray:
        """Between images a sign; the last column is the result."""
        blank = np.full_like(self.images[0], 255)
        above: list[Any] = []
        below: list[Any] = []
        for given, term, sign in zip(self.given, self.terms, self.signs, strict=True):
            above += [blank, given]
            below += [_sign(blank, sign), term]
        above += [blank, blank]
        below += [_equals(blank), self.images[0]]
        return pictures.grid(np.stack(above + below), len(above))


@edit("arithmetic", Arithmetic)
def arithmetic(options: Arithmetic, subject: Subject) -> Sum:
    """a - b + c, with the mean latents of pictures, folders or classes."""
    from gan_cli.editing.shared import places

    plus = _listed(subject.asked(options, "plus"))
    minus = _listed(subject.given.get("minus", options.minus) or [])
    named = [_of_class(subject, each, options.of_class) for each in [*plus, *minus]]
    found = places.find(subject, named, options, "plus, minus")
    labels = one_class(found.labels, "plus, minus")
    signs = np.repeat([1.0, -1.0], [len(plus), len(minus)])
    numbers = range(len(named))
    means = np.stack(
        [found.latents[found.groups == n].mean(axis=0, dtype=np.float64) for n in numbers]
    )
    latents = np.tensordot(signs, means, 1)[None].astype(np.float32)
    every = np.concatenate([means.astype(np.float32), latents])
    made = subject.images(every, None if labels is None else np.repeat(labels[:1], len(every)))
    given = np.stack([found.given[found.groups == n][0] for n in numbers])
    return Sum(made[-1:], latents, made[:-1], given, signs)


def _listed(named: Any) -> list[Any]:
    return list(named) if isinstance(named, list | tuple) else [named]


def _of_class(subject: Subject, named: Any, count: int) -> Any:
    """The first images of a class of the run's data, uint8; all else as it is.

    Raises:
        ConfigError: the data has no such class.
    """
    if not isinstance(named, str) or not named.startswith(CLASS):
        return named
    source, name = subject.source, named.removeprefix(CLASS)
    if source.labels is None or name not in source.class_names:
        accepted = ", ".join(source.class_names[:100]) or "none, the data has no labels"
        raise ConfigError(f"{named}: no class of the run's data (accepted: {accepted})")
    rows = np.flatnonzero(source.labels == source.class_names.index(name))[:count]
    return source.images[rows]


def _sign(blank: np.ndarray, sign: float) -> np.ndarray:
    """A plus or a minus."""
    drawn = blank.copy()
    height, width = blank.shape[:2]
    row, column, arm = height // 2, width // 2, max(2, min(height, width) // 5)
    drawn[row - 1 : row + 1, column - arm : column + arm] = 0
    if sign > 0:
        drawn[row - arm : row + arm, column - 1 : column + 1] = 0
    return drawn


def _equals(blank: np.ndarray) -> np.ndarray:
    drawn = blank.copy()
    height, width = blank.shape[:2]
    row, column, arm = height // 2, width // 2, max(2, min(height, width) // 5)
    for line in (row - arm // 2 - 1, row + arm // 2):
        drawn[line : line + 2, column - arm : column + arm] = 0
    return drawn
