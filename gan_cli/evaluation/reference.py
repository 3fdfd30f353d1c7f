"""What samples are evaluated with: an extractor, a reference set of real images, and their
provenance.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from gan_cli import data
from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.files import fingerprint
from gan_cli.base.lazy import np
from gan_cli.base.spec import DataSpec
from gan_cli.data.reading.cache import directory
from gan_cli.data.reading.source import Source
from gan_cli.evaluation.choice import build_extractor, check_metrics
from gan_cli.metrics import METRICS, MOST_IMAGES, ImageSet, ReferenceSet, measure
from gan_cli.metrics.extractors import AUTO, kept
from gan_cli.metrics.extractors.feature_extractor import Extractor
from gan_cli.runs.rundir import RunDirectory

Say = Callable[[str], None]
REAL_SEED = 0
"""Which real images are taken: the same ones for every sample, so that their features are computed
once.
"""
ENOUGH = 1000
"""Items from which on a test split is the reference."""
FEWEST = 16
MOST_TRAINING_IMAGES = 50_000


@dataclass(frozen=True)
class EvaluatorOptions:
    """What the user chooses of an evaluator."""

    extractor: str = AUTO
    weights: str | None = None
    count: int = 10_000
    split: str = "auto"
    seed: int = 0


class Evaluator(NamedTuple):
    """What samples are evaluated with.

    Attributes:
        others: real images that are not in the reference set.
        provenance: where all of it comes from, as plain values.
        held_out: real images that no model was trained on, where there are any: its items may be
            sequences.
    """

    reference: ReferenceSet
    others: ImageSet
    provenance: dict[str, Any]
    held_out: Source

    def baseline(self, names: list[str]) -> dict[str, float]:
        """What real images score: as far from the reference as chance leaves them.

        Where a metric looks at the training images they are held-out ones: real images that were
        trained on are copies of themselves.
        """
        against = [name for name in names if "training" in METRICS[name].needs]
        others = [name for name in names if name not in against]
        reference = self.reference
        return measure(others, reference, self.others) | measure(
            against, reference, reference.held_out
        )


def build_evaluator(
    options: Any,
    chosen: EvaluatorOptions,
    say: Say,
    *,
    train: Source | None = None,
    metrics: list[str] | None = None,
) -> Evaluator:
    """The evaluator of a data set; features of real images come from the cache where it has them.

    Of sequences it sees the frames, as single images: what they show, not how it moves.

    Args:
        train: its training split, where that is loaded already.
        metrics: those that it shall serve; None: all of them.

    Raises:
        DataError: too few real images, or an extractor whose weights are missing.
        ConfigError: the extractor does not fit the data or the metrics.
    """
    loaded = (train or data.load(options), data.load(options, "test"))
    train, test = (each.without_captions() for each in loaded)  # images alone are compared
    extractor = build_extractor(options, chosen.extractor, chosen.weights, train, say)
    check_metrics(metrics or [], extractor.gives)
    split = chosen.split if chosen.split != "auto" else "test" if len(test) >= ENOUGH else "train"
    real, others = (test, train) if split == "test" else _halves(train)
    if min(len(real), len(others)) < FEWEST:
        raise DataError(
            f"{train.origin}: {len(train)} training and {len(test)} test images are too few for "
            "scores"
        )
    held_out = test if len(test) >= FEWEST else others
    sets = [_image_set(extractor, part, chosen.count, say) for part in (real, others)]
    training = unseen = sets[0]
    if metrics is None or any("training" in METRICS[name].needs for name in metrics):
        training = _image_set(extractor, train, MOST_TRAINING_IMAGES, say)
        if split != "test":
            unseen = _image_set(extractor, held_out, chosen.count, say)
    provenance = {
        "extractor": extractor.name,
        "extractor_weights": extractor.weights,
        "resize": extractor.resize,
        "data": train.fingerprint,
        "data_name": options.name,
        "split": split,
        "real_count": len(sets[0].features),
        "real_seed": REAL_SEED,
    }
    reference = ReferenceSet(extractor, sets[0], training, unseen, chosen.seed)
    return Evaluator(reference, sets[1], provenance, held_out)


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


def _halves(source: Source) -> tuple[Source, Source]:
    """Two halves that share no item, drawn once for all."""
    rows = np.random.default_rng(REAL_SEED).permutation(len(source))
    return source.take(np.sort(rows[: len(rows) // 2])), source.take(
        np.sort(rows[len(rows) // 2 :])
    )


def _image_set(extractor: Extractor, source: Source, count: int, say: Say) -> ImageSet:
    """Up to `count` images drawn once for all, or the frames of so many sequences; their features
    from the cache.
    """
    images, rows = source.single_images, _rows(source, count)
    first = images[rows[:MOST_IMAGES]]
    width = extractor.features(first[:1]).shape[1]
    like = {"features": np.empty((len(rows), width), np.float32)}
    identity = {
        "extractor": extractor.weights,
        "resize": extractor.resize,
        "data": source.fingerprint,
        "rows": len(rows),
    }
    path = directory() / "features" / f"{fingerprint(identity)[:24]}.safetensors"

    def make() -> dict[str, np.ndarray]:
        parts = [rows[start : start + MOST_IMAGES] for start in range(0, len(rows), MOST_IMAGES)]
        return {"features": np.concatenate([extractor.features(images[part]) for part in parts])}

    return ImageSet(kept.arrays(path, identity, like, make, say)["features"], first)


def _rows(source: Source, count: int) -> np.ndarray:
    """Which of `single_images` are taken: whole sequences, as a model makes them, and the last one
    cut.
    """
    length = max(1, source.spec.sequence_length)
    items = np.random.default_rng(REAL_SEED).permutation(len(source))[: math.ceil(count / length)]
    return (items[:, None] * length + np.arange(length)).ravel()[:count]
