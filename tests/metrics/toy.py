"""An extractor without a network."""

import numpy as np

from gan_cli.metrics.extractor import Extractor


class Toy(Extractor):
    """Features: every pixel in [0, 1], means of the first three first; classes: the brightest of them; maps: the pixels."""

    name, weights, resize, classes = "toy", "ab" * 32, "none", 3

    def _features(self, images: np.ndarray) -> np.ndarray:
        scaled = images.astype(np.float32) / 255
        means = np.resize(scaled.mean(axis=(1, 2)), (len(images), 3)) if images.shape[-1] == 1 else scaled.mean(axis=(1, 2))
        return np.hstack([means, scaled.reshape(len(images), -1)])

    def _logits(self, features: np.ndarray) -> np.ndarray:
        return 20 * features[:, :3]

    def _maps(self, images: np.ndarray) -> list[np.ndarray]:
        return [images.astype(np.float32)]
