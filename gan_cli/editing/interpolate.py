"""`edit=interpolate`: from one image to the next, as a film."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from gan_cli.base import films, images
from gan_cli.base.errors import ConfigError
from gan_cli.base.images import About
from gan_cli.base.lazy import np
from gan_cli.config.options import option, options
from gan_cli.editing import edit
from gan_cli.editing.shared.settings import Projecting
from gan_cli.runs.rundir import ModelCard

if TYPE_CHECKING:
    from gan_cli.editing.shared.places import Places
    from gan_cli.editing.shared.subject import Subject

SHOWN = 9
"""Frames of each part of the way in the strip."""


@options
class Interpolate(Projecting):
    """Options of `edit=interpolate`."""

    between: list[int | str] | None = option(
        "two or more seeds, .npy files of latents, or pictures, which are projected first", None
    )
    path: Literal["auto", "linear", "spherical"] = option(
        "linear, or on a great circle, which keeps the norm of latents; auto: spherical in z, "
        "linear in w",
        "auto",
    )
    frames: Annotated[int, Field(ge=1, le=1000)] = option("frames from each to the next", 30)
    loop: bool = option("return to the first", False)
    fps: Annotated[int, Field(ge=1, le=50)] = option("frames per second", 20)
    video: bool = option("also write an MP4 (extra: video)", False)

    def check(self, card: ModelCard) -> None:
        """Refuse what the model does not allow, and a video without its package."""
        super().check(card)
        if self.path == "spherical" and self.space in ("w", "w+"):
            raise ConfigError(f"path=spherical is of latents: space=z, not space={self.space}")
        if self.video and not films.has_video():
            raise ConfigError("video=true needs imageio-ffmpeg: pip install 'gan_cli[video]'")


@dataclass(frozen=True)
class Interpolation:
    """A film.

    Attributes:
        images: uint8 [F, H, W, C], the frames.
        latents: float32 [F, ...], what they are made from.
        ends: uint8 [N, H, W, C], what was given.
    """

    images: np.ndarray
    latents: np.ndarray
    ends: np.ndarray
    options: Interpolate

    def write(self, folder: Path, about: About | None = None) -> None:
        """interpolation.gif, a strip as interpolation.png, frames.npz; .mp4 if asked."""
        films.save_film(
            folder / "interpolation.gif", self.images[None], self.options.fps, about=about
        )
        images.save_png(folder / "interpolation.png", self._strip(), about)
        np.savez(folder / "frames.npz", images=self.images, latents=self.latents)
        if self.options.video:
            shown = (images.pillow(images.grid(frame[None])) for frame in self.images)
            films.save_video(folder / "interpolation.mp4", shown, self.options.fps, about)

    def show(self) -> None:
        pass

    def _strip(self) -> np.ndarray:
        """A row for each part of the way: what was given, frames, what was given."""
        rows: list[Any] = []
        parts = len(self.ends) if self.options.loop else len(self.ends) - 1
        for part in range(parts):
            first = part * self.options.frames
            steps = np.linspace(0, self.options.frames, SHOWN).round().astype(int)
            frames = self.images[(first + steps) % len(self.images)]
            ends = self.ends[[part, (part + 1) % len(self.ends)]]
            rows += [ends[:1], frames, ends[1:]]
        return images.grid(np.concatenate(rows), SHOWN + 2)


@edit("interpolate", Interpolate)
def interpolate(options: Interpolate, subject: Subject) -> Interpolation:
    """The images on the way from one to the next, as a film and a strip."""
    from gan_cli.editing.shared import places

    named = subject.asked(options, "between")
    found = places.find(subject, named, options, "between")
    if len(found.latents) < 2:
        raise ConfigError("between= needs two or more images to go between")
    labels = one_class(found.labels, "between")
    if found.is_styles and options.path == "spherical":
        raise ConfigError("path=spherical is of latents: space=z, not space=w")
    latents = _way(found, options)
    classes = None if labels is None else np.repeat(labels[:1], len(latents))
    made = subject.images(latents, classes)
    return Interpolation(made, latents, found.given, options)


def one_class(labels: np.ndarray | None, key: str) -> np.ndarray | None:
    """Labels that are all the same: between classes there is no way.

    Raises:
        ConfigError: they differ.
    """
    if labels is not None and len(set(labels.tolist())) > 1:
        raise ConfigError(f"{key}: images of several classes; labels=CLASS makes all of one")
    return labels


def _way(found: Places, options: Interpolate) -> np.ndarray:
    """Latents [F, ...]: `frames` for each part of the way, and the last end where it is open."""
    from gan_cli.sampling.paths import PATHS

    default = "linear" if found.is_styles else "spherical"
    path = PATHS[default if options.path == "auto" else options.path]
    stops = [*found.latents, *(found.latents[:1] if options.loop else [])]
    shares = np.arange(options.frames) / options.frames
    parts = [path(one, other, shares) for one, other in pairwise(stops)]
    return np.concatenate(parts if options.loop else [*parts, found.latents[-1:]])
