"""Which metrics and which extractor: what is taken where none is named, what does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

from gan_cli import data
from gan_cli.base.errors import ConfigError
from gan_cli.base.lazy import np
from gan_cli.data.reading.cache import directory
from gan_cli.data.reading.source import Source
from gan_cli.evaluation.report import WORD, WORDS
from gan_cli.metrics import METRICS
from gan_cli.metrics.extractors import AUTO, EXTRACTORS, Context, automatic, that
from gan_cli.metrics.extractors.feature_extractor import Extractor

DEFAULT_METRICS = (
    "frechet",
    "kernel",
    "precision_recall",
    "density_coverage",
    "classes",
    "diversity",
    "edges",
    "memorisation",
)
"""What is measured where no metrics are named, as far as the extractor serves them; the first ranks
runs.
"""


def metrics_for(names: list[str] | None, gives: Collection[str]) -> list[str]:
    """The metrics asked for, or all default ones that an extractor with `gives` can serve."""
    if names is not None:
        return names
    return [
        name
        for name in DEFAULT_METRICS
        if "classes" not in METRICS[name].needs or "classes" in gives
    ]


def check_metrics(names: Iterable[str], gives: Collection[str]) -> None:
    """Refuse metrics that an extractor with `gives` cannot serve.

    Raises:
        ConfigError: it names the metric.
    """
    for name in names:
        if "classes" in METRICS[name].needs and "classes" not in gives:
            able = that(lambda each: "classes" in each.gives)
            raise ConfigError(
                f"metrics={name} needs class probabilities: extractor={able} gives some"
            )
        if "maps" in METRICS[name].needs and "maps" not in gives:
            able = that(lambda each: "maps" in each.gives)
            raise ConfigError(f"metrics={name} needs feature maps: extractor={able} has some")


def check_weights(name: str, weights: str | None) -> None:
    """Refuse a file of weights for an extractor that reads none.

    Raises:
        ConfigError: it names those that do.
    """
    if weights and not EXTRACTORS[name].reads_weights:
        readers = that(lambda each: each.reads_weights)
        raise ConfigError(
            f"weights= is the file of extractor={readers}; extractor={name} reads none"
        )


def build_extractor(
    options: Any, name: str, weights: str | None, train: Source, say: Callable[[str], None]
) -> Extractor:
    """The extractor of a name, or for `auto` the one that fits the training images of a data set.

    Raises:
        ConfigError: it does not fit the data or the weights, or says of itself what no report can
            hold.
    """
    name = automatic(len(train.class_names)) if name == AUTO else name
    check_weights(name, weights)
    entry = EXTRACTORS[name]
    if entry.needs_labels and train.labels is None:
        others = that(lambda each: not each.needs_labels)
        raise ConfigError(
            f"extractor={name} needs labels; the data has none (extractor={others} needs none)"
        )
    # a data set whose planes are images of another one says of which
    planes = data.load(options.planes()) if hasattr(options, "planes") else None
    built: Extractor = entry.build(_context(train, planes, weights, say))
    for what, pattern in (("name", WORD), ("weights", WORD), ("resize", WORDS)):
        if not re.match(pattern, value := getattr(built, what)):
            raise ConfigError(f"extractor={name}: its {what} {value!r} must match {pattern}")
    return built


def _context(
    source: Source, planes: Source | None, weights: str | None, say: Callable[[str], None]
) -> Context:
    images: Any = source.single_images
    labels = source.labels
    return Context(
        images=images,
        labels=None if labels is None else np.repeat(labels, max(1, source.spec.sequence_length)),
        num_classes=len(source.class_names),
        fingerprint=source.fingerprint,
        weights=weights,
        cache=directory(),
        say=say,
        planes=_context(planes, None, weights, say) if planes is not None else None,
    )
