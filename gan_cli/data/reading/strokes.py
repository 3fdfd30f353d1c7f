"""Captions of handwriting, as measured: the strokes of "a thick slanted seven" are thicker, and
lean further to the right, than those of two thirds of all sevens.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Literal

from gan_cli.base.errors import ConfigError
from gan_cli.base.lazy import np
from gan_cli.config.options import option, options
from gan_cli.data import load
from gan_cli.data.reading.captions import captioned, of_classes, with_article
from gan_cli.data.reading.source import Examples, Source

WORDS = {"thickness": ("thin", "", "thick"), "slant": ("upright", "", "slanted")}
"""Of the lowest, the middle and the highest third of a class."""
MIDDLE = 1
BLOCK = 1000
"""Images that are measured at once."""
TINY = 1e-9

Measures = dict[str, "np.ndarray"]
"""thickness, slant -> values."""


@options
class Written:
    """What sources of handwriting share."""

    captions: Literal["classes", "strokes"] = option(
        "of models that take captions; classes: a seven; strokes: a thick slanted seven, as "
        "measured in grey images",
        "classes",
    )

    def examples(self, which: Literal["seen", "held_out", "all"], count: int) -> Examples | None:
        """Images of the test split (seen), or of the training split (all), with the captions that
        say all that is to be read in them. Nothing is held out.
        """
        train = load(self, "train")
        if which == "held_out" or train.labels is None:
            return None
        source = load(self, "test") if which == "seen" else train
        assert source.labels is not None
        read, rows = {"class": source.labels}, np.arange(len(source))
        if self.captions == "strokes":
            thirds = _thirds(measured(source), source.labels, _limits(measured(train), train))
            rows = rows[np.all([each != MIDDLE for each in thirds.values()], axis=0)]
            read |= thirds
        rows = rows[np.random.default_rng(0).permutation(len(rows))[:count]]
        chosen = {name: values[rows] for name, values in read.items()}
        names = of_classes(source.class_names)
        said = [_said(names[label], *each) for label, *each in zip(*chosen.values(), strict=True)]
        numbers = {name: each if name == "class" else each // 2 for name, each in chosen.items()}
        return Examples(source.images[rows], said, numbers)


def in_words(source: Source, options: Written) -> Source:
    """The source with the captions that are asked for, where the names of its classes are not
    enough: four of each image, which say thickness and slant, one of them, or none.

    Raises:
        ConfigError: its images are coloured, or of no class.
    """
    if options.captions == "classes":
        return source
    if source.spec.channels != 1 or source.labels is None:
        what = "labels" if source.labels is None else "grey images"
        raise ConfigError(
            f"data.captions=strokes needs {what}, and {source.origin} has none; "
            "data.captions=classes does without"
        )
    found = measured(source)
    thirds = _thirds(found, source.labels, _limits(found, source))
    kinds = product(of_classes(source.class_names), range(3), range(3))
    table = captioned(source, [_captions(*kind) for kind in kinds])
    assert table.captions is not None
    which = (source.labels * 3 + thirds["thickness"]) * 3 + thirds["slant"]
    return replace(table, captions=table.captions[which])


def _captions(name: str, thickness: int, slant: int) -> list[str]:
    said = [(thickness, slant), (thickness, MIDDLE), (MIDDLE, slant), (MIDDLE, MIDDLE)]
    return [_said(name, *each) for each in said]


def _said(name: str, *thirds: int) -> str:
    words = (each[third] for each, third in zip(WORDS.values(), thirds, strict=False))
    return with_article(" ".join([*filter(None, words), name]))


def measured(source: Source) -> Measures:
    """As `strokes` does; ink is dark where images are bright in the mean."""
    found: list[Measures] = []
    dark = np.mean(source.some(BLOCK)) > 127.5
    for start in range(0, len(source), BLOCK):
        images = source.images[start : start + BLOCK][..., 0]
        found.append(strokes(255 - images if dark else images))
    return {name: np.concatenate([each[name] for each in found]) for name in WORDS}


def strokes(images: np.ndarray) -> Measures:
    """thickness: the mean width of strokes in pixels; slant: in degrees to the right of upright.

    Strokes are as wide as their area is by half their outline, the total variation of the image
    (coarea formula: Fleming and Rishel 1960), and lean as its second moments say (Castro et al.
    2019, section 2.2).

    Args:
        images: uint8 [N, H, W], bright ink on black.
    """
    ink = np.pad(images, ((0, 0), (1, 1), (1, 1))).astype(np.float32)
    area = np.maximum(ink.sum(axis=(1, 2)), TINY)
    edges = np.hypot(np.diff(ink, axis=1)[:, :, :-1], np.diff(ink, axis=2)[:, :-1])
    outline = np.maximum(edges.sum(axis=(1, 2)), TINY)
    y, x = (np.arange(side) for side in ink.shape[1:])
    by_row, by_column = ink.sum(axis=2), ink.sum(axis=1)
    middle_y, middle_x = by_row @ y / area, by_column @ x / area
    both = np.einsum("nyx,y,x->n", ink, y, x, optimize=True) / area - middle_y * middle_x
    high = by_row @ (y * y) / area - middle_y**2
    return {"thickness": 2.0 * area / outline, "slant": np.degrees(np.arctan2(-both, high))}


def _limits(found: Measures, source: Source) -> Measures:
    """Where the middle third of each class begins and ends: [classes, 2] of each measure."""
    of_each = [np.flatnonzero(source.labels == label) for label in range(len(source.class_names))]
    ends = np.array([1, 2]) / 3
    return {
        name: np.array([np.quantile(values[rows], ends) if len(rows) else ends for rows in of_each])
        for name, values in found.items()
    }


def _thirds(found: Measures, labels: np.ndarray, limits: Measures) -> Measures:
    """0, 1 or 2 for each image [N]."""
    return {
        name: (values[:, None] > limits[name][labels]).sum(axis=1) for name, values in found.items()
    }
