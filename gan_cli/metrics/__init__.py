"""Metrics, one file each: a set of images is compared with real ones, and figures come out.

What several of them compute with lives in `shared`, the networks whose features they compare in
`extractors`; where the images come from is for `evaluation`. Importing a metric's file costs no
TensorFlow, SciPy or scikit-image: they are imported by the functions that compute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from gan_cli.base.lazy import np
from gan_cli.config.catalogue import Catalogue, Entry, current_plugin

if TYPE_CHECKING:
    from gan_cli.metrics.extractors.feature_extractor import Extractor

MOST_IMAGES = 2000
"""Images that metrics of pixels look at; features are of all."""

Better = Literal["lower", "higher", "as real"]
Need = Literal["classes", "maps", "training"]
Values = dict[str, float]
Statistic = TypeVar("Statistic")


@dataclass(frozen=True)
class ImageSet:
    """Images of one kind.

    Attributes:
        features: float32 [N, D].
        images: uint8 [n, H, W, C], the first n <= 2,000 of them.
    """

    features: np.ndarray
    images: np.ndarray


@dataclass(frozen=True)
class ReferenceSet:
    """What generated images are compared with.

    Attributes:
        real: the reference.
        training: what the model was trained on, of which it may have learned some by heart.
        held_out: real images that are neither in `real` nor trained on, where there are any; else
            others than `real`.
        seed: of what a metric draws.
    """

    extractor: Extractor
    real: ImageSet
    training: ImageSet
    held_out: ImageSet
    seed: int
    _statistics: dict[Callable[[np.ndarray], Any], Any] = field(default_factory=dict, init=False)

    def of_real(self, statistic: Callable[[np.ndarray], Statistic]) -> Statistic:
        """A statistic of the real images' features, computed once."""
        if statistic not in self._statistics:
            self._statistics[statistic] = statistic(self.real.features)
        found: Statistic = self._statistics[statistic]
        return found


Compute = Callable[[ReferenceSet, ImageSet], Values]


@dataclass(frozen=True, kw_only=True)
class MetricEntry(Entry):
    """A registered metric.

    Attributes:
        gives: name of each of its values -> which way is better.
        needs: what it asks for beside features: class probabilities or feature maps of the
            extractor, or the training images, which its baseline of real images must not be of.
    """

    gives: dict[str, Better]
    needs: tuple[Need, ...] = ()


METRICS: Catalogue[MetricEntry] = Catalogue("metrics", __name__)
"""Every metric by its name."""


def metric(
    name: str, *, gives: dict[str, Better], needs: tuple[Need, ...] = ()
) -> Callable[[Compute], Compute]:
    """Register `compute(reference, generated) -> {name of a value: value}` as `metrics=[name]`.

    Args:
        gives: the names of its values, each with the way that is better.
        needs: classes or maps of the extractor; training: the images that were trained on.
    """

    def register(compute: Compute) -> Compute:
        METRICS.add(
            MetricEntry(name=name, build=compute, plugin=current_plugin(), gives=gives, needs=needs)
        )
        return compute

    return register


def measure(names: Iterable[str], reference: ReferenceSet, generated: ImageSet) -> Values:
    """All values of the named metrics."""
    values: Values = {}
    for name in names:
        values |= METRICS[name].build(reference, generated)
    return values


def better(names: Iterable[str]) -> dict[str, Better]:
    """Name of each value -> which way is better."""
    return {value: way for name in names for value, way in METRICS[name].gives.items()}
