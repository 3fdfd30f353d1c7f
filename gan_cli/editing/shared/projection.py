"""The latents, or styles, of given images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import tensorflow as tf
from tqdm import tqdm

from gan_cli.base.images import from_uint8
from gan_cli.base.lazy import np
from gan_cli.editing.shared import space
from gan_cli.editing.shared.search import Search, Terms, Wanted
from gan_cli.editing.shared.settings import Projecting
from gan_cli.editing.shared.space import Space
from gan_cli.editing.shared.subject import Subject
from gan_cli.metrics.content import perceptual_distances
from gan_cli.metrics.shared import distance
from gan_cli.metrics.shared.ssim import psnr, ssim

POOL = 1024
"""Drawn points, among which those with the images nearest to a given one are where its search
starts."""


@dataclass(frozen=True)
class Projected:
    """Images as a model makes them.

    Attributes:
        latents: float32 [N, *latent_shape], or styles [N, layers, length]; `gan-sample latents=`
            takes both.
        labels: int64 [N] of a model that is told the class.
        images: uint8 [N, H, W, C], what was given.
        results: the same of the latents.
        scores: name -> float64 [N]: psnr in dB and ssim, and where an extractor has maps
            perceptual_distance, of which less is better.
    """

    latents: np.ndarray
    labels: np.ndarray | None
    images: np.ndarray
    results: np.ndarray
    scores: dict[str, np.ndarray]


def project(subject: Subject, images: np.ndarray, settings: Projecting) -> Projected:
    """Find what images are made from.

    A model with an encoder starts with what that says; any other with the nearest of drawn points,
    several for each image, of which the best is taken in the end.

    Args:
        images: uint8 [N, H, W, C] of the model's size.
    """
    latents, labels = find(subject, images, settings)
    results = subject.images(latents, labels)
    return Projected(latents, labels, images, results, scores(subject, images, results))


def find(
    subject: Subject,
    images: np.ndarray,
    settings: Projecting,
    weights: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Latents and labels whose images are like given ones, as `project` looks for them.

    Args:
        weights: float32 [N, H, W, 1] of pixels, 0 where they are not known: what the model makes
            there is taken for theirs. Encoders, which know whole images, are left out then.
    """
    labels, chosen = subject.labels(len(images), images), space.chosen(settings.space, subject)
    starts = _starts(subject, chosen, images, labels, settings.starts, weights)
    points = _searched(subject, chosen, images, starts, labels, settings, weights)
    return np.asarray(chosen.spread(tf.constant(points))), labels


def scores(subject: Subject, images: np.ndarray, results: np.ndarray) -> dict[str, np.ndarray]:
    """How like two lists of images are, pair by pair."""
    found = {"psnr": psnr(images, results), "ssim": ssim(images, results)}
    extractor = subject.extractor
    if extractor is not None and "maps" in extractor.gives:
        maps = map(extractor.maps, (images, results))
        found["perceptual_distance"] = perceptual_distances(*maps)
    return found


def _starts(
    subject: Subject,
    chosen: Space,
    images: np.ndarray,
    labels: np.ndarray | None,
    count: int,
    weights: np.ndarray | None,
) -> np.ndarray:
    """Points [N, starts, *shape]."""
    model = subject.model
    if model.encoding is not None and chosen.name == "z" and weights is None:
        size = subject.config.batch_size
        parts = [images[start : start + size] for start in range(0, len(images), size)]
        found = [model.encode(from_uint8(tf.constant(part, tf.float32))) for part in parts]
        encoded: np.ndarray = np.concatenate(found)[:, None]
        return encoded
    drawn, classes = space.drawn(subject, max(POOL, count), subject.config.seed)
    made = subject.images(drawn, classes)
    if chosen.name == "z":
        points = drawn
    else:
        styles = space.to_styles(subject, drawn, classes)
        points = styles[:, 0] if chosen.name == "w" else styles
    told = classes if chosen.name == "z" else None
    nearest: np.ndarray = points[_nearest(made, images, told, labels, count, weights)]
    return nearest


def _nearest(
    made: np.ndarray,
    images: np.ndarray,
    classes: np.ndarray | None,
    labels: np.ndarray | None,
    count: int,
    weights: np.ndarray | None,
) -> np.ndarray:
    """Numbers [N, count] of the nearest of `made`, those of the image's own class first."""
    one, other = (each.reshape(len(each), -1).astype(np.float32) for each in (images, made))
    weight = np.ones(1, np.float32) if weights is None else weights
    weight = np.broadcast_to(weight, images.shape).reshape(one.shape)
    squared = weight @ (other**2).T - 2.0 * (weight * one) @ other.T
    if classes is not None and labels is not None:
        squared += np.where(labels[:, None] == classes, 0.0, 1e12)
    return np.argsort(squared, axis=1, kind="stable")[:, :count]


def _searched(
    subject: Subject,
    chosen: Space,
    images: np.ndarray,
    starts: np.ndarray,
    labels: np.ndarray | None,
    settings: Projecting,
    weights: np.ndarray | None,
) -> np.ndarray:
    """The best points [N, *shape]."""
    count, tries = starts.shape[:2]
    rows = np.repeat(np.arange(count), tries)
    first = starts.reshape(count * tries, *chosen.shape)
    search = Search(
        chosen,
        distance.features(subject.extractor),
        Terms(settings.perceptual, settings.prior),
        steps=settings.steps,
        rate=settings.rate,
        size=min(subject.config.batch_size, len(rows)),
    )
    points, losses = np.empty_like(first), np.empty(len(rows), np.float32)
    total = len(rows) * settings.steps
    with tqdm(total=total, desc="projecting", disable=None, leave=False, unit="steps") as bar:
        for start in range(0, len(rows), search.size):
            part = slice(start, start + search.size)
            given = rows[part]
            wanted = Wanted(images[given], *_rows(given, labels, weights))
            points[part], losses[part] = search.find(wanted, first[part], bar)
    best = losses.reshape(count, tries).argmin(axis=1)
    found: np.ndarray = points.reshape(count, tries, *chosen.shape)[np.arange(count), best]
    return found


def _rows(rows: np.ndarray, *each: np.ndarray | None) -> Iterator[np.ndarray | None]:
    return (None if one is None else one[rows] for one in each)
