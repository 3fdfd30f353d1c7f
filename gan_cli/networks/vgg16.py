"""VGG16 trained on ImageNet (Simonyan and Zisserman, 2015): frozen, for distances between what it
sees in two images.

The weights are Keras's file without the classification layers. Keras names it by an MD5; the
SHA-256 here was published beside it by several projects that had fetched it.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from gan_cli.base.download import Download
from gan_cli.base.published import Published, find, sha256, verify

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
MEANS = (123.68, 116.779, 103.939)
"""Of ImageNet's red, green and blue, which VGG's authors subtracted."""


def load(path: str | None, asked: str, instead: str) -> keras.Model:
    """VGG16 with the weights at a path, in GAN_DATA_DIR or Keras's cache, or downloaded into that;
    `find` has the words.

    Raises:
        DataError: the file is nowhere, or is another than the published one.
    """
    file = find(WEIGHTS, path, asked, instead)
    verify(WEIGHTS, sha256(file), file)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")  # a training in mixed precision may be under way
    try:
        model = keras.applications.VGG16(include_top=False, weights=None)
    finally:
        keras.config.set_dtype_policy(policy)
    model.load_weights(file)
    return model


def maps_of(model: keras.Model, layers: Sequence[str]) -> keras.Model:
    """What the named layers of VGG16 make of prepared images, frozen: a list of maps [B, h, w, C],
    in the given order.
    """
    maps = keras.Model(model.input, [model.get_layer(name).output for name in layers])
    maps.trainable = False
    return maps


def input_size(height: int, width: int) -> tuple[int, int]:
    """The size at which it sees an image: the shorter side between SMALLEST and LARGEST, in the
    image's own proportions.
    """
    side = min(height, width)
    scale = min(max(side, SMALLEST), LARGEST) / side
    return round(height * scale), round(width * scale)


def prepared(images: tf.Tensor) -> tf.Tensor:
    """RGB levels 0 to 255 [B, H, W, 3] float32 -> VGG16's input: blue, green, red, without their
    means.
    """
    return (images - tf.constant(MEANS))[..., ::-1]
