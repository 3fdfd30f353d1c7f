"""The classifier of Stacked MNIST: three digits, each read by the classifier of MNIST (Metz et al.,
2017).
"""

from __future__ import annotations

from gan_cli.base.lazy import np
from gan_cli.metrics.extractors.feature_extractor import Extractor


class Stacked(Extractor):
    """Features and probabilities of RGB images from those of their planes; K classes become K^3,
    100 red + 10 green + blue.
    """

    name = "classifier"

    def __init__(self, digits: Extractor) -> None:
        self._digits = digits
        self.weights, self.classes = digits.weights, digits.classes**3
        self.resize = f"planes one by one, {digits.resize}"

    def _features(self, images: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [self._digits.features(images[..., plane, None]) for plane in range(3)], axis=1
        )

    def classify(self, features: np.ndarray) -> np.ndarray:
        """float32 [N, K^3]."""
        red, green, blue = (self._digits.classify(part) for part in np.split(features, 3, axis=1))
        joint: np.ndarray = np.einsum("nr,ng,nb->nrgb", red, green, blue).reshape(len(features), -1)
        return joint
