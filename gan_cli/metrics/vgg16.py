"""`vgg16`: VGG16 trained on ImageNet, for perceptual and texture distances of colour images (Simonyan and Zisserman, 2015).

The weights are Keras's file without the classification layers. Keras names it by an MD5; the SHA-256 here was published
beside it by several projects that had fetched it.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from gan_cli.download import Download
from gan_cli.metrics.extractor import Extractor, rgb
from gan_cli.metrics.published import Published, find, sha256, verify

NAME = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
WEIGHTS = Published(
    "vgg16",
    (NAME,),
    Download(
        f"https://storage.googleapis.com/tensorflow/keras-applications/vgg16/{NAME}",
        "bfe5187d0a272bed55ba430631598124cff8e880b98d38c9e56c8d66032abdc1",
        100 * 1024**2,
    ),
)
SMALLEST, LARGEST = 64, 224
LAYERS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3")
"""The last convolution of each block: the layers of LPIPS (Zhang et al., 2018)."""
MEANS = (123.68, 116.779, 103.939)
"""Of ImageNet's red, green and blue, which VGG's authors subtracted."""


class Vgg16(Extractor):
    """Features [N, 512]: the mean over the image of the last convolution; maps: the last convolution of each block."""

    name = "vgg16"
    weights = WEIGHTS.download.sha256
    resize = f"shorter side to {SMALLEST} if below, to {LARGEST} if above, bilinear, antialiased; grey repeated to RGB"
    pixels_at_once = 2**19

    def __init__(self, model: keras.Model) -> None:
        self._model = keras.Model(model.input, [model.get_layer(name).output for name in LAYERS])

    def _features(self, images: np.ndarray) -> np.ndarray:
        features: np.ndarray = self._run(rgb(images), self._input_size(*images.shape[1:3]))[-1].numpy().mean(axis=(1, 2))
        return features

    def _maps(self, images: np.ndarray) -> list[np.ndarray]:
        return [each.numpy() for each in self._run(rgb(images), self._input_size(*images.shape[1:3]))]

    def _input_size(self, height: int, width: int) -> tuple[int, int]:
        side = min(height, width)
        scale = min(max(side, SMALLEST), LARGEST) / side
        return round(height * scale), round(width * scale)

    @tf.function(
        input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8), (tf.TensorSpec([], tf.int32),) * 2],
    )
    def _run(self, images: tf.Tensor, size: tuple[tf.Tensor, tf.Tensor]) -> list[tf.Tensor]:
        resized = tf.image.resize(images, tf.stack(size), antialias=True)
        maps: list[tf.Tensor] = self._model((resized - tf.constant(MEANS))[..., ::-1])
        return maps


def vgg16(path: str | None = None) -> Vgg16:
    """VGG16 with the weights at a path, in GAN_DATA_DIR or Keras's cache, or downloaded into that.

    Raises:
        DataError: the file is nowhere, or is another than the published one.
    """
    file = find(WEIGHTS, path)
    verify(WEIGHTS, sha256(file), file)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")  # a training in mixed precision may be under way
    try:
        model = keras.applications.VGG16(include_top=False, weights=None)
    finally:
        keras.config.set_dtype_policy(policy)
    model.load_weights(file)
    return Vgg16(model)
