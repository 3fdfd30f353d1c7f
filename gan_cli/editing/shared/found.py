"""Directions of change: by principal components, by weights, and by labels."""

from __future__ import annotations

from typing import NamedTuple

import keras
import tensorflow as tf
from scipy import optimize, special

from gan_cli.base.errors import ConfigError
from gan_cli.base.lazy import np
from gan_cli.editing.shared import space
from gan_cli.editing.shared.subject import Subject
from gan_cli.objectives.model import Model

DECAY = 1e-3
"""Weight of half the squared weights of the logistic regression, beside the mean loss."""


class Axes(NamedTuple):
    """Directions, the strongest first.

    Attributes:
        vectors: float64 [K, D], of unit length.
        values: [K]: the share of the variance, the eigenvalue, or the share of held-out samples
            whose class the regression finds.
        names: one each.
    """

    vectors: np.ndarray
    values: np.ndarray
    names: list[str]


def principal(points: np.ndarray, seen: np.ndarray, count: int) -> Axes:
    """GANSpace (Haerkoenen et al. 2020): where points [N, D] go along the principal components of
    what a layer makes of them, [N, n]: the regression of the first on the second's coordinates (eq.
    3).
    """
    centred = seen - seen.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    vectors = left[:, :count].T @ (points - points.mean(axis=0))
    shares = singular[:count] ** 2 / (singular**2).sum()
    return Axes(_units(vectors), shares, [f"component {n}" for n in range(len(vectors))])


def closed_form(kernel: np.ndarray, count: int) -> Axes:
    """SeFa (Shen and Zhou 2021, eq. 4): eigenvectors of A^T A of the weights A = kernel^T [n, D]
    that meet latents or styles first, by falling eigenvalue.
    """
    wide = kernel.astype(np.float64)
    values, vectors = np.linalg.eigh(wide @ wide.T)
    order = np.argsort(values)[::-1][:count]
    names = [f"eigenvector {n}" for n in range(len(order))]
    return Axes(_units(vectors[:, order].T), values[order], names)


def of_classes(points: np.ndarray, labels: np.ndarray, names: list[str]) -> Axes:
    """Towards each class (Shen et al. 2020, InterFaceGAN): normals of a multinomial logistic
    regression of classes [N] on points [N, D], less their mean; every fifth point is held out.

    Raises:
        ConfigError: fewer than two classes are there.
    """
    there = np.unique(labels)
    if len(there) < 2:
        raise ConfigError("by=labels needs samples of two classes or more; more samples= find them")
    spread = points.std(axis=0).mean()
    x, y = (points - points.mean(axis=0)) / spread, np.searchsorted(there, labels)
    test = np.arange(len(x)) % 5 == 0
    weights, bias = _regression(x[~test], y[~test], len(there))
    right = (x[test] @ weights + bias).argmax(axis=1) == y[test]
    vectors = (weights - weights.mean(axis=1, keepdims=True)).T
    shares = [
        right[y[test] == n].mean() if (y[test] == n).any() else 0.0 for n in range(len(there))
    ]
    return Axes(vectors / _norms(vectors), np.array(shares), [f"class {names[n]}" for n in there])


def _regression(x: np.ndarray, y: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights [D, K] and bias [K]."""
    hot, shape = np.eye(classes)[y], (x.shape[1] + 1, classes)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = np.split(flat.reshape(shape), [-1])
        logits = x @ weights + bias
        wrong = (special.softmax(logits, axis=1) - hot) / len(x)
        value = -(hot * special.log_softmax(logits, axis=1)).sum() / len(x)
        slope = np.concatenate([x.T @ wrong + DECAY * weights, wrong.sum(axis=0, keepdims=True)])
        return value + 0.5 * DECAY * (weights**2).sum(), slope.ravel()

    flat = optimize.minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B").x
    weights, bias = np.split(flat.reshape(shape), [-1])
    return weights, bias[0]


def first_kernel(model: Model, name: str) -> np.ndarray:
    """[D, n]: what latents are multiplied with first, without what labels are.

    Raises:
        ConfigError: they do not meet a dense layer first.
    """
    kernel = np.asarray(_first(model, name)[0].kernel)
    return kernel[: model.latent_shape[0]]


def activations(subject: Subject, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
    """[N, n]: what the layer after the first one with weights is given."""
    network = subject.model.generator
    _, second = _first(subject.model, subject.card.model.name)
    until = keras.Model(network.inputs, tf.nest.flatten(second.input)[0])
    size, parts = subject.config.batch_size, []
    for start in range(0, len(latents), size):
        given = [tf.constant(latents[start : start + size])]
        if labels is not None:
            given.append(tf.constant(labels[start : start + size]))
        parts.append(until(given if len(given) > 1 else given[0], training=False).numpy())
    return np.concatenate(parts).reshape(len(latents), -1)


def style_kernels(model: Model, layers: slice) -> np.ndarray:
    """[D, n]: what the styles of some layers are multiplied with."""
    assert model.styles is not None
    kernels = model.styles.kernels(model.networks)[layers]
    return np.concatenate([np.asarray(each) for each in kernels], axis=1)


def _first(model: Model, name: str) -> list[keras.layers.Layer]:
    """The first two layers with kernels."""
    found = [each for each in model.generator.layers if getattr(each, "kernel", None) is not None]
    vectors = len(model.latent_shape) == 1 and len(found) > 1
    if not vectors or len(found[0].kernel.shape) != 2:
        raise ConfigError(
            f"edit=directions starts from a dense layer, which latents of model={name} do not meet "
            "first; by=labels needs none"
        )
    return found[:2]


def _units(vectors: np.ndarray) -> np.ndarray:
    """Rows of unit length, whose largest value is positive: a sign is arbitrary, but one of two."""
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1)[:, None], axis=1)
    units: np.ndarray = vectors * np.where(largest < 0.0, -1.0, 1.0) / _norms(vectors)
    return units


def _norms(vectors: np.ndarray) -> np.ndarray:
    norms: np.ndarray = np.linalg.norm(vectors, axis=1, keepdims=True)
    return norms.clip(1e-12)


def drawn_points(
    subject: Subject, count: int, in_styles: bool, label: int | None
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """Latents and labels that are drawn, and the points [N, D] in which directions are looked for.

    Args:
        label: of all of them, where the model is told the class.
    """
    latents, labels = space.drawn(subject, count, subject.config.seed)
    if labels is not None and label is not None:
        labels = np.full_like(labels, label)
    points = space.to_styles(subject, latents, labels)[:, 0] if in_styles else latents
    return latents, labels, points.reshape(count, -1)
