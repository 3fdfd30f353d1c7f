"""What samples are measured with: an extractor, real images, and where both come from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gan_cli import data
from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.spec import DataSpec
from gan_cli.data.mnist import Mnist
from gan_cli.data.reading.cache import directory
from gan_cli.data.reading.source import Source
from gan_cli.data.stacked_mnist import StackedMnist
from gan_cli.metrics import table
from gan_cli.metrics.extractors import kept
from gan_cli.metrics.extractors.extractor import Extractor
from gan_cli.metrics.table import METRICS, Ruler, Sample
from gan_cli.runs.rundir import RunDirectory

Say = Callable[[str], None]
REAL_SEED = 0
"""Which real images are taken: the same ones for every sample, so that their features are computed
once.
"""
ENOUGH = 1000
"""Items from which on a test split is the reference."""
FEWEST = 16
AGAINST_TRAINING = ("memorisation", "similarity", "content")
"""Metrics whose floor is that of held-out images: real ones that were trained on are copies of
themselves.
"""


@dataclass(frozen=True)
class Setting:
    """What the user chooses of a ruler."""

    extractor: str = "auto"
    weights: str | None = None
    count: int = 10_000
    split: str = "auto"
    seed: int = 0


class Measured(NamedTuple):
    """A ruler with its provenance, as plain values.

    `held_out` holds real images that no model was trained on, where there are any: its items may be
    sequences.
    """

    ruler: Ruler
    other: Sample
    provenance: dict[str, Any]
    held_out: Source

    def floor(self, names: list[str]) -> dict[str, float]:
        """What real images score: as far from the reference as chance leaves them."""
        ruler = self.ruler
        against = [name for name in names if name in AGAINST_TRAINING]
        values = table.measure([name for name in names if name not in against], ruler, self.other)
        return values | table.measure(against, ruler, ruler.held_out)


def build(
    options: Any,
    setting: Setting,
    say: Say,
    *,
    train: Source | None = None,
    names: list[str] | None = None,
) -> Measured:
    """The ruler for a data set; features of real images come from the cache where they are there.

    Of sequences it sees the frames, as single images: what they show, not how it moves.

    Args:
        train: its training split, where that is loaded already.
        names: the metrics that it shall serve; None: all of them.

    Raises:
        DataError: too few real images, or an extractor whose weights are missing.
        ConfigError: the extractor does not fit the data or the metrics.
    """
    train, test = data.load(options) if train is None else train, data.load(options, "test")
    extractor = _extractor(options, setting, train, say)
    measurable(names or [], extractor)
    split = setting.split if setting.split != "auto" else "test" if len(test) >= ENOUGH else "train"
    reference, others = (test, train) if split == "test" else _halves(train)
    if min(len(reference), len(others)) < FEWEST:
        raise DataError(
            f"{train.origin}: {len(train)} training and {len(test)} test images are too few "
            "for "
            "scores"
        )
    real, other = (_sample(extractor, part, setting.count, say) for part in (reference, others))
    unseen = test if len(test) >= FEWEST else others
    training, held_out = real, real
    if names is None or set(names) & set(AGAINST_TRAINING):
        training = _sample(extractor, train, table.COPIES, say)
        if split != "test":
            held_out = _sample(extractor, unseen, setting.count, say)
    provenance = {
        "extractor": extractor.name,
        "extractor_weights": extractor.weights,
        "resize": extractor.resize,
        "data": train.fingerprint,
        "data_name": options.name,
        "split": split,
        "real_count": len(real.features),
        "real_seed": REAL_SEED,
    }
    return Measured(
        Ruler(extractor, real, training, held_out, setting.seed), other, provenance, unseen
    )


def refuse_other_size(run: RunDirectory, real: DataSpec) -> None:
    """A run's images, or sequences, compare with real ones of their size only.

    Raises:
        ConfigError: they have another.
    """
    made = run.read_card().data
    if (made.image_shape, made.sequence_length) != (real.image_shape, real.sequence_length):
        raise ConfigError(
            f"{run.path} makes {made}, the real ones are {real}; give data.size= to match"
        )


def measurable(names: list[str], extractor: Extractor) -> None:
    """Refuse metrics that an extractor cannot serve.

    Raises:
        ConfigError: it names the metric.
    """
    for name in names:
        if METRICS[name].needs == "classes" and not extractor.classes:
            raise ConfigError(
                f"metrics={name} needs class probabilities: extractor=classifier or inception "
                "gives some"
            )
        if METRICS[name].needs == "maps" and type(extractor)._maps is Extractor._maps:
            raise ConfigError(
                f"metrics={name} needs feature maps: extractor=vgg16, random or classifier has some"
            )


def chosen(names: list[str] | None, extractor: Extractor) -> list[str]:
    """The metrics asked for, or all default ones that the extractor can serve."""
    if names is not None:
        return names
    return [name for name in table.DEFAULT if METRICS[name].needs != "classes" or extractor.classes]


def _extractor(options: Any, setting: Setting, train: Source, say: Say) -> Extractor:
    name = setting.extractor
    if name == "auto":
        name = "classifier" if len(train.class_names) > 1 else "random"
    if setting.weights and name not in ("inception", "vgg16"):
        raise ConfigError(
            f"weights= is the file of extractor=inception or vgg16; extractor={name} reads none"
        )
    return EXTRACTORS[name](options, train, setting, say)


def _classifier(options: Any, train: Source, setting: Setting, say: Say) -> Extractor:
    from gan_cli.metrics.extractors.classifier import classifier
    from gan_cli.metrics.stacked import Stacked

    if isinstance(options, StackedMnist):
        digits = data.load(Mnist(path=options.path, size=options.size))
        return Stacked(_classifier(None, digits, setting, say))
    if train.labels is None:
        raise ConfigError(
            "extractor=classifier needs labels; the data has none (extractor=random needs none)"
        )
    rows: Any = train.single_images
    labels = np.repeat(train.labels, max(1, train.spec.sequence_length))
    return classifier(rows, labels, len(train.class_names), train.fingerprint, directory(), say)


def _random(options: Any, train: Source, setting: Setting, say: Say) -> Extractor:
    from gan_cli.metrics.extractors.random_features import Random

    return Random()


def _pixels(options: Any, train: Source, setting: Setting, say: Say) -> Extractor:
    from gan_cli.metrics.extractors.pixels import Pixels

    return Pixels()


def _inception(options: Any, train: Source, setting: Setting, say: Say) -> Extractor:
    from gan_cli.metrics.extractors.inception import inception

    return inception(setting.weights)


def _vgg16(options: Any, train: Source, setting: Setting, say: Say) -> Extractor:
    from gan_cli.metrics.extractors.vgg16 import vgg16

    return vgg16(setting.weights)


EXTRACTORS: dict[str, Callable[[Any, Source, Setting, Say], Extractor]] = {
    "classifier": _classifier,
    "random": _random,
    "inception": _inception,
    "vgg16": _vgg16,
    "pixels": _pixels,
}


def _halves(source: Source) -> tuple[Source, Source]:
    """Two halves that share no item, drawn once for all."""
    rows = np.random.default_rng(REAL_SEED).permutation(len(source))
    return source.take(np.sort(rows[: len(rows) // 2])), source.take(
        np.sort(rows[len(rows) // 2 :])
    )


def _sample(extractor: Extractor, source: Source, count: int, say: Say) -> Sample:
    """Up to `count` images drawn once for all, or the frames of so many sequences; their features
    from the cache.
    """
    images, rows = source.single_images, _rows(source, count)
    looked_at = images[rows[: table.LOOKED_AT]]
    width = extractor.features(looked_at[:1]).shape[1]
    like = {"features": np.empty((len(rows), width), np.float32)}
    identity = {
        "extractor": extractor.weights,
        "resize": extractor.resize,
        "data": source.fingerprint,
        "rows": len(rows),
    }

    def make() -> dict[str, np.ndarray]:
        parts = [
            rows[start : start + table.LOOKED_AT] for start in range(0, len(rows), table.LOOKED_AT)
        ]
        return {"features": np.concatenate([extractor.features(images[part]) for part in parts])}

    return Sample(kept.arrays(_path(identity), identity, like, make, say)["features"], looked_at)


def _rows(source: Source, count: int) -> np.ndarray:
    """Which of `single_images` are taken: whole sequences, as a model makes them, and the last one
    cut.
    """
    length = max(1, source.spec.sequence_length)
    items = np.random.default_rng(REAL_SEED).permutation(len(source))[: math.ceil(count / length)]
    return (items[:, None] * length + np.arange(length)).ravel()[:count]


def _path(identity: dict[str, Any]) -> Path:
    from gan_cli.base.files import fingerprint

    return directory() / "features" / f"{fingerprint(identity)[:24]}.safetensors"
