"""`random`: a convolutional network that nobody trained, for images without labels on a machine
without a network.

Random filters see texture, contrast and composition, and are the same for everyone. They know no
objects: use the classifier where there are labels, Inception where images are photographs.
"""

from __future__ import annotations

from gan_cli.base.images import from_uint8
from gan_cli.base.lazy import np, tf
from gan_cli.metrics.extractors import Context, extractor
from gan_cli.metrics.extractors.feature_extractor import Extractor, digest, he_uniform, rgb

SEED = 20151205
WIDTHS, STRIDES = (32, 32, 32, 32), (1, 2, 2, 2)
LEAK = 0.2


class Random(Extractor):
    """Features [N, 256]: mean and standard deviation over the image of each channel of four 3 x 3
    convolutions.
    """

    name = "random"
    resize = "none, grey repeated to RGB"
    pixels_at_once = 2**19

    def __init__(self) -> None:
        self._kernels = kernels()
        self.weights = digest(self._kernels)
        self._run = tf.function(
            self._forward, input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8)]
        )

    def _features(self, images: np.ndarray) -> np.ndarray:
        features: np.ndarray = self._run(rgb(images))[0].numpy()
        return features

    def _maps(self, images: np.ndarray) -> list[np.ndarray]:
        return [each.numpy() for each in self._run(rgb(images))[1]]

    def _forward(self, images: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        maps, pooled = self.maps_of(from_uint8(tf.cast(images, tf.float32))), []
        for x in maps:
            mean, variance = tf.nn.moments(x, [1, 2])
            pooled += [mean, tf.sqrt(variance)]
        return tf.concat(pooled, axis=1), maps

    def maps_of(self, images: tf.Tensor) -> list[tf.Tensor]:
        x, maps = images if images.shape[-1] == 3 else tf.repeat(images, 3, axis=-1), []
        for kernel, stride in zip(self._kernels.values(), STRIDES, strict=True):
            x = tf.nn.leaky_relu(tf.nn.conv2d(x, kernel, stride, "SAME"), LEAK)
            maps.append(x)
        return maps


@extractor("random", gives=("maps",))
def build(context: Context) -> Extractor:
    """A convolutional network that nobody trained: it needs neither labels nor a download."""
    return Random()


def kernels() -> dict[str, np.ndarray]:
    """The weights, float32 [3, 3, inputs, outputs] each, the same for ever."""
    random = np.random.RandomState(SEED)
    inputs = (3, *WIDTHS[:-1])
    return {
        f"conv_{i}": he_uniform(random, (3, 3, *pair))
        for i, pair in enumerate(zip(inputs, WIDTHS, strict=True), 1)
    }
