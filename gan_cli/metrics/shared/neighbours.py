"""Distances between two sets of features, a block of rows at a time: memory does not grow with N
times M.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gan_cli.base.lazy import np
from gan_cli.metrics import ImageSet, ReferenceSet
from gan_cli.metrics.shared import checks

BLOCK_ELEMENTS = 2**22
"""Distances held at once: 16 MB of float32."""


class Neighbours(NamedTuple):
    """For each query its nearest reference: row, int64 [N], and Euclidean distance, float64 [N]."""

    indices: np.ndarray
    distances: np.ndarray


def squared_distances(
    queries: np.ndarray, references: np.ndarray
) -> Iterator[tuple[slice, np.ndarray]]:
    """Rows of the queries and their squared distances, float32 [rows, M], that the caller may
    overwrite.

    Own code, because it is one matrix product: 10,000 against 10,000 in 64 dimensions take 0.5 s,
    with scipy.spatial.distance.cdist 4 s. Features [N, D] and [M, D] are centred on the references
    first: the product loses digits with the distance from zero. What remains is an error of about
    1e-7 of the squared norms, so ties are decided by rounding.

    Raises:
        ValueError: not features, or not as many dimensions in both.
    """
    checks.same_width(checks.features(queries), checks.features(references))
    centre = references.mean(axis=0, dtype=np.float64)
    right = _centred(references, centre)
    # [x, |x|^2, 1] . [-2 y, 1, |y|^2] = |x - y|^2: one product instead of one and three passes over
    # its result.
    right = np.hstack([-2 * right, np.ones((len(right), 1), np.float32), _squared_norms(right)]).T
    step = max(1, BLOCK_ELEMENTS // len(references))
    for start in range(0, len(queries), step):
        rows = slice(start, min(start + step, len(queries)))
        left = _centred(queries[rows], centre)
        block = np.hstack([left, _squared_norms(left), np.ones((len(left), 1), np.float32)]) @ right
        yield rows, np.maximum(block, 0, out=block)


def squared_radii(features: np.ndarray, neighbours: int) -> np.ndarray:
    """Squared distance of each sample to its k-th nearest among the others, float32 [N].

    Raises:
        ValueError: no k others.
    """
    if neighbours < 1:
        raise ValueError(f"{neighbours} neighbours: at least 1 is needed")
    checks.features(features, neighbours + 1)
    radii = np.empty(len(features), np.float32)
    for rows, squared in squared_distances(features, features):
        _leave_out(squared, np.arange(rows.start, rows.stop))
        squared.partition(neighbours - 1, axis=1)
        radii[rows] = squared[:, neighbours - 1]
    return radii


def nearest(
    queries: np.ndarray, references: np.ndarray, own: np.ndarray | None = None
) -> Neighbours:
    """The nearest reference [M, D] of each query [N, D], with its distance computed exactly once it
    is found.

    Args:
        queries: features to look up.
        references: features to look in.
        own: int [N], a row of the references for each query that is left out (the query itself), or
            None.
    """
    if own is not None:
        checks.features(references, 2)
    indices = np.empty(len(queries), np.int64)
    for rows, squared in squared_distances(queries, references):
        if own is not None:
            _leave_out(squared, own[rows])
        indices[rows] = squared.argmin(axis=1)
    return Neighbours(indices, _exact(queries, references, indices))


def nearest_training_images(
    reference: ReferenceSet, generated: ImageSet, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """The first `count` samples, and the training image nearest to each: both uint8 [n, H, W, C].

    They are looked for among the training images that are at hand.
    """
    images, training = generated.images[:count], reference.training
    found = nearest(generated.features[: len(images)], training.features[: len(training.images)])
    return images, training.images[found.indices]


def _exact(queries: np.ndarray, references: np.ndarray, indices: np.ndarray) -> np.ndarray:
    distances = np.empty(len(queries), np.float64)
    step = max(1, BLOCK_ELEMENTS // queries.shape[1])
    for start in range(0, len(queries), step):
        rows = slice(start, start + step)
        difference = queries[rows].astype(np.float64) - references[indices[rows]]
        distances[rows] = np.linalg.norm(difference, axis=1)
    return distances


def _leave_out(squared: np.ndarray, columns: np.ndarray) -> None:
    squared[np.arange(len(squared)), columns] = np.inf


def _centred(values: np.ndarray, centre: np.ndarray) -> np.ndarray:
    centred: np.ndarray = (values - centre).astype(np.float32)
    return centred


def _squared_norms(values: np.ndarray) -> np.ndarray:
    norms: np.ndarray = np.einsum("nd,nd->n", values, values)
    return norms[:, None]
