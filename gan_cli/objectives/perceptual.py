"""The distance of two images in the features of VGG16: what a term of a loss adds, or puts in the
place of pixels.
"""

from __future__ import annotations

from typing import Protocol

import keras
import tensorflow as tf

from gan_cli.networks import vgg16
from gan_cli.networks.dcgan import ImageShape

LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1")
"""relu1_1, relu2_1 and relu3_1, the layers of VAE-123: the finer of the two choices of Hou et al.
(2017).
"""


class Perceptual:
    """The feature perceptual loss of Hou et al. (2017): half that of Johnson et al. (2016, eq. 2),
    summed over `LAYERS`.

    Grey images are repeated to RGB, and seen as large as `vgg16.input_size` says: resized
    bilinearly, with antialiasing where they shrink. VGG16 is frozen and belongs to no model: no
    state and no checkpoint holds it.

    Args:
        weight: the distance is multiplied by it (beta of Hou et al.).
        file: with VGG16's weights; None: they are looked for.
    """

    def __init__(
        self, image_shape: ImageShape, weight: float = 1.0, file: str | None = None
    ) -> None:
        self._image_shape, self._weight, self._file = image_shape, weight, file
        self._maps: keras.Model | None = None

    def load(self) -> None:
        """Read VGG16 from `file`, or from where it is found; in eager mode, before the first
        distance.

        Raises:
            DataError: the weights are nowhere, or are others than the published ones.
        """
        model = vgg16.load(self._file, "model.features=vgg16", "use model.features=null")
        self._maps = vgg16.maps_of(model, LAYERS)
        height, width = self._image_shape[:2]
        rows, columns = vgg16.input_size(height, width)
        self._rows, self._columns = _resizing(height, rows), _resizing(width, columns)

    def __call__(self, images: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
        """weight * sum over layers of 1/2 mean (phi(x) - phi(y))^2: images [B, H, W, C] in [-1, 1],
        twice, -> [B].
        """
        pairs = zip(self._features(images), self._features(others), strict=True)
        halves = [
            0.5 * tf.reduce_mean(tf.square(one - other), axis=(1, 2, 3)) for one, other in pairs
        ]
        return self._weight * tf.add_n(halves)

    def _features(self, images: tf.Tensor) -> list[tf.Tensor]:
        assert self._maps is not None, "load() comes first"
        resized = tf.einsum("yh,bhwc,xw->byxc", self._rows, images, self._columns)
        levels = 127.5 * (resized + 1.0)
        coloured = levels if self._image_shape[2] == 3 else tf.repeat(levels, 3, axis=-1)
        maps: list[tf.Tensor] = self._maps(vgg16.prepared(coloured), training=False)
        return maps


class PerceptualSettings(Protocol):
    """The options of a model that takes this term."""

    @property
    def features(self) -> str | None: ...

    @property
    def features_weight(self) -> float: ...

    @property
    def features_file(self) -> str | None: ...


def perceptual(options: PerceptualSettings, image_shape: ImageShape) -> Perceptual | None:
    """The term that the options of a model ask for; None where they ask for none."""
    if options.features is None:
        return None
    return Perceptual(image_shape, options.features_weight, options.features_file)


def _resizing(side: int, target: int) -> tf.Tensor:
    """The matrix [target, side] that resizes one axis bilinearly: its gradient is a product too,
    the same bits each time.
    """
    unit = tf.eye(side)[None, :, :, None]
    return tf.image.resize(unit, (target, side), antialias=True)[0, :, :, 0]
