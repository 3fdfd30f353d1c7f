"""`edit=mix`: one image of several, by weights, by layers, or by regions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gan_cli.base import images as pictures
from gan_cli.base.errors import ConfigError
from gan_cli.base.files import write_json
from gan_cli.base.lazy import np
from gan_cli.config.options import option, options
from gan_cli.editing import edit
from gan_cli.editing.interpolate import one_class
from gan_cli.editing.shared.settings import Projecting, no_styles
from gan_cli.models import MODELS
from gan_cli.runs.rundir import ModelCard

if TYPE_CHECKING:
    from gan_cli.editing.shared.places import Places
    from gan_cli.editing.shared.subject import Subject

Pixels = Annotated[int, Field(ge=0)]
MOST = 16
"""Images of which each is crossed with each."""


@options
class Mix(Projecting):
    """Options of `edit=mix`."""

    images: list[int | str] | None = option(
        "two or more seeds, .npy files of latents, or pictures, which are projected first", None
    )
    by: Literal["latents", "layers", "mask"] = option(
        "latents: their weighted mean; layers: of styles, the coarse ones of one image and the "
        "fine ones of another, each with each; mask: a region of the first, the rest of the second",
        "latents",
    )
    weights: list[Annotated[float, Field(ge=0.0, allow_inf_nan=False)]] | None = option(
        "by=latents: one weight for each image; null: all equal", None
    )
    crossover: Annotated[int, Field(ge=0)] | None = option(
        "by=layers: the first of the fine layers; null: in the middle", None
    )
    mask: str | Annotated[list[Pixels], Field(min_length=4, max_length=4)] | None = option(
        "by=mask: the region, a picture whose bright part is meant, or [top, left, height, width]",
        None,
    )

    def check(self, card: ModelCard) -> None:
        """Refuse what the model does not allow, and keys of another way to mix."""
        super().check(card)
        if self.by == "layers" and (not MODELS[card.model.name].styles or self.space == "z"):
            raise ConfigError(no_styles("by=layers", card))
        for key, way in (("weights", "latents"), ("crossover", "layers"), ("mask", "mask")):
            if getattr(self, key) is not None and self.by != way:
                raise ConfigError(f"{key}= goes with by={way}, not with by={self.by}")


@dataclass(frozen=True)
class Mixed:
    """One image of several, or of layers a matrix.

    Attributes:
        images: uint8 [K, H, W, C]: 1, or by layers N * N, where row and column say whose coarse
            and whose fine styles they have.
        latents: float32 [K, ...], what they are made from.
        sheet: uint8 [H', W', C], what was given beside what was made.
        scores: of by=mask, how near the whole is to its parts put together: psnr in dB, ssim.
    """

    images: np.ndarray
    latents: np.ndarray
    sheet: np.ndarray
    scores: dict[str, float]

    def write(self, folder: Path, about: pictures.About | None = None) -> None:
        """mix.png, latents.npy and, where something was measured, mix.json."""
        pictures.save_png(folder / "mix.png", self.sheet, about)
        np.save(folder / "latents.npy", self.latents)
        if self.scores:
            write_json(folder / "mix.json", self.scores)

    def show(self) -> None:
        for name, value in self.scores.items():
            print(f"  {name:<24}{value:.4g}")


@edit("mix", Mix)
def mix(options: Mix, subject: Subject) -> Mixed:
    """One image from several: by weights, by layers of styles, or by regions."""
    from gan_cli.editing.shared import places

    named = subject.asked(options, "images")
    found = places.find(subject, named, options, "images")
    if len(found.latents) < 2:
        raise ConfigError("images= needs two or more to mix")
    ways = {"latents": _by_latents, "layers": _by_layers, "mask": _by_mask}
    return ways[options.by](options, subject, found)


def _by_latents(options: Mix, subject: Subject, found: Places) -> Mixed:
    from gan_cli.sampling.paths import mean

    count = len(found.latents)
    weights = np.array(options.weights or [1.0] * count)
    if len(weights) != count or not weights.sum() > 0.0:
        raise ConfigError(f"weights={options.weights}: {count} numbers, one of them above 0")
    labels = one_class(found.labels, "images")
    latents = mean(found.latents, weights, keep_norm=not found.is_styles)[None]
    made = subject.images(latents, None if labels is None else labels[:1])
    sheet = pictures.grid(np.concatenate([found.given, made]), count + 1)
    return Mixed(made, latents, sheet, {})


def _by_layers(options: Mix, subject: Subject, found: Places) -> Mixed:
    """The matrix of Karras et al. (2019), figure 3."""
    count, layers = found.latents.shape[:2]
    if count > MOST:
        raise ConfigError(f"images: {count} of them; by=layers crosses up to {MOST}")
    crossover = layers // 2 if options.crossover is None else options.crossover
    if crossover > layers:
        raise ConfigError(f"crossover={crossover}: this model has {layers} layers")
    coarse, fine = np.divmod(np.arange(count * count), count)
    latents = found.latents[fine].copy()
    latents[:, :crossover] = found.latents[coarse, :crossover]
    made = subject.images(latents)
    corner = np.full((1, *made.shape[1:]), 255, np.uint8)
    rows = [corner, found.given]
    for row in range(count):
        rows += [found.given[row : row + 1], made[row * count : (row + 1) * count]]
    return Mixed(made, latents, pictures.grid(np.concatenate(rows), count + 1), {})


def _by_mask(options: Mix, subject: Subject, found: Places) -> Mixed:
    from gan_cli.editing.shared import masks
    from gan_cli.editing.shared.projection import project

    if len(found.given) != 2:
        raise ConfigError(f"by=mask takes two images, not {len(found.given)}")
    mask = masks.read(subject.asked(options, "mask"), subject.card.data)
    together = np.where(mask, found.given[:1], found.given[1:])
    whole = project(subject, together, options)
    shown = np.broadcast_to(np.where(mask, 255, 0).astype(np.uint8), together.shape)
    sheet = pictures.grid(np.concatenate([found.given, shown, together, whole.results]), 5)
    scores = {name: float(each[0]) for name, each in whole.scores.items() if np.isfinite(each[0])}
    return Mixed(whole.results, whole.latents, sheet, scores)
