"""How even the ways between images are: perceptual path length (Karras et al. 2019, section
4.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import tensorflow as tf

from gan_cli.base.errors import ConfigError
from gan_cli.base.lazy import np
from gan_cli.metrics import Values
from gan_cli.metrics.extractors.feature_extractor import Extractor
from gan_cli.metrics.shared.distance import features, squares
from gan_cli.objectives.model import Model
from gan_cli.sampling import drawing
from gan_cli.sampling.paths import PATHS

NAME = "path_length"
EPSILON = 1e-4
"""Of the way, between the two points whose images are compared."""
MOST_WAYS, BATCH = 10_000, 50
LEFT_OUT = (1, 99)
"""Percentiles below and above which distances are left out, as in the authors' code."""


class Way(NamedTuple):
    """Pairs of neighbours [N, 2, ...], and the model that makes images of them."""

    model: Model
    neighbours: np.ndarray
    labels: np.ndarray | None


def refuse(model: Model, extractor: Extractor) -> None:
    """Path lengths are of single images, and of maps that are not of rounded pixels.

    Raises:
        ConfigError: the model or the extractor has no such.
    """
    if model.sequence_length:
        raise ConfigError("metrics=path_length is of single images, and this model makes sequences")
    if not extractor.differentiable:
        raise ConfigError(
            f"metrics=path_length needs maps of images before they are rounded: extractor=random "
            f"has some, {extractor.name} has none"
        )


def compiled(model: Model, extractor: Extractor, count: int) -> Callable[[int], Values]:
    """From a seed to path_length_linear and path_length_spherical in the space of latents, and
    where there are styles path_length_w along lines between these: the mean of d(x_t, x_t+e) / e^2
    at random places t of ways between random ends, the same ones for each, where d is the
    perceptual distance by the extractor.
    """
    refuse(model, extractor)
    seen = features(extractor)

    def measure(seed: int) -> Values:
        return {
            f"path_length_{name}": _length(way, seen)
            for name, way in _ways(model, min(count, MOST_WAYS), seed)
        }

    return measure


def _ways(model: Model, count: int, seed: int) -> Iterator[tuple[str, Way]]:
    latents, *told = drawing.inputs(model, seed)(2 * count).given
    labels = told[0][:count] if told else None
    shares = np.random.default_rng([seed, 2]).random(count)
    for name in PATHS:
        yield name, Way(model, _neighbours(name, latents, shares), labels)
    if model.styles is not None:
        both = np.concatenate([labels, labels]) if labels is not None else None
        styles = model.styles.of(model.networks, tf.constant(latents), both).numpy()
        yield "w", Way(model.in_styles(), _neighbours("linear", styles, shares), None)


def _neighbours(name: str, ends: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Two points of each way, from the first half of the ends [2 N, ...] to the second."""
    path, count = PATHS[name], len(shares)
    places = shares[:, None] + np.array([0.0, EPSILON])
    return np.stack([path(ends[row], ends[count + row], places[row]) for row in range(count)])


def _length(way: Way, seen: Callable[[tf.Tensor], list[tf.Tensor]]) -> float:
    @tf.function(reduce_retracing=True)
    def distance(neighbours: tf.Tensor, labels: tf.Tensor | None) -> tf.Tensor:
        one, other = (way.model.sample(neighbours[:, side], labels) for side in (0, 1))
        return squares(seen(one), seen(other))

    parts = [slice(at, at + BATCH) for at in range(0, len(way.neighbours), BATCH)]
    found = np.concatenate(
        [
            distance(way.neighbours[part], None if way.labels is None else way.labels[part])
            for part in parts
        ]
    )
    low, high = np.percentile(found, LEFT_OUT)
    kept = found[(low <= found) & (found <= high)]
    return float(kept.mean(dtype=np.float64) / EPSILON**2)
