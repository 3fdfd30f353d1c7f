"""Score samples: of a checkpoint, or of images that any program made."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from tqdm import tqdm

from gan_cli.metrics import table
from gan_cli.metrics.extractor import Extractor
from gan_cli.metrics.table import Sample
from gan_cli.training import scores
from gan_cli.training.ruler import Measured
from gan_cli.training.scores import Provenance, Report, Score

Draw = Callable[[int], Iterable[np.ndarray]]
"""From a seed to batches of uint8 images [<= batch, H, W, C]."""


def report(
    measured: Measured, names: list[str], draw: Draw, count: int, repeats: int, seed: int, subject: dict[str, Any]
) -> Report:
    """Measure fresh samples `repeats` times, and real images once."""
    began = time.perf_counter()
    extractor = measured.ruler.extractor
    with tqdm(total=repeats * count, unit="img", desc="scoring", disable=None, leave=False) as bar:
        rounds = [
            table.measure(names, measured.ruler, sampled(extractor, _shown(draw(seed + number), bar)))
            for number in range(repeats)
        ]
    floor = measured.floor(names)
    ways = table.better(names)
    found = {name: Score(*_spread([values[name] for values in rounds]), _finite(floor[name]), ways[name]) for name in rounds[0]}
    provenance = Provenance(**measured.provenance, count=count, repeats=repeats, seed=seed)
    seconds = round(time.perf_counter() - began, 3)
    return Report(scores.FORMAT, subject, provenance, found, scores.versions(), seconds)


def sampled(extractor: Extractor, batches: Iterable[np.ndarray]) -> Sample:
    """The features of all images, and the first of them; batches are gone when their features are there."""
    features, kept, count = [], [], 0
    for batch in batches:
        features.append(extractor.features(batch))
        if count < table.LOOKED_AT:
            kept.append(batch[: table.LOOKED_AT - count])
            count += len(batch)
    return Sample(np.concatenate(features), np.concatenate(kept))


def _shown(batches: Iterable[np.ndarray], bar: tqdm) -> Iterator[np.ndarray]:
    for batch in batches:
        yield batch
        bar.update(len(batch))


def _spread(values: list[float]) -> tuple[float | None, float | None]:
    """Mean and sample standard deviation; of a single value there is none, nor of one that is not finite."""
    if not all(map(math.isfinite, values)):
        return None, None
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return value if math.isfinite(value) else None
