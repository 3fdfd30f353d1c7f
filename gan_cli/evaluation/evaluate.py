"""Score samples: of a checkpoint, or of images that any program made."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gan_cli import metrics
from gan_cli.base.lazy import np
from gan_cli.evaluation.reference import Evaluator
from gan_cli.evaluation.report import FORMAT, Provenance, Report, Score, versions
from gan_cli.metrics import MOST_IMAGES, Better, ImageSet, ReferenceSet
from gan_cli.metrics.extractors.feature_extractor import Extractor

if TYPE_CHECKING:
    from tqdm import tqdm

Draw = Callable[[int], Iterable[np.ndarray]]
"""From a seed to batches of uint8 images [<= batch, H, W, C]."""
OF_MODELS: dict[str, dict[str, Better]] = {
    "elbo": {"elbo": "higher"},
    "caption_accuracy": {"caption_accuracy": "higher", "caption_accuracy_held_out": "higher"},
    "path_length": {
        "path_length_linear": "lower",
        "path_length_spherical": "lower",
        "path_length_w": "lower",
    },
}
"""Metrics of a model, which samples alone do not have, and what ranks runs among their values, the
first of which each model has: the evidence lower bound of real images, in nats per image; the share
of images that show what their captions say; how even the ways between images are.
"""
OfModel = Callable[[int], metrics.Values]
"""From a seed to such values."""


def better(names: Iterable[str]) -> dict[str, Better]:
    """Name of each score -> which way is better, of samples and of models."""
    ways: dict[str, Better] = {}
    for name in names:
        ways |= OF_MODELS[name] if name in OF_MODELS else metrics.better([name])
    return ways


def sure(names: Iterable[str]) -> set[str]:
    """The scores that each model has which these metrics can be measured of."""
    return {
        score
        for name in names
        for score in (list(OF_MODELS[name])[:1] if name in OF_MODELS else metrics.better([name]))
    }


def report(
    evaluator: Evaluator,
    names: list[str],
    draw: Draw,
    count: int,
    repeats: int,
    seed: int,
    subject: dict[str, Any],
    of_model: Mapping[str, OfModel] | None = None,
    of_real: Mapping[str, float] | None = None,
) -> Report:
    """Measure fresh samples `repeats` times, and real images once; `of_model` with as many seeds.

    Args:
        of_real: values of `of_model` that real images have.
    """
    from tqdm import tqdm

    began = time.perf_counter()
    others = of_model or {}
    with tqdm(total=repeats * count, unit="img", desc="scoring", disable=None, leave=False) as bar:
        rounds = [
            _of_samples(evaluator.reference, names, _shown(draw(number), bar))
            | {name: value for each in others.values() for name, value in each(number).items()}
            for number in range(seed, seed + repeats)
        ]
    real = evaluator.baseline(names) | dict(of_real or {})
    baseline = {name: _finite(value) for name, value in real.items()}
    ways = better([*names, *others])
    found = {
        name: Score(
            *_spread([values[name] for values in rounds]),
            baseline.get(name),
            ways.get(name, "higher"),  # the parts of a share are as the share is
        )
        for name in rounds[0]
    }
    provenance = Provenance(**evaluator.provenance, count=count, repeats=repeats, seed=seed)
    seconds = round(time.perf_counter() - began, 3)
    return Report(FORMAT, subject, provenance, found, versions(), seconds)


def _of_samples(
    reference: ReferenceSet, names: list[str], batches: Iterable[np.ndarray]
) -> metrics.Values:
    if not names:
        return {}
    return metrics.measure(names, reference, sampled(reference.extractor, batches))


def sampled(extractor: Extractor, batches: Iterable[np.ndarray]) -> ImageSet:
    """The features of all images, and the first of them; batches are gone when their features are
    there.
    """
    features, kept, count = [], [], 0
    for batch in batches:
        features.append(extractor.features(batch))
        if count < MOST_IMAGES:
            kept.append(batch[: MOST_IMAGES - count])
            count += len(batch)
    return ImageSet(np.concatenate(features), np.concatenate(kept))


def _shown(batches: Iterable[np.ndarray], bar: tqdm) -> Iterator[np.ndarray]:
    for batch in batches:
        yield batch
        bar.update(len(batch))


def _spread(values: list[float]) -> tuple[float | None, float | None]:
    """Mean and sample standard deviation; of a single value there is none, nor of one that is not
    finite.
    """
    if not all(map(math.isfinite, values)):
        return None, None
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return value if math.isfinite(value) else None
