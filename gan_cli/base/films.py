"""Pictures that play: GIF by Pillow, MP4 by ffmpeg where the extra `video` is installed."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gan_cli.base.errors import GanError
from gan_cli.base.files import open_regular, whole
from gan_cli.base.images import About, grid, pillow
from gan_cli.base.lazy import Image, np

LONGEST = 2000
"""Milliseconds that the last picture of a run stays."""


def has_video() -> bool:
    """Whether MP4 can be written."""
    return find_spec("imageio_ffmpeg") is not None


def read_frames(paths: Sequence[Path]) -> list[Image.Image]:
    """PNG files of the last one's size; others are left out before they are decoded."""
    with Image.open(paths[-1], formats=("PNG",)) as last:
        size = last.size
    return [frame for path in paths if (frame := _frame(path, size))]


def save_gif(
    path: Path, frames: Sequence[Image.Image], milliseconds: int = 200, about: About | None = None
) -> None:
    """Play pictures in a GIF that loops; the last one stays for two seconds."""
    times = [milliseconds] * (len(frames) - 1) + [LONGEST]
    _save_gif(path, [_with_palette(frame) for frame in frames], times, about)


def save_film(
    path: Path,
    sequences: np.ndarray,
    fps: int,
    enlarge: bool = True,
    about: About | None = None,
) -> None:
    """Play uint8 sequences [N, T, H, W, C] beside each other in a GIF that loops, as square as N
    allows, and enlarged as a grid is.
    """
    pictures = [
        _with_palette(pillow(grid(sequences[:, index], enlarge=enlarge)))
        for index in range(sequences.shape[1])
    ]
    _save_gif(path, pictures, [round(1000 / fps)] * len(pictures), about)


def save_video(
    path: Path, frames: Iterable[Image.Image], fps: int, about: About | None = None
) -> None:
    """Play pictures of one size in an MP4 that every browser and phone plays.

    Raises:
        OSError: ffmpeg does not run, or cannot write.
    """
    from imageio_ffmpeg import write_frames

    told = ["-f", "mp4", "-metadata", f"comment={_comment(about)}"]
    pixels = (_even(np.asarray(frame.convert("RGB"))) for frame in frames)
    first = next(pixels)
    size = first.shape[1::-1]
    with whole(path) as partial:
        writer: Any = write_frames(
            str(partial), size, fps=fps, macro_block_size=1, output_params=told
        )
        writer.send(None)
        for each in itertools.chain([first], pixels):
            writer.send(each.tobytes())
        writer.close()


def _even(pixels: np.ndarray) -> np.ndarray:
    """With a white edge where a side is odd, which the codec does not take."""
    height, width = pixels.shape[:2]
    edges = ((0, height % 2), (0, width % 2), (0, 0))
    return np.pad(pixels, edges, constant_values=255)


def _save_gif(
    path: Path, pictures: list[Image.Image], milliseconds: list[int], about: About | None
) -> None:
    with whole(path) as partial:
        pictures[0].save(
            partial,
            format="GIF",
            save_all=True,
            append_images=pictures[1:],
            duration=milliseconds,
            loop=0,
            optimize=False,
            comment=_comment(about).encode(),
        )


def _comment(about: About | None) -> str:
    return ", ".join(f"{name}: {value}" for name, value in (about or {}).items())


def _with_palette(picture: Image.Image) -> Image.Image:
    """Grey levels stay as they are; of colours the 256 that a GIF has room for."""
    return picture if picture.mode == "L" else picture.convert("P", palette=Image.Palette.ADAPTIVE)


def _frame(path: Path, size: tuple[int, int]) -> Image.Image | None:
    try:
        with open_regular(path) as file, Image.open(file, formats=("PNG",)) as picture:
            if picture.size != size:
                return None
            picture.load()
            return picture.copy()
    except (GanError, OSError, SyntaxError, ValueError):
        return None
