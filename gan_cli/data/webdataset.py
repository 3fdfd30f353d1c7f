"""`data=webdataset`: pictures in tars, read where they lie: nothing is unpacked to disk."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import bracex

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.config.options import Size, option, options
from gan_cli.data import data_source
from gan_cli.data.formats.examples import indexed
from gan_cli.data.formats.samples import CLASS, Samples, TarLoader, listed, texts, walk
from gan_cli.data.reading.cache import stored
from gan_cli.data.reading.captions import Captions, complete
from gan_cli.data.reading.labels import Labels, by_text
from gan_cli.data.reading.loading import recipe, source
from gan_cli.data.reading.options import SIDE, Pictures
from gan_cli.data.reading.pictures import look
from gan_cli.data.reading.source import Source, Split

MOST = 1_000_000
"""Tars that braces may name."""


@options
class WebDataset(Pictures):
    """Options of `data=webdataset`."""

    name: str = "webdataset"
    path: str | None = option(
        "a tar, a folder of tars, or a pattern such as 'shards/*.tar' or "
        "'shards/{000..099}.tar' (required)",
        None,
    )
    size: Size = option(f"{SIDE}; null: the files' own, where all share one", 64)
    test_path: str | None = option(
        "the same as data.path for the test split; null: a share is held out", None
    )
    label: str | Literal[False] | None = option(
        (
            "ending of the file, or key of the .json, that holds a picture's class; null: cls, "
            "where there is one; false: without labels"
        ),
        None,
    )


@data_source("webdataset", WebDataset)
def load(options: WebDataset, split: Split) -> Source:
    """The pictures in tar files, with classes and captions from the files beside them."""
    own_split = options.test_path is not None
    of_test = own_split and split == "test"
    key, given = ("test_path", options.test_path) if of_test else ("path", options.path)
    shards = _shards(key, given)
    root = Path(os.path.commonpath([shard.parent for shard in shards]))
    asked = f"data.{key}={given}"
    label = None if options.label is False else options.label or CLASS
    samples = indexed("tars", shards, label, partial(walk, shards, label), Samples)
    listing = listed(samples, shards, root)
    wanted = look(options)
    how = recipe(TarLoader(root, wanted), wanted, options.decode)
    found = stored(root, listing, how._replace(key=f"{wanted} {given}", chosen=True))
    labels, names = None, list[str]()
    if label is not None and (known := _labels(samples, listing.names, asked, options)):
        labels, names = known.of(found.names), known.class_names
        if of_test:
            labels, names = _as_trained(labels, names, options, asked)
    captions = None if of_test else _captions(samples, listing.names, found.names, asked)
    return source(
        found, options, split, asked, labels, names, own_split=own_split, captions=captions
    )


def _shards(key: str, given: str | None) -> list[Path]:
    """The tars that an option names, in the order of their names.

    Raises:
        ConfigError: it names nothing.
        DataError: there are none.
    """
    if not given:
        raise ConfigError("data=webdataset needs data.path=, tars: data.path='shards/*.tar'")
    try:
        shards = _found(given)
    except (OSError, RuntimeError, ValueError, bracex.ExpansionLimitException) as error:
        # a link loop, ~nobody, a zero byte, a tar that is missing, too many
        raise DataError(
            f"data.{key}={printable(given)}: {getattr(error, 'strerror', None) or error}"
        ) from None
    if not shards:
        raise DataError(
            f"data.{key}={given}: no tar is there; give a tar, a folder of tars, or a pattern: "
            f"data.{key}='shards/*.tar'"
        )
    return shards


def _found(given: str) -> list[Path]:
    """What a path or pattern names; each of the names in braces must be there."""
    if Path(given).expanduser().is_file():
        return [Path(given).expanduser().absolute()]
    names = bracex.expand(given, keep_escapes=True, limit=MOST)
    places = [_matches(name) for name in names]
    if any(places) and not all(places):
        missing = [name for name, found in zip(names, places, strict=True) if not found]
        raise ValueError(f"{len(missing):,} of {len(names):,} are missing, the first: {missing[0]}")
    return sorted(dict.fromkeys(itertools.chain(*places)))


def _matches(name: str) -> list[Path]:
    """A file, the tars of a folder, or what fits a pattern. Compressed tars are found where there
    are no others: they are refused with what to do.
    """
    place = Path(name).expanduser().absolute()
    if place.is_dir():
        kinds = (place.rglob(kind) for kind in ("*.tar", "*.tar.*", "*.tgz"))
        return next((found for kind in kinds if (found := [*filter(Path.is_file, kind)])), [])
    top = Path(place.anchor)
    return [each for each in top.glob(os.fspath(place.relative_to(top))) if each.is_file()]


def _labels(
    samples: Samples, pictures: list[str], asked: str, options: WebDataset
) -> Labels | None:
    """The classes of all pictures; None where none has one and none was asked for."""
    known = texts(samples.labels)
    if not any(known) and options.label is None:
        return None
    missing = [picture for picture, label in zip(pictures, known, strict=True) if not label]
    if missing:
        raise DataError(
            f"{asked}: no class ({options.label or CLASS}) of {len(missing):,} of "
            f"{len(pictures):,} pictures, the first: {printable(missing[0])}; "
            "data.label=NAME takes it from elsewhere, data.label=false is without labels"
        )
    return by_text(dict(zip(pictures, known, strict=True)), asked)


def _as_trained(
    labels: np.ndarray, names: Sequence[str], options: WebDataset, asked: str
) -> tuple[np.ndarray | None, list[str]]:
    """Labels as the numbers that the training split has for classes of these names."""
    trained = load(options, "train").class_names
    if strange := [name for name in names if name not in trained]:
        raise DataError(
            f"{asked}: class {printable(strange[0])} is none of the training pictures "
            f"({', '.join(map(printable, trained[:4]))})"
        )
    return np.array([trained.index(name) for name in names], np.int64)[labels], trained


def _captions(
    samples: Samples, pictures: list[str], good: list[str], asked: str
) -> Captions | None:
    said = [json.loads(each) for each in texts(samples.captions)]
    if not any(said):
        return None
    return complete(good, dict(zip(pictures, said, strict=True)), asked)
