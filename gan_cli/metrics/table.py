"""All metrics by name: what each needs, what it gives, and whether lower or higher is better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from gan_cli.metrics.balance import balance, classifier_score, modes
from gan_cli.metrics.extractors.extractor import Extractor
from gan_cli.metrics.frechet import Moments, frechet_distance
from gan_cli.metrics.kernel import kernel_distance
from gan_cli.metrics.manifold import density_coverage, precision_recall
from gan_cli.metrics.memorisation import copied_share, data_copying
from gan_cli.metrics.neighbours import nearest
from gan_cli.metrics.similarity import mean_pairwise_ms_ssim, psnr, ssim
from gan_cli.metrics.texture import (
    Colours,
    Edges,
    Gram,
    Histogram,
    gram_distance,
    histogram_distance,
)

LOOKED_AT = 2000
"""Images that the measures of pixels look at; features are of all."""
PAIRS, MAPS, NEIGHBOURS = 2000, 500, 500
SUBSETS, SUBSET = 50, 1000
COPIES = 50_000
"""Training images that memorisation compares with."""

Better = Literal["lower", "higher", "as real"]


@dataclass(frozen=True)
class Sample:
    """Images of one kind.

    Attributes:
        features: float32 [N, D].
        images: uint8 [n, H, W, C], the first n <= 2,000 of them.
    """

    features: np.ndarray
    images: np.ndarray

    def some(self, count: int) -> np.ndarray:
        return self.images[:count]


@dataclass
class Ruler:
    """What samples are measured with.

    Attributes:
        real: the reference.
        training: what the model was trained on, of which it may have learned some by heart.
        held_out: real images that are neither in `real` nor trained on, where there are any; else
            others than `real`.
    """

    extractor: Extractor
    real: Sample
    training: Sample
    held_out: Sample
    seed: int
    cached: dict[str, Moments] = field(default_factory=dict)

    @property
    def moments(self) -> Moments:
        if "real" not in self.cached:
            self.cached["real"] = Moments.of(self.real.features)
        return self.cached["real"]


Values = dict[str, float]


class Metric(NamedTuple):
    """`compute(ruler, sample)` gives a value for each name of `better`."""

    compute: Callable[[Ruler, Sample], Values]
    better: dict[str, Better]
    needs: Literal["features", "classes", "maps"] = "features"


def _frechet(ruler: Ruler, sample: Sample) -> Values:
    return {"frechet": frechet_distance(ruler.moments, Moments.of(sample.features))}


def _kernel(ruler: Ruler, sample: Sample) -> Values:
    size = min(SUBSET, len(sample.features), len(ruler.real.features))
    return {
        "kernel": kernel_distance(
            ruler.real.features, sample.features, ruler.seed, SUBSETS, size
        ).mean
    }


def _precision_recall(ruler: Ruler, sample: Sample) -> Values:
    return precision_recall(ruler.real.features, sample.features)._asdict()


def _density_coverage(ruler: Ruler, sample: Sample) -> Values:
    return density_coverage(ruler.real.features, sample.features)._asdict()


def _classes(ruler: Ruler, sample: Sample) -> Values:
    probabilities = ruler.extractor.classify(sample.features)
    spread = balance(probabilities)
    score = classifier_score(probabilities, ruler.seed, min(10, len(probabilities))).mean
    return {
        "classifier_score": score,
        "class_evenness": spread.evenness,
        "confident": spread.confident,
    }


def _modes(ruler: Ruler, sample: Sample) -> Values:
    classes = ruler.extractor.classes
    found = modes(ruler.extractor.classify(sample.features).argmax(axis=1), classes)
    return {"modes": float(found.found), "modes_divergence": found.divergence}


def _diversity(ruler: Ruler, sample: Sample) -> Values:
    return {"pairs_ms_ssim": mean_pairwise_ms_ssim(sample.images, PAIRS, ruler.seed)}


def _similarity(ruler: Ruler, sample: Sample) -> Values:
    """Of samples and the training images nearest to them, which are looked for among those that are
    at hand.
    """
    images = sample.some(NEIGHBOURS)
    training = ruler.training
    found = nearest(sample.features[: len(images)], training.features[: len(training.images)])
    neighbours = training.images[found.indices]
    ratios = np.minimum(psnr(images, neighbours), 100.0)  # copies would be infinite
    return {
        "nearest_ssim": float(ssim(images, neighbours).mean()),
        "nearest_psnr": float(ratios.mean()),
    }


def _content(ruler: Ruler, sample: Sample) -> Values:
    """The perceptual distance of the same pairs (Zhang et al., 2018, without learned weights)."""
    images = sample.some(MAPS)
    training = ruler.training
    found = nearest(sample.features[: len(images)], training.features[: len(training.images)])
    layers = zip(
        ruler.extractor.maps(images),
        ruler.extractor.maps(training.images[found.indices]),
        strict=True,
    )
    return {"nearest_content": float(sum(_unit_distance(ours, theirs) for ours, theirs in layers))}


def _unit_distance(first: np.ndarray, second: np.ndarray) -> float:
    units = [
        maps / (np.linalg.norm(maps, axis=-1, keepdims=True) + 1e-10) for maps in (first, second)
    ]
    return float(((units[0] - units[1]) ** 2).sum(axis=-1).mean())


def _colours(ruler: Ruler, sample: Sample) -> Values:
    return {"colours": _histograms(Colours, ruler, sample)}


def _edges(ruler: Ruler, sample: Sample) -> Values:
    return {"edges": _histograms(Edges, ruler, sample)}


def _histograms(kind: type[Histogram], ruler: Ruler, sample: Sample) -> float:
    sides = [kind(), kind()]
    for side, images in zip(sides, (ruler.real.images, sample.images), strict=True):
        side.add(images)
    return histogram_distance(*sides)


def _texture(ruler: Ruler, sample: Sample) -> Values:
    """The mean over the layers."""
    real, generated = (ruler.extractor.maps(side.some(MAPS)) for side in (ruler.real, sample))
    return {
        "texture": float(
            np.mean([_gram(ours, theirs) for ours, theirs in zip(real, generated, strict=True)])
        )
    }


def _gram(first: np.ndarray, second: np.ndarray) -> float:
    sides = [Gram(first.shape[-1]), Gram(second.shape[-1])]
    for side, maps in zip(sides, (first, second), strict=True):
        side.add(maps)
    return gram_distance(*sides)


def _memorisation(ruler: Ruler, sample: Sample) -> Values:
    training = ruler.training.features
    values = {"copied_share": copied_share(sample.features, training)}
    return values | {
        "data_copying": data_copying(sample.features, ruler.held_out.features, training)
    }


METRICS: dict[str, Metric] = {
    "frechet": Metric(_frechet, {"frechet": "lower"}),
    "kernel": Metric(_kernel, {"kernel": "lower"}),
    "precision_recall": Metric(_precision_recall, {"precision": "higher", "recall": "higher"}),
    "density_coverage": Metric(_density_coverage, {"density": "higher", "coverage": "higher"}),
    "classes": Metric(
        _classes,
        {"classifier_score": "higher", "class_evenness": "higher", "confident": "higher"},
        needs="classes",
    ),
    "modes": Metric(_modes, {"modes": "higher", "modes_divergence": "lower"}, needs="classes"),
    "diversity": Metric(_diversity, {"pairs_ms_ssim": "as real"}),
    "similarity": Metric(_similarity, {"nearest_ssim": "as real", "nearest_psnr": "as real"}),
    "content": Metric(_content, {"nearest_content": "as real"}, needs="maps"),
    "colours": Metric(_colours, {"colours": "lower"}),
    "edges": Metric(_edges, {"edges": "lower"}),
    "texture": Metric(_texture, {"texture": "lower"}, needs="maps"),
    "memorisation": Metric(_memorisation, {"copied_share": "as real", "data_copying": "as real"}),
}
DEFAULT = (
    "frechet",
    "kernel",
    "precision_recall",
    "density_coverage",
    "classes",
    "diversity",
    "edges",
    "memorisation",
)
"""What gan-evaluate measures unless told; `classes` where the extractor has some."""


def measure(names: list[str], ruler: Ruler, sample: Sample) -> Values:
    """All values of the named metrics."""
    values: Values = {}
    for name in names:
        values |= METRICS[name].compute(ruler, sample)
    return values


def better(names: list[str]) -> dict[str, Better]:
    """Name of each value -> which way is better."""
    return {value: way for name in names for value, way in METRICS[name].better.items()}
