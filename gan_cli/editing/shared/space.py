"""The space in which images are looked for: latents, one style, or a style for each layer."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from gan_cli.base.errors import ConfigError
from gan_cli.base.lazy import np
from gan_cli.editing.shared.settings import SpaceName, no_styles
from gan_cli.editing.shared.subject import Subject
from gan_cli.objectives.model import Model
from gan_cli.sampling import drawing

DRAWN = 4096
"""Styles whose mean and deviation are those of W."""
SEED = 0


@dataclass(frozen=True)
class Space:
    """Points that stand for images.

    Attributes:
        name: z, w or w+.
        model: makes images of `spread` points.
        shape: of a point.
        mean: of drawn points, [*shape] or a number.
        deviation: of drawn points from it, of each of their values.
        layers: of styles, of which w has one for all; 0: these are latents.
    """

    name: str
    model: Model
    shape: tuple[int, ...]
    mean: np.ndarray | float
    deviation: float
    layers: int = 0

    def spread(self, points: tf.Tensor) -> tf.Tensor:
        """Points [B, *shape] as the model takes them: latents, or styles [B, layers, length]."""
        if self.name != "w":
            return points
        return tf.repeat(tf.expand_dims(points, 1), self.layers, axis=1)


def chosen(name: SpaceName, subject: Subject) -> Space:
    """The space of that name; auto: w, where the model has styles, else z.

    Raises:
        ConfigError: the model has no styles.
    """
    model = subject.model
    if name == "auto":
        name = "z" if model.styles is None else "w"
    if name == "z":
        return Space("z", model, model.latent_shape, 0.0, 1.0)
    if model.styles is None:
        raise ConfigError(no_styles(f"space={name}", subject.card))
    styles = of_styles(subject, DRAWN, SEED)[:, 0]
    mean = styles.mean(axis=0)
    deviation = float(np.sqrt(((styles - mean) ** 2).mean()))
    layers, length = model.styles.shape
    shape, inside = ((length,) if name == "w" else (layers, length)), model.in_styles()
    return Space(name, inside, shape, mean, max(deviation, 1e-6), layers)


def drawn(subject: Subject, count: int, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """The latents and labels that `gan-sample seed=` draws."""
    inputs = drawing.inputs(subject.model, seed)(count)
    return inputs.latents, inputs.labels


def of_styles(subject: Subject, count: int, seed: int) -> np.ndarray:
    """Styles of drawn latents, float32 [count, layers, length]; of drawn classes too."""
    return to_styles(subject, *drawn(subject, count, seed))


def to_styles(subject: Subject, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    """Styles [N, layers, length] of latents [N, D]."""
    model = subject.model
    assert model.styles is not None
    told = None if labels is None else tf.constant(labels)  # Keras mixes no tensors and arrays
    found: np.ndarray = model.styles.of(model.networks, tf.constant(latents), told).numpy()
    return found
