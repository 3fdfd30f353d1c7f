"""How like the training images samples are to a network: perceptual distance of nearest pairs."""

from __future__ import annotations

from gan_cli.base.lazy import np
from gan_cli.metrics import ImageSet, ReferenceSet, Values, metric
from gan_cli.metrics.shared.neighbours import nearest_training_images

PAIRS = 500


@metric("content", gives={"nearest_content": "as real"}, needs=("maps", "training"))
def compute(reference: ReferenceSet, generated: ImageSet) -> Values:
    """Perceptual distance of samples and the training images nearest to them."""
    maps = map(reference.extractor.maps, nearest_training_images(reference, generated, PAIRS))
    return {"nearest_content": perceptual_distance(*maps)}


def perceptual_distance(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    """Squared distance of the unit vectors at each place of feature maps [N, h, w, C], averaged
    over the places and summed over the layers (Zhang et al., 2018, eq. 1, without learned weights).
    """
    return float(perceptual_distances(first, second).mean())


def perceptual_distances(first: list[np.ndarray], second: list[np.ndarray]) -> np.ndarray:
    """The same of each pair of images, float64 [N]."""
    distances: np.ndarray = np.sum(list(map(_unit_distances, first, second)), axis=0)
    return distances.astype(np.float64)


def _unit_distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    units = [
        maps / (np.linalg.norm(maps, axis=-1, keepdims=True) + 1e-10) for maps in (first, second)
    ]
    distances: np.ndarray = ((units[0] - units[1]) ** 2).sum(axis=-1).mean(axis=(1, 2))
    return distances
