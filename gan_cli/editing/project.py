"""`edit=project`: the latents of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_cli.base import images
from gan_cli.base.files import write_json
from gan_cli.base.images import About
from gan_cli.base.lazy import np
from gan_cli.config.options import option, options
from gan_cli.editing import edit
from gan_cli.editing.shared.settings import Projecting

if TYPE_CHECKING:
    from gan_cli.editing.shared.projection import Projected
    from gan_cli.editing.shared.subject import Subject

COLUMNS, LISTED = 16, 16
"""Of the picture, and rows of the table."""


@options
class Project(Projecting):
    """Options of `edit=project`."""

    images: str | list[str] | None = option(
        "picture, folder of pictures, npz of images, or a list of them", None
    )


@dataclass(frozen=True)
class Projection:
    """Pictures, and what the model makes of the latents found for them."""

    found: Projected

    @property
    def latents(self) -> np.ndarray:
        """float32 [N, *latent_shape], or styles [N, layers, length]."""
        return self.found.latents

    @property
    def images(self) -> np.ndarray:
        """uint8 [N, H, W, C]: what the model makes of the latents."""
        return self.found.results

    @property
    def scores(self) -> dict[str, np.ndarray]:
        """Of each picture: psnr in dB, ssim, perceptual_distance."""
        return self.found.scores

    def write(self, folder: Path, about: About | None = None) -> None:
        """latents.npy, project.png with the pictures above what was found, and project.json."""
        np.save(folder / "latents.npy", self.latents)
        sheet = above(self.found.images, self.found.results)
        images.save_png(folder / "project.png", sheet, about)
        write_json(folder / "project.json", facts(self.found))

    def show(self) -> None:
        """A row for each picture, and their mean."""
        from rich.console import Console
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for name in ("picture", *self.scores):
            table.add_column(name.replace("_", " "), justify="right")
        for row in range(min(LISTED, len(self.latents))):
            table.add_row(str(row), *(f"{each[row]:.4g}" for each in self.scores.values()))
        table.add_row("mean", *(f"{each.mean():.4g}" for each in self.scores.values()))
        Console(highlight=False).print(table)


def facts(found: Projected) -> dict[str, Any]:
    """Scores and classes as plain values; an infinite one, of equal images, is null."""
    labels = {} if found.labels is None else {"labels": found.labels.tolist()}
    return {**plain(found.scores), **labels}


def plain(scores: dict[str, np.ndarray]) -> dict[str, list[float | None]]:
    """Scores of pictures as JSON has them."""
    return {
        name: [round(float(value), 6) if np.isfinite(value) else None for value in each]
        for name, each in scores.items()
    }


def above(*kinds: np.ndarray, columns: int = COLUMNS) -> np.ndarray:
    """A sheet with each row of images of one kind above those of the next, uint8 [H, W, C]."""
    parts: list[Any] = []
    count = len(kinds[0])
    for start in range(0, count, columns):
        for kind in kinds:
            row = kind[start : start + columns]
            blank = np.full((columns - len(row), *row.shape[1:]), 255, np.uint8)
            parts += [row, blank] if count > columns else [row]
    return images.grid(np.concatenate(parts), min(columns, count))


@edit("project", Project)
def project(options: Project, subject: Subject) -> Projection:
    """The latents of pictures, from the model's encoder or by search, and how well they fit."""
    from gan_cli.editing.shared import pictures, projection

    given = pictures.read(subject.asked(options, "images"), subject.card.data)
    return Projection(projection.project(subject, given, options))
