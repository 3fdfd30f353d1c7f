"""`edit=directions`: ways in which all images can be changed alike."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gan_cli.base import images
from gan_cli.base.errors import ConfigError
from gan_cli.base.lazy import np
from gan_cli.config.options import option, options
from gan_cli.editing import edit
from gan_cli.editing.shared.settings import Spaced, no_styles
from gan_cli.models import MODELS, needs
from gan_cli.runs.rundir import ModelCard

if TYPE_CHECKING:
    from gan_cli.editing.shared.found import Axes
    from gan_cli.editing.shared.subject import Subject
    from gan_cli.objectives.model import Model

COLUMNS = 9


@options
class Directions(Spaced):
    """Options of `edit=directions`."""

    by: Literal["ganspace", "sefa", "labels"] = option(
        "ganspace: principal components of the first layer's activations, or of styles; sefa: "
        "eigenvectors of the first weights; labels: towards each class that the extractor sees",
        "ganspace",
    )
    count: Annotated[int, Field(ge=1, le=256)] = option(
        "how many directions, the strongest first", 8
    )
    samples: Annotated[int, Field(ge=16, le=100_000)] = option(
        "samples to find them from; sefa needs none", 2000
    )
    strength: Annotated[float, Field(gt=0.0, le=100.0)] = option(
        "how far the sheet goes to either side, in standard deviations of drawn latents", 3.0
    )
    layers: (
        Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)] | None
    ) = option("of styles: first and last layer to change; null: all", None)

    def check(self, card: ModelCard) -> None:
        """Refuse layers without styles, and labels of a model that is told them."""
        super().check(card)
        if self.layers is not None:
            if not MODELS[card.model.name].styles or self.space == "z":
                raise ConfigError(no_styles("layers=", card))
            if self.layers[0] > self.layers[1]:
                raise ConfigError(f"layers={self.layers}: the first is after the last")
        if self.by == "labels" and "labels" in needs(card.model):
            raise ConfigError(
                f"by=labels finds classes in latents; model={card.model.name} is told the class "
                "beside them, which labels= of gan-sample changes"
            )


@dataclass(frozen=True)
class Found:
    """Directions, and a sheet of what they do.

    Attributes:
        directions: float32 [K, *latent_shape], or of styles [K, layers, length]; of each the length
            is a standard deviation of what is drawn, along it.
        values: [K]: shares of the variance, eigenvalues, or of each class the share of held-out
            samples that are found.
        names: one each.
        sheet: uint8 [K, 9, H, W, C]: one image moved along each, from minus to plus `strength`.
    """

    directions: np.ndarray
    values: np.ndarray
    names: list[str]
    sheet: np.ndarray
    by: str

    def write(self, folder: Path, about: images.About | None = None) -> None:
        """directions.npz, which `gan-sample directions=` takes, and directions.png, a row each."""
        np.savez(
            folder / "directions.npz",
            directions=self.directions,
            values=self.values,
            names=np.array(self.names),
            by=np.array(self.by),
        )
        sheet = images.beside_names(images.grid(self.sheet), self.names)
        images.save_png(folder / "directions.png", sheet, about)

    def show(self) -> None:
        """The number, name and value of each."""
        words = {"ganspace": "of variance", "sefa": "eigenvalue", "labels": "found"}[self.by]
        for number, (name, value) in enumerate(zip(self.names, self.values, strict=True)):
            print(f"  direction={number}  {name:<20}{words} {value:.4g}")


@edit("directions", Directions)
def directions(options: Directions, subject: Subject) -> Found:
    """Directions in which all images can be changed, and a sheet with a row for each."""
    from gan_cli.editing.shared import found, space

    model = subject.model
    in_styles = model.styles is not None and options.space != "z"
    label = None
    if model.num_classes:
        chosen = subject.labels(1) if subject.config.labels is not None else None
        label = 0 if chosen is None else int(chosen[0])
    latents, labels, points = found.drawn_points(subject, options.samples, in_styles, label)
    axes = _axes(options, subject, in_styles, latents, labels, points)
    deviation = np.std(points.astype(np.float64) @ axes.vectors.T, axis=0)
    moves = _of_shape(options, model, in_styles, axes.vectors * deviation[:, None])
    first = latents[:1]
    if in_styles:
        first = space.to_styles(subject, first, None if labels is None else labels[:1])
    told = None if in_styles or labels is None else labels[:1]
    sheet = _sheet(subject, moves, first, told, options.strength)
    return Found(moves, axes.values, axes.names, sheet, options.by)


def _of_shape(options: Directions, model: Model, in_styles: bool, moves: np.ndarray) -> np.ndarray:
    """Moves [K, D] as latents or as styles of the layers that are changed have them, float32."""
    moves = moves.astype(np.float32)
    if not in_styles:
        return moves.reshape(-1, *model.latent_shape)
    assert model.styles is not None
    number = model.styles.shape[0]
    changed = np.zeros((number, 1), np.float32)
    changed[_layers(options, number)] = 1.0
    return moves[:, None] * changed


def _sheet(
    subject: Subject,
    moves: np.ndarray,
    first: np.ndarray,
    labels: np.ndarray | None,
    strength: float,
) -> np.ndarray:
    """One image moved along each, [K, 9, H, W, C]."""
    steps = np.linspace(-strength, strength, COLUMNS, dtype=np.float32)
    shares = steps.reshape(-1, *[1] * (moves.ndim - 1))
    moved = np.concatenate([first + shares * move for move in moves])
    made = subject.images(moved, None if labels is None else np.repeat(labels, len(moved)))
    return made.reshape(len(moves), COLUMNS, *made.shape[1:])


def _axes(
    options: Directions,
    subject: Subject,
    in_styles: bool,
    latents: np.ndarray,
    labels: np.ndarray | None,
    points: np.ndarray,
) -> Axes:
    from gan_cli.editing.shared import found

    model = subject.model
    if options.by == "labels":
        extractor = subject.extractor
        if extractor is None or not extractor.classes:
            raise ConfigError("by=labels needs an extractor with classes: extractor=classifier")
        seen = extractor.probabilities(subject.images(latents, labels)).argmax(axis=1)
        names = subject.card.data.class_names
        return found.of_classes(points, seen, names or list(map(str, range(extractor.classes))))
    if options.by == "sefa":
        if in_styles:
            assert model.styles is not None
            part = _layers(options, model.styles.shape[0])
            return found.closed_form(found.style_kernels(model, part), options.count)
        kernel = found.first_kernel(model, subject.card.model.name)
        return found.closed_form(kernel, options.count)
    seen = points if in_styles else found.activations(subject, latents, labels)
    return found.principal(points, seen, min(options.count, points.shape[1]))


def _layers(options: Directions, number: int) -> slice:
    """Those that are changed.

    Raises:
        ConfigError: there are fewer.
    """
    first, last = options.layers or [0, number - 1]
    if last >= number:
        raise ConfigError(f"layers={options.layers}: this model has layers 0 to {number - 1}")
    return slice(first, last + 1)
