"""An extractor without a network."""

import numpy as np

from gan_cli.metrics.extractors.feature_extractor import Extractor, rgb


class Toy(Extractor):
    """Features: the means of red, green and blue, then every pixel, in [0, 1]; class: the brightest
    mean; maps: the pixels.
    """

    name, weights, resize, classes = "toy", "ab" * 32, "none", 3

    def _features(self, images: np.ndarray) -> np.ndarray:
        scaled = images.astype(np.float32) / 255
        means = rgb(scaled).mean(axis=(1, 2))
        return np.hstack([means, scaled.reshape(len(images), -1)])

    def _logits(self, features: np.ndarray) -> np.ndarray:
        return 20 * features[:, :3]

    def _maps(self, images: np.ndarray) -> list[np.ndarray]:
        return [images.astype(np.float32)]
