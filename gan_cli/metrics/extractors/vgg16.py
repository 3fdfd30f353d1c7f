"""`vgg16`: VGG16 trained on ImageNet, for perceptual and texture distances of colour images
(Simonyan and Zisserman, 2015).
"""

from __future__ import annotations

from gan_cli.base.lazy import keras, np, tf
from gan_cli.metrics.extractors import Context, extractor
from gan_cli.metrics.extractors.feature_extractor import INSTEAD, Extractor, rgb

LAYERS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3")
"""The last convolution of each block: the layers of LPIPS (Zhang et al., 2018)."""


class Vgg16(Extractor):
    """Features [N, 512]: the mean over the image of the last convolution; maps: the last
    convolution of each block.
    """

    name = "vgg16"
    pixels_at_once = 2**19

    def __init__(self, model: keras.Model) -> None:
        from gan_cli.networks import vgg16 as network

        self._network, self._model = network, network.maps_of(model, LAYERS)
        self.weights = network.WEIGHTS.download.sha256
        self.resize = (
            f"shorter side to {network.SMALLEST} if below, to {network.LARGEST} if above, "
            "bilinear, antialiased; grey repeated to RGB"
        )
        size = (tf.TensorSpec([], tf.int32),) * 2
        self._run = tf.function(
            self._forward,
            input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8), size],
        )

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
        return self._network.input_size(height, width)

    def _forward(self, images: tf.Tensor, size: tuple[tf.Tensor, tf.Tensor]) -> list[tf.Tensor]:
        resized = tf.image.resize(images, tf.stack(size), antialias=True)
        maps: list[tf.Tensor] = self._model(self._network.prepared(resized))
        return maps

    def maps_of(self, images: tf.Tensor) -> list[tf.Tensor]:
        coloured = images if images.shape[-1] == 3 else tf.repeat(images, 3, axis=-1)
        return self._forward(127.5 * (coloured + 1.0), self._input_size(*images.shape[1:3]))


@extractor("vgg16", gives=("maps",), reads_weights=True)
def build(context: Context) -> Extractor:
    """VGG16 trained on ImageNet, for perceptual and texture distances of colour images."""
    return vgg16(context.weights)


def vgg16(path: str | None = None) -> Vgg16:
    """VGG16 with the weights at a path, in GAN_DATA_DIR or Keras's cache, or downloaded into that.

    Raises:
        DataError: the file is nowhere, or is another than the published one.
    """
    from gan_cli.networks import vgg16 as network

    return Vgg16(network.load(path, "extractor vgg16", INSTEAD))
