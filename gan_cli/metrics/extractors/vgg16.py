"""`vgg16`: VGG16 trained on ImageNet, for perceptual and texture distances of colour images
(Simonyan and Zisserman, 2015).
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from gan_cli.metrics.extractors.extractor import INSTEAD, Extractor, rgb
from gan_cli.networks import vgg16 as network
from gan_cli.networks.vgg16 import LARGEST, SMALLEST, WEIGHTS

LAYERS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3")
"""The last convolution of each block: the layers of LPIPS (Zhang et al., 2018)."""


class Vgg16(Extractor):
    """Features [N, 512]: the mean over the image of the last convolution; maps: the last
    convolution of each block.
    """

    name = "vgg16"
    weights = WEIGHTS.download.sha256
    resize = (
        f"shorter side to {SMALLEST} if below, to {LARGEST} if above, bilinear, antialiased; "
        "grey repeated to RGB"
    )
    pixels_at_once = 2**19

    def __init__(self, model: keras.Model) -> None:
        self._model = network.maps_of(model, LAYERS)

    def _features(self, images: np.ndarray) -> np.ndarray:
        features: np.ndarray = (
            self._run(rgb(images), self._input_size(*images.shape[1:3]))[-1]
            .numpy()
            .mean(axis=(1, 2))
        )
        return features

    def _maps(self, images: np.ndarray) -> list[np.ndarray]:
        return [
            each.numpy() for each in self._run(rgb(images), self._input_size(*images.shape[1:3]))
        ]

    def _input_size(self, height: int, width: int) -> tuple[int, int]:
        return network.input_size(height, width)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, None, 3], tf.uint8),
            (tf.TensorSpec([], tf.int32),) * 2,
        ],
    )
    def _run(self, images: tf.Tensor, size: tuple[tf.Tensor, tf.Tensor]) -> list[tf.Tensor]:
        resized = tf.image.resize(images, tf.stack(size), antialias=True)
        maps: list[tf.Tensor] = self._model(network.prepared(resized))
        return maps


def vgg16(path: str | None = None) -> Vgg16:
    """VGG16 with the weights at a path, in GAN_DATA_DIR or Keras's cache, or downloaded into that.

    Raises:
        DataError: the file is nowhere, or is another than the published one.
    """
    return Vgg16(network.load(path, "extractor vgg16", INSTEAD))
