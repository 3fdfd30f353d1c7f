"""A generator whose noise is an image: convolutions, a bottleneck, and convolutions to the image
that comes out.
"""

from __future__ import annotations

import keras

from gan_cli.networks.dcgan import ImageShape, halvings, images_from, kernel_for
from gan_cli.networks.layers.common import LEAK, batch_norm

SCALE = 1.0
"""Standard deviation of kernels whose scale batch normalization takes out again. Beside Keras's
small ones the steps of Adam are so large, and so alike for all units, that after 1,500 of them two
dimensions of the noise are left (with these: 80)."""


def generator(
    image_shape: ImageShape,
    *,
    noise_channels: int | None = None,
    width: int = 32,
    bottleneck: int = 128,
    kernel_size: int | None = None,
) -> keras.Model:
    """Noise images [B, H, W, noise_channels] (None: as many as the image has) -> images [B,
    *image_shape] in [-1, 1].

    The bottleneck is bounded. A dense layer on the flattened image would hold 655 million weights
    at 100x100 pixels; here stride-2 convolutions come first, to 4 to 7 pixels, and the dense layers
    to `bottleneck` units and back see those.
    """
    height, wide, channels = image_shape
    kernel = kernel_for(image_shape, kernel_size)
    with keras.name_scope("generator"):
        noise = keras.Input((height, wide, noise_channels or channels), name="noise")
        x = noise
        for index in range(1, halvings(image_shape) + 1):
            filters = min(width * 2 ** (index - 1), 8 * width)
            x = keras.layers.Conv2D(
                filters,
                kernel,
                strides=2,
                padding="same",
                use_bias=False,
                kernel_initializer=_large(),
                name=f"down_{index}",
            )(x)
            x = batch_norm(f"down_norm_{index}")(x)
            x = keras.layers.LeakyReLU(LEAK, name=f"down_activation_{index}")(x)
        x = keras.layers.Flatten(name="flatten")(x)
        x = keras.layers.Dense(
            bottleneck, use_bias=False, kernel_initializer=_large(), name="bottleneck"
        )(x)
        x = batch_norm("bottleneck_norm")(x)
        images = images_from(x, image_shape, width, kernel)
    return keras.Model(noise, images, name="generator")


def _large() -> keras.initializers.Initializer:
    """A new one for each layer: it draws its seed when it is made."""
    return keras.initializers.RandomNormal(stddev=SCALE)
