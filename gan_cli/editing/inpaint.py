"""`edit=inpaint`: a part of a picture is filled so that it fits its surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from gan_cli.base import images as sheets
from gan_cli.base.files import write_json
from gan_cli.base.lazy import np
from gan_cli.config.options import Weight, option, options
from gan_cli.editing import edit
from gan_cli.editing.project import above, plain
from gan_cli.editing.shared.settings import Projecting

if TYPE_CHECKING:
    from gan_cli.editing.shared.subject import Subject

Pixels = Annotated[int, Field(ge=0)]


@options
class Inpaint(Projecting):
    """Options of `edit=inpaint`."""

    image: str | list[str] | None = option(
        "picture, folder of pictures, npz of images, or a list of them", None
    )
    mask: str | Annotated[list[Pixels], Field(min_length=4, max_length=4)] | list[str] | None = (
        option(
            "what is filled: a picture whose bright part is meant, or [top, left, height, width]; "
            "a list or folder has one for each picture; null: where pictures are transparent",
            None,
        )
    )
    window: Annotated[int, Field(ge=1, le=4096)] = option(
        "side in pixels of the window around a known pixel; the larger the share of hole in "
        "it, the more the pixel counts",
        7,
    )
    blend: bool = option(
        "correct the filling smoothly, so that it meets the picture without a seam", True
    )
    prior: Weight = option("weight of the negative log density of latents, per value", 0.01)


@dataclass(frozen=True)
class Inpainted:
    """Pictures whose holes are filled.

    Attributes:
        images: uint8 [N, H, W, C], equal to the pictures outside the holes.
        made: the same, as the model makes whole pictures.
        given: the pictures, with grey in the holes.
        holes: bool [N, H, W, 1].
        latents: float32 [N, ...], what `made` is made from; None: the model was trained to fill.
        scores: where the pictures have something in the holes, how near what is filled comes to it:
            psnr in dB of the hole, ssim of the smallest rectangle about it, float64 [N].
    """

    images: np.ndarray
    made: np.ndarray
    given: np.ndarray
    holes: np.ndarray
    latents: np.ndarray | None
    scores: dict[str, np.ndarray]

    def write(self, folder: Path, about: sheets.About | None = None) -> None:
        """inpaint.png: pictures with their holes, below them filled, below that as the model makes
        them; filled-NNNN.png, latents.npy, and inpaint.json where something was measured.
        """
        sheets.save_png(folder / "inpaint.png", above(self.given, self.images, self.made), about)
        for number, image in enumerate(self.images):
            sheets.save_png(folder / f"filled-{number:04d}.png", image, about)
        if self.latents is not None:
            np.save(folder / "latents.npy", self.latents)
        if self.scores:
            write_json(folder / "inpaint.json", plain(self.scores))

    def show(self) -> None:
        if self.scores:
            values = (f"{name} {each.mean():.4g}" for name, each in self.scores.items())
            print(f"  mean of the holes: {', '.join(values)}")


@edit("inpaint", Inpaint)
def inpaint(options: Inpaint, subject: Subject) -> Inpainted:
    """Fills holes in pictures, with a model trained for it or by projection.

    A projection finds the image that is nearest to what is known (Yeh et al. 2017).
    """
    from gan_cli.editing.shared import blending, masks, pictures, projection

    spec, named = subject.card.data, subject.asked(options, "image")
    images = pictures.read(named, spec)
    mask = subject.given.get("mask", options.mask)
    holes = masks.holes(mask, named, spec, len(images))
    given = np.where(holes, np.uint8(sheets.GREY), images)
    if subject.model.filling is not None:
        latents, made = None, subject.filled(images, holes)
    else:
        weights = blending.nearness(holes, options.window)
        latents, labels = projection.find(subject, given, options, weights)
        made = subject.images(latents, labels)
    if options.blend:
        filled = blending.blended(images, made, holes)
    else:
        filled = np.where(holes, made, images)
    scores = {} if mask is None else blending.scores(images, filled, holes)
    return Inpainted(filled, made, given, holes, latents, scores)
