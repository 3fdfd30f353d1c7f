"""A small grid of samples of each job, all from the same latents. The one file of this room that
imports TensorFlow.
"""

from __future__ import annotations

import base64
import io
import math
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import keras
from PIL import Image
from tqdm import tqdm

from gan_cli.base import films, images
from gan_cli.base.errors import GanError
from gan_cli.base.lazy import np
from gan_cli.objectives.model import Model
from gan_cli.reports.embedded import Picture
from gan_cli.reports.rows import Row
from gan_cli.runs import checkpoint, origin
from gan_cli.runs.checkpoint import Manifest
from gan_cli.runs.reading import StoredRun
from gan_cli.sampling import drawing
from gan_cli.sampling.control import class_grid, class_names
from gan_cli.sampling.drawing import Sampler
from gan_cli.sampling.generate import load_sampler

SEED, BATCH, FPS = 0, 64, 8
ALL_BYTES = 6 * 1024**2
"""Of all pictures of a page together, before base64 makes a third more of them."""
FEWEST_BYTES = 8 * 1024
SEQUENCES = 4
"""Images for which one sequence is shown."""
A_CLASS, CLASSES = 4, 10
"""Images of each class at least, where there are no more classes than that."""
LARGEST = 640
"""Pixels of a picture's longer side."""

Warn = Callable[[str], None]


def pictures(rows: list[Row], samples: int, warn: Warn) -> dict[str, Picture]:
    """Row's name -> picture of its best checkpoint; a damaged run has none, and a line that says
    why.
    """
    drawable = [
        (row.name, row.run)
        for row in rows
        if row.run is not None and checkpoint.steps(row.run.directory.checkpoints)
    ]
    most = max(FEWEST_BYTES, ALL_BYTES // max(1, len(drawable)))
    last: _Built | None = None
    made: dict[str, Picture] = {}
    for name, run in tqdm(
        _of_one_kind_together(drawable), desc="samples", unit="job", disable=None, leave=False
    ):
        try:
            last, (pixels, columns), manifest = _drawn(run, samples, last)
            about = origin.of_checkpoint(run.path, manifest, SEED)
            picture = embedded(pixels, columns, most, manifest.step, about)
            made[name] = picture._replace(names=_names(run, pixels, columns))
        except GanError as error:
            warn(f"{name}: without samples: {error}")
        except OSError as error:
            warn(f"{name}: without samples: {error.strerror or error}")
    return made


class _Built(NamedTuple):
    """A model that is there already, with its compiled function; the jobs of a sweep often differ
    in their weights only.
    """

    fingerprint: str
    model: Model
    sampler: Sampler


def _of_one_kind_together(runs: list[tuple[str, StoredRun]]) -> list[tuple[str, StoredRun]]:
    def kind(run: StoredRun) -> str:
        try:
            return run.card.fingerprint
        except GanError:
            return ""

    return sorted(runs, key=lambda each: kind(each[1]))


def _drawn(
    run: StoredRun, samples: int, last: _Built | None
) -> tuple[_Built, tuple[np.ndarray, int | None], Manifest]:
    """Images or sequences with the columns of their grid, and the checkpoint."""
    return run.of_checkpoint("best", lambda manifest: _of(run, manifest, samples, last))


def _of(
    run: StoredRun, manifest: Manifest, samples: int, last: _Built | None
) -> tuple[_Built, tuple[np.ndarray, int | None], Manifest]:
    if last is not None and last.fingerprint == manifest.model:
        built = last._replace(model=load_sampler(run.directory, manifest, last.model))
    else:
        keras.utils.clear_session()
        model = load_sampler(run.directory, manifest)
        built = _Built(manifest.model, model, drawing.compiled(model))
    return built, _images(built, samples), manifest


def _images(built: _Built, samples: int) -> tuple[np.ndarray, int | None]:
    """uint8 images [N, H, W, C], or sequences [N, T, H, W, C], and the columns of their grid."""
    model, count, columns = built.model, samples, None
    draw = drawing.inputs(model, SEED)
    if model.sequence_length:
        count = max(1, samples // SEQUENCES)
    elif model.num_classes > 1:
        rows, columns = class_grid(
            max(samples, A_CLASS * min(model.num_classes, CLASSES)), model.num_classes
        )
        draw, count = drawing.rows_of_classes(draw, range(rows), columns), rows * columns
    return np.concatenate(
        list(drawing.batches(model, count, SEED, BATCH, built.sampler, draw))
    ), columns


def _names(run: StoredRun, pixels: np.ndarray, columns: int | None) -> tuple[str, ...]:
    """Of the rows of classes; none without such rows."""
    data = run.card.data
    return tuple(class_names(data, range(len(pixels) // columns))) if columns else ()


def embedded(
    pixels: np.ndarray,
    columns: int | None,
    most: int,
    step: int,
    about: images.About | None = None,
) -> Picture:
    """The largest one of at most `most` bytes, or the smallest there is."""
    kind, content = "", b""
    for kind, content in _smaller_and_smaller(pixels, columns, about):  # noqa: B007
        if len(content) <= most:
            break
    with Image.open(io.BytesIO(content)) as picture:
        width, height = picture.size
    across = columns or math.ceil(math.sqrt(len(pixels)))
    tile = max(1, (width - images.GAP) // across - images.GAP)
    uri = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    return Picture(uri, width, height, step, tile)


def _smaller_and_smaller(
    pixels: np.ndarray, columns: int | None, about: images.About | None
) -> Iterator[tuple[str, bytes]]:
    """The picture as PNG, or as GIF that plays, first as it is and then of ever fewer pixels."""
    side = LARGEST
    while side >= 32:
        if pixels.ndim == 5:
            yield "gif", _film(_shrunk_all(pixels, side), about)
        else:
            sheet = images.grid(pixels, columns, enlarge=False)
            yield "png", _png(_shrunk(sheet, side), about)
        side = side * 7 // 10


def _shrunk_all(sequences: np.ndarray, side: int) -> np.ndarray:
    """Sequences whose grid is at most so large."""
    across = int(np.ceil(np.sqrt(len(sequences))))
    flat = sequences.reshape(-1, *sequences.shape[2:])
    smaller = np.stack([_shrunk(image, max(8, side // across)) for image in flat])
    return smaller.reshape(*sequences.shape[:2], *smaller.shape[1:])


def _shrunk(image: np.ndarray, side: int) -> np.ndarray:
    """uint8 [H, W, C] with at most `side` pixels to each side."""
    height, width, channels = image.shape
    if max(height, width) <= side:
        return image
    factor = side / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(images.pillow(image).resize(size, Image.Resampling.LANCZOS)).reshape(
        size[1], size[0], channels
    )


def _png(image: np.ndarray, about: images.About | None) -> bytes:
    buffer = io.BytesIO()
    texts = images.texts(about)
    images.pillow(image).save(buffer, format="PNG", optimize=True, pnginfo=texts)
    return buffer.getvalue()


def _film(sequences: np.ndarray, about: images.About | None) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.gif"
        films.save_film(path, sequences, FPS, enlarge=False, about=about)
        return path.read_bytes()
