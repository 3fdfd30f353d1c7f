"""Points whose images are like given ones: Adam on all of them at once, many steps in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import keras
import tensorflow as tf
from tqdm import tqdm

from gan_cli.base.images import from_uint8
from gan_cli.base.lazy import np
from gan_cli.editing.shared.space import Space
from gan_cli.metrics.shared.distance import Features, squares

CALL = 20
"""Steps between two looks at the progress bar."""
WARMUP = 0.05
"""Share of the steps over which the rate rises; it falls along a cosine after them."""


@dataclass(frozen=True)
class Terms:
    """What is small where an image is found: the mean squared difference of pixels, in images from
    -1 to 1, and, by these weights, the distance of features and minus the log density of a point,
    for each of its values.
    """

    perceptual: float
    prior: float


class Wanted(NamedTuple):
    """What is looked for.

    Attributes:
        images: uint8 [n, H, W, C].
        labels: int64 [n], where the model is told them.
        weights: of pixels, float32 [n, H, W, 1]; 0: not known; None: all of them count alike.
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    weights: np.ndarray | None = None


class _Goal(NamedTuple):
    """The same in a graph, images from -1 to 1."""

    images: tf.Tensor
    labels: tf.Tensor | None
    weights: tf.Tensor | None


class Search:
    """Finds points of a space.

    Args:
        steps: of Adam for each point.
        rate: its learning rate at its highest, in standard deviations of drawn points.
        size: points that move at a time.
    """

    def __init__(
        self,
        space: Space,
        features: Features,
        terms: Terms,
        *,
        steps: int,
        rate: float,
        size: int,
    ) -> None:
        self._space, self._features, self._terms = space, features, terms
        self._steps, self.size = steps, size
        warmup = max(1, round(WARMUP * steps))
        schedule = keras.optimizers.schedules.CosineDecay(
            0.0, max(1, steps - warmup), warmup_target=rate, warmup_steps=warmup
        )
        self._points = keras.Variable(np.zeros((size, *space.shape), np.float32), name="points")
        self._optimizer = keras.optimizers.Adam(schedule, beta_2=0.99)
        self._optimizer.build([self._points])
        self._advance = tf.function(self._moved, autograph=True)

    def find(self, wanted: Wanted, starts: np.ndarray, bar: tqdm) -> tuple[np.ndarray, np.ndarray]:
        """Where the points end, and what they cost there.

        Args:
            wanted: n images, at most `size`.
            starts: a point for each, [n, *shape].
            bar: moves by one for each point and step.

        Returns:
            float32 [n, *shape] and [n].
        """
        count = len(wanted.images)
        rows = np.minimum(np.arange(self.size), count - 1)  # one shape, one graph
        for variable in self._optimizer.variables:
            variable.assign(tf.zeros_like(variable.value))
        mean, deviation = self._space.mean, self._space.deviation
        self._points.assign((starts[rows] - mean) / deviation)
        goal = _Goal(
            from_uint8(tf.constant(wanted.images[rows], tf.float32)),
            *(None if one is None else tf.constant(one[rows]) for one in wanted[1:]),
        )
        for done in range(0, self._steps, CALL):
            steps = min(CALL, self._steps - done)
            self._advance(goal, tf.constant(steps))
            bar.update(steps * count)
        losses = self._advance(goal, tf.constant(0)).numpy()
        points = np.asarray(self._points.value) * deviation + mean
        return points[:count].astype(np.float32), losses[:count]

    def _moved(self, goal: _Goal, steps: tf.Tensor) -> tf.Tensor:
        features = self._features(goal.images)
        for _ in tf.range(steps):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                points = tf.identity(self._points.value)
                tape.watch(points)
                losses = self._losses(points, goal, features)
            self._optimizer.apply([tape.gradient(losses, points)], [self._points])
        return self._losses(self._points.value, goal, features)

    def _losses(self, points: tf.Tensor, goal: _Goal, features: list[tf.Tensor]) -> tf.Tensor:
        """[B]; `points` are distances from the mean in standard deviations."""
        space = self._space
        latents = space.spread(points * space.deviation + space.mean)
        images = space.model.sample(latents, goal.labels)
        squared = tf.square(images - goal.images)
        if goal.weights is not None:
            squared *= goal.weights
        pixels = tf.reduce_mean(squared, axis=(1, 2, 3))
        axes = tuple(range(1, len(points.shape)))
        prior = 0.5 * tf.reduce_mean(tf.square(points), axis=axes)
        loss = pixels + self._terms.prior * prior
        if self._terms.perceptual:
            if goal.weights is not None:  # what is not known is no difference
                whole = tf.where(goal.weights > 0.0, goal.images, images)
                features = self._features(whole)
            loss += self._terms.perceptual * squares(self._features(images), features)
        return loss
