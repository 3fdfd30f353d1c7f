"""Textures of two sets of images, by which channels of a network answer together (Gatys et al.,
2016).
"""

from __future__ import annotations

from gan_cli.base.lazy import np
from gan_cli.metrics import ImageSet, ReferenceSet, Values, metric

MOST_MAPS = 500


@metric("texture", gives={"texture": "lower"}, needs=("maps",))
def compute(reference: ReferenceSet, generated: ImageSet) -> Values:
    """Distance of the mean Gram matrices of both sets, averaged over the layers."""
    real, ours = (
        [mean_gram(layer) for layer in reference.extractor.maps(side.images[:MOST_MAPS])]
        for side in (reference.real, generated)
    )
    return {"texture": float(np.mean(list(map(gram_distance, real, ours))))}


def mean_gram(maps: np.ndarray) -> np.ndarray:
    """Mean over images and places of the products of channels: [N, h, w, C] -> float64 [C, C]."""
    places = maps.reshape(-1, maps.shape[-1]).astype(np.float64)
    gram: np.ndarray = places.T @ places / len(places)
    return gram


def gram_distance(first: np.ndarray, second: np.ndarray) -> float:
    """|G1 - G2| / (|G1| + |G2|) in the Frobenius norm; in [0, 1], 0 where both are 0."""
    size = np.linalg.norm(first) + np.linalg.norm(second)
    return float(np.linalg.norm(first - second) / size) if size else 0.0
