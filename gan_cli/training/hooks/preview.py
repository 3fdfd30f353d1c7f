"""Pictures of a run on its way, always of the same latents."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from gan_cli.base import films, images
from gan_cli.base.captions import texts
from gan_cli.base.errors import DataError
from gan_cli.base.terminal import printable
from gan_cli.data.reading.source import Source, different
from gan_cli.objectives.model import Model
from gan_cli.runs import origin
from gan_cli.runs.rundir import RunDirectory
from gan_cli.sampling import drawing, filling
from gan_cli.sampling.control import class_grid, class_names
from gan_cli.sampling.drawing import Inputs
from gan_cli.training.hooks.hook import Progress
from gan_cli.training.state import State

SEED = 0
MOST_FRAMES = 200
"""Previews in progress.gif."""
MOST_LOOKED_AT = 10_000
"""Images among which captions that differ are found."""
ROWS_OF_A_CODE = 4
ROWS, FPS, SHOWN = 8, 10, 5
"""Sequences that are shown at least, how fast they play, and previews a second of all of them."""


class Preview:
    """samples/step-N.png from fixed latents, real.png beside it, and progress.gif of all previews
    when the run ends, with the extra `video` progress.mp4 too.

    A model that is told the class has a row for each class, and the images of a column share their
    latents; one that is told captions has a row for each of some, below it.
    Of sequences each is a row of frames, and step-N.gif and real.gif play them. An
    autoencoder also has reconstructions-N.png: real images, held-out ones where there are some,
    each with its reconstruction to the right, or, of sequences, below it. A model with codes also
    has codes-N.png: in each row one code moves, through the categories or from -2 to 2, and after
    some rows the next one. Of a model that fills holes step-N.png has held-out images with a hole,
    each with the same filled to its right, and real.png has them whole.

    Each file states run, step, seed and the run's newest score at that step; a film those of its
    last picture.
    """

    def __init__(
        self,
        run: RunDirectory,
        state: State,
        source: Source,
        held_out: Callable[[], Source],
        every: int,
        count: int,
        newest_score: Callable[[], origin.Score | None] = lambda: None,
    ) -> None:
        self.every, self._run, self._folder = every, run.path, run.samples
        self._newest_score = newest_score
        if state.sampler.filling is None:
            self._sample = drawing.compiled(state.sampler)
            self._shown = arranged(state.sampler, source, count)
        else:
            self._shown = with_holes(state.sampler, _chosen(source, held_out, max(1, count // 2)))
            self._sample = filling.beside_holes(state.sampler, self._shown.real[::2])
        self._codes = moved_codes(state.sampler) if state.sampler.codes else None
        self._originals, self._reconstruct = None, None
        if state.sampler.encoding is not None:
            self._originals = _chosen(source, held_out, max(1, len(self._shown.real) // 2))
            self._reconstruct = _reconstruction(state.sampler)
        self._folder.mkdir(exist_ok=True)
        self._save("real", self._shown.real, {"Run": printable(run.path.resolve().name)})
        self.last: Path | None = None
        self._played: Path | None = None
        self._about: images.About = {}

    def __call__(self, progress: Progress) -> None:
        self._about = about = origin.of(self._run, progress.step, self._newest_score(), SEED)
        pixels = self._sample(self._shown.inputs)
        self.last = self._save(f"step-{progress.step:08d}", pixels, about)
        if self._codes is not None:
            moved, columns = self._codes
            path = self._folder / f"codes-{progress.step:08d}.png"
            images.save_png(path, images.grid(self._sample(moved), columns), about)
        if self._originals is not None and self._reconstruct is not None:
            paired = images.pairs(self._originals, self._reconstruct(self._originals))
            path = self._folder / f"reconstructions-{progress.step:08d}.png"
            sheet = images.grid(paired, images.columns_of_pairs(len(paired)))
            images.save_png(path, sheet, about)
        if progress.step == progress.total:
            self.close()  # before the last checkpoint: a run that has it is complete

    def close(self) -> None:
        if self._played == self.last:
            return
        self._played = self.last
        paths = sorted(
            path for path in self._folder.glob("step-*.png") if self.last and path <= self.last
        )
        if len(paths) < 2:
            return
        places = np.unique(np.linspace(0, len(paths) - 1, MOST_FRAMES, dtype=int))
        frames = films.read_frames([paths[place] for place in places])
        films.save_gif(self._folder / "progress.gif", frames, 1000 // SHOWN, self._about)
        if films.has_video():
            with suppress(OSError):  # ffmpeg's, which hears a closed terminal too; the GIF is there
                stays = frames[-1:] * (2 * SHOWN - 1)
                films.save_video(
                    self._folder / "progress.mp4", [*frames, *stays], SHOWN, self._about
                )

    def _save(self, name: str, pixels: np.ndarray, about: images.About | None = None) -> Path:
        path, shown = self._folder / f"{name}.png", self._shown
        if shown.captions and shown.columns:
            sheet = images.captioned(pixels, shown.columns, shown.captions)
        else:
            sheet = images.named(pixels, shown.columns, shown.names)
        images.save_png(path, sheet, about)
        if pixels.ndim == 5:
            films.save_film(path.with_suffix(".gif"), pixels, FPS, about=about)
        return path


class Arranged(NamedTuple):
    """What a preview shows: the inputs of its images, real ones to compare them with, and, of rows
    of classes or captions, the columns of the grid and the names to the left or captions above.
    """

    inputs: Inputs
    real: np.ndarray
    columns: int | None
    names: Sequence[str] = ()
    captions: Sequence[str] = ()


def arranged(model: Model, source: Source, count: int) -> Arranged:
    """Up to `count` images: a square of them, a row for each class, or a row for each sequence."""
    draw = drawing.inputs(model, SEED)
    if model.sequence_length:
        count = min(count, max(ROWS, count // model.sequence_length))
        return Arranged(draw(count), source.some(count), None)
    if model.captions is not None:
        return of_captions(draw, source, count)
    if not model.num_classes:
        return Arranged(draw(count), source.some(count), None)
    rows, columns = class_grid(count, model.num_classes)
    drawn = drawing.rows_of_classes(draw, range(rows), columns)(rows * columns)
    names = class_names(source.spec, range(rows))
    return Arranged(drawn, of_classes(source, rows, columns), columns, names)


def with_holes(model: Model, whole: np.ndarray) -> Arranged:
    """Inputs whose holes the images get, and the images twice."""
    twice = images.pairs(whole, whole)
    return Arranged(
        drawing.inputs(model, SEED)(len(whole)), twice, images.columns_of_pairs(len(twice))
    )


def moved_codes(model: Model) -> tuple[Inputs, int]:
    """For each code some rows of inputs that differ in it alone; and the length of a row. Each
    code's rows are of the same draws.
    """
    assert model.codes is not None
    drawn, moves = drawing.inputs(model, SEED)(ROWS_OF_A_CODE), model.codes.moves()
    latents = [
        model.codes.with_setting(latent, setting)
        for move in moves
        for latent in drawn.latents
        for setting in move
    ]
    columns = len(moves[0])
    labels = None if drawn.labels is None else np.tile(drawn.labels.repeat(columns), len(moves))
    return Inputs(np.stack(latents), labels), columns


def of_classes(source: Source, rows: int, columns: int) -> np.ndarray:
    """Real images, `columns` of each of the first `rows` classes, the same ones every time; white
    where there are fewer.
    """
    assert source.labels is not None
    order = np.random.default_rng(SEED).permutation(len(source))
    labels = source.labels[order]
    found = np.full((rows * columns, *source.images.shape[1:]), 255, np.uint8)
    for row in range(rows):
        chosen = np.sort(order[labels == row][:columns])
        found[row * columns : row * columns + len(chosen)] = source.images[chosen]
    return found


def of_captions(draw: drawing.Draw, source: Source, count: int) -> Arranged:
    """A row for each of some captions, whose images share the latents of their columns; real images
    that have it, and white where there are fewer.
    """
    assert source.captions is not None
    rows = max(1, math.isqrt(count))
    columns = count // rows
    captions = different(source.captions[source.rows_of_some(MOST_LOOKED_AT)], rows)
    drawn = drawing.rows_of_captions(draw, captions, columns)(len(captions) * columns)
    real = np.full((len(captions), columns, *source.images.shape[1:]), 255, np.uint8)
    for shown, caption in zip(real, captions, strict=True):
        having = np.flatnonzero((source.captions == caption).all(-1).any(-1))[:columns]
        shown[: len(having)] = source.images[having]
    named = texts(captions, source.vocabulary)
    return Arranged(drawn, real.reshape(-1, *real.shape[2:]), columns, captions=named)


def _chosen(source: Source, held_out: Callable[[], Source], count: int) -> np.ndarray:
    """Held-out items that look like those of training; those of training where there are none."""
    try:
        unseen = held_out()
    except DataError:
        return source.some(count)
    fits = len(unseen) and unseen.images.shape[1:] == source.images.shape[1:]
    return (unseen if fits else source).some(count)


def _reconstruction(model: Model) -> Callable[[np.ndarray], np.ndarray]:
    """uint8 -> uint8, as one graph."""
    function: Any = tf.function(lambda given: model.reconstruct(given), autograph=False)

    def reconstruct(pixels: np.ndarray) -> np.ndarray:
        return images.to_uint8(function(images.from_uint8(tf.constant(pixels, tf.float32))).numpy())

    return reconstruct
