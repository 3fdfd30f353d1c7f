"""The evidence lower bound of real images: how well an autoencoder explains what it has not
seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import tensorflow as tf

from gan_cli.base.errors import ConfigError
from gan_cli.base.images import from_uint8
from gan_cli.base.lazy import np
from gan_cli.base.randomness import Noise
from gan_cli.data.reading.source import Source
from gan_cli.evaluation.reference import REAL_SEED
from gan_cli.objectives.model import Model

BATCH, PIXELS = 250, 2**20
"""Most images of one call, and most of their pixels. No setting changes them: an image's noise
follows from its place in the batch."""
Bound = Callable[[int], float]
"""From a seed of the latents to the mean bound of all images, in nats per image (or per sequence).
"""


def measurable(model: Model, metrics: list[str] | None = None) -> Model | None:
    """The model itself where its bound is to be measured: it has one, and `metrics` name it or are
    None.

    Raises:
        ConfigError: the bound is asked for by name, of a model without one.
    """
    if metrics is not None and "elbo" not in metrics:
        return None
    if model.evidence_bound is not None:
        return model
    if metrics is not None:
        raise ConfigError(
            "metrics=elbo needs a model with an evidence lower bound (model=vae has one); this "
            "one has none"
        )
    return None


def compiled(model: Model, held_out: Source, count: int) -> Bound:
    """The bound of a model for up to `count` of the held-out images, or sequences, the same ones
    every time.
    """
    size = max(1, min(BATCH, PIXELS // math.prod(held_out.images.shape[1:-1])))
    rows = np.random.default_rng(REAL_SEED).permutation(len(held_out))[:count]
    function = tf.function(lambda pixels, number: _of_batch(model, pixels, number), autograph=False)

    def mean(seed: int) -> float:
        total = 0.0
        for start in range(0, len(rows), size):
            pixels = tf.constant(held_out.images[rows[start : start + size]])
            total += float(function(pixels, tf.constant(_number(seed, start), tf.int64)))
        return total / len(rows)

    return mean


def _of_batch(model: Model, pixels: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
    """The sum of the bounds of uint8 images [B, H, W, C], or sequences [B, T, H, W, C]."""
    bounds = model.bound(from_uint8(tf.cast(pixels, tf.float32)), Noise(0, number))
    return tf.reduce_sum(tf.cast(bounds, tf.float64))


def _number(seed: int, start: int) -> int:
    """Noise of one batch: a number that only this seed and this batch have, so that one graph
    serves all seeds.
    """
    return (seed % 2**31) * 2**32 + start
