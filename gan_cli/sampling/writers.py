"""Images into files: a grid, a folder of PNG files, an npz, a grid that plays."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gan_cli.base import films, images
from gan_cli.base.lazy import np
from gan_cli.sampling.drawing import Inputs


@dataclass(frozen=True)
class Drawn:
    """What is to be written.

    Attributes:
        batches: uint8 images [B, H, W, C], or sequences [B, T, H, W, C]; to be read once.
        inputs: what they are drawn from, in batches, from the start at every call.
        count: of all batches together.
        columns: of a grid; None: as square as it can be.
        fps: frames per second of what plays.
        captions: above the rows of a grid; none: without.
        names: to the left of its rows; none: without.
        about: texts that PNG and GIF files carry.
    """

    batches: Iterable[np.ndarray]
    inputs: Callable[[], Iterator[Inputs]]
    count: int
    columns: int | None
    fps: int
    captions: Sequence[str] = ()
    names: Sequence[str] = ()
    about: Mapping[str, object] = field(default_factory=dict)


def _write_grid(path: Path, drawn: Drawn) -> None:
    pixels = np.concatenate(list(drawn.batches))
    if drawn.captions and drawn.columns:
        sheet = images.captioned(pixels, drawn.columns, drawn.captions)
    else:
        sheet = images.named(pixels, drawn.columns, drawn.names)
    images.save_png(path, sheet, drawn.about)


def _write_gif(path: Path, drawn: Drawn) -> None:
    films.save_film(path, np.concatenate(list(drawn.batches)), drawn.fps, about=drawn.about)


def _write_png(path: Path, drawn: Drawn) -> None:
    """A file for each image, or a folder for each sequence with a file for each frame."""
    path.mkdir()
    digits, index = max(6, len(str(drawn.count - 1))), 0
    for batch in drawn.batches:
        for item in batch:
            _write_item(path / f"{index:0{digits}d}", item, {**drawn.about, "Index": index})
            index += 1


def _write_item(path: Path, item: np.ndarray, about: Mapping[str, object]) -> None:
    if item.ndim == 3:
        images.save_png(path.with_suffix(".png"), item, about)
        return
    path.mkdir()
    for index, frame in enumerate(item):
        images.save_png(path / f"{index:04d}.png", frame, about)


def _write_npz(path: Path, drawn: Drawn) -> None:
    """An npz with the arrays `images` uint8, `latents` float32 and, where there are any, `labels`
    int64, or `captions` int32, whose tokens are the words of model.json from 1; all [count, ...].

    They are written batch by batch: the inputs are drawn again for the arrays that follow the
    images.
    """
    with zipfile.ZipFile(path, "w") as archive:
        _write_array(archive, "images", drawn.batches, drawn.count)
        first = next(drawn.inputs())
        for name, given in first._asdict().items():
            if given is not None:
                rows = (getattr(each, name) for each in drawn.inputs())
                _write_array(archive, name, rows, drawn.count)


def _write_array(
    archive: zipfile.ZipFile, name: str, batches: Iterable[np.ndarray], count: int
) -> None:
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        for index, batch in enumerate(batches):
            if index == 0:
                descr, shape = np.lib.format.dtype_to_descr(batch.dtype), (count, *batch.shape[1:])
                np.lib.format.write_array_header_1_0(
                    member, {"descr": descr, "fortran_order": False, "shape": shape}
                )
            member.write(batch.tobytes())


WRITERS = {"grid": _write_grid, "png": _write_png, "npz": _write_npz, "gif": _write_gif}
