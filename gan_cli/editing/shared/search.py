"""Points whose images are like given ones: Adam on all of them at once, many steps in one call."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import tensorflow as tf
from tqdm import tqdm

from gan_cli.base.images import from_uint8
from gan_cli.base.lazy import np
from gan_cli.editing.shared.distance import Features, squares
from gan_cli.editing.shared.space import Space

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

    def find(
        self, images: np.ndarray, starts: np.ndarray, labels: np.ndarray | None, bar: tqdm
    ) -> tuple[np.ndarray, np.ndarray]:
        """Where the points end, and what they cost there.

        Args:
            images: uint8 [n, H, W, C], n at most `size`.
            starts: a point for each, [n, *shape].
            labels: int64 [n], where the model is told them.
            bar: moves by one for each point and step.

        Returns:
            float32 [n, *shape] and [n].
        """
        count = len(images)
        rows = np.minimum(np.arange(self.size), count - 1)  # one shape, one graph
        for variable in self._optimizer.variables:
            variable.assign(tf.zeros_like(variable.value))
        mean, deviation = self._space.mean, self._space.deviation
        self._points.assign((starts[rows] - mean) / deviation)
        wanted = from_uint8(tf.constant(images[rows], tf.float32))
        classes = None if labels is None else tf.constant(labels[rows])
        for done in range(0, self._steps, CALL):
            steps = min(CALL, self._steps - done)
            self._advance(wanted, classes, tf.constant(steps))
            bar.update(steps * count)
        losses = self._advance(wanted, classes, tf.constant(0)).numpy()
        points = np.asarray(self._points.value) * deviation + mean
        return points[:count].astype(np.float32), losses[:count]

    def _moved(self, wanted: tf.Tensor, labels: tf.Tensor | None, steps: tf.Tensor) -> tf.Tensor:
        features = self._features(wanted)
        for _ in tf.range(steps):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                points = tf.identity(self._points.value)
                tape.watch(points)
                losses = self._losses(points, wanted, features, labels)
            self._optimizer.apply([tape.gradient(losses, points)], [self._points])
        return self._losses(self._points.value, wanted, features, labels)

    def _losses(
        self,
        points: tf.Tensor,
        wanted: tf.Tensor,
        features: list[tf.Tensor],
        labels: tf.Tensor | None,
    ) -> tf.Tensor:
        """[B]; `points` are distances from the mean in standard deviations."""
        space = self._space
        latents = space.spread(points * space.deviation + space.mean)
        images = space.model.sample(latents, labels)
        pixels = tf.reduce_mean(tf.square(images - wanted), axis=(1, 2, 3))
        axes = tuple(range(1, len(points.shape)))
        prior = 0.5 * tf.reduce_mean(tf.square(points), axis=axes)
        loss = pixels + self._terms.prior * prior
        if self._terms.perceptual:
            loss += self._terms.perceptual * squares(self._features(images), features)
        return loss
