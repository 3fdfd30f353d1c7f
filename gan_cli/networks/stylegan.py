"""The networks of StyleGAN2 (Karras et al. 2020), for any image from 8 pixels up, square or not.

`mapping` makes a style of a latent, `synthesis` an image of the styles of its layers: a generator
with skip connections. The discriminator is residual (figure 7, the best pair of table 2).
"""

from __future__ import annotations

import math

import keras

from gan_cli.networks.dcgan import ImageShape, halvings, sizes
from gan_cli.networks.layers.common import ClassEmbedding
from gan_cli.networks.layers.equalized import EqualizedConv2D, EqualizedDense
from gan_cli.networks.layers.minibatch import MinibatchDeviation
from gan_cli.networks.layers.modulated import ModulatedConv2D, StyledConv2D
from gan_cli.networks.layers.resampling import Double, Halve
from gan_cli.networks.layers.styles import EachStyle, LearnedConstant, RunningMean, UnitLength

MAPPING_RATE = 0.01
"""Of learning, beside the other layers' 1."""
STYLE_DECAY = 0.995
"""Of the tracked mean of the styles, at each batch."""
GROUP = 4
"""Images whose variety is measured together."""
MOST = 8
"""Channels of the smallest images, at most, in those of the largest."""


def mapping(latent_dim: int, depth: int, num_classes: int = 0) -> keras.Model:
    """Latents [B, latent_dim] -> styles [B, latent_dim] float32, the space W.

    Its layer `mean` tracks the mean of the styles. With `num_classes` a second input, labels [B],
    whose embedding stands beside the latents.
    """
    with keras.name_scope("mapping"):
        latents = keras.Input((latent_dim,), name="latents")
        x, inputs = UnitLength(dtype="float32", name="unit_length")(latents), latents
        if num_classes:
            labels = keras.Input((), dtype="int64", name="labels")
            embedding = ClassEmbedding(num_classes, latent_dim, dtype="float32", name="embedding")
            x = keras.layers.Concatenate(dtype="float32", name="latents_and_class")(
                [x, embedding(labels)]
            )
            inputs = [latents, labels]
        for index in range(1, depth + 1):
            x = EqualizedDense(
                latent_dim,
                activation="leaky",
                rate=MAPPING_RATE,
                dtype="float32",
                name=f"dense_{index}",
            )(x)
        styles = RunningMean(STYLE_DECAY, dtype="float32", name="mean")(x)
    return keras.Model(inputs, styles, name="mapping")


def synthesis(image_shape: ImageShape, *, style_dim: int, width: int) -> keras.Model:
    """[styles [B, L, style_dim], noise [B, h, w, 1] of each layer] -> images [B, *image_shape]
    float32, not bounded.

    Block 0 is 4 to 7 pixels at its shorter side, and each later one has twice the size of the one
    before. It has two styled convolutions (block 0: one), and a projection to colours whose style
    is that of the next block's first. L is twice the number of blocks.

    Args:
        width: channels of the last block; towards the first they double, up to 8 times.
    """
    found = sizes(image_shape, halvings(image_shape))[::-1]
    channels = _channels(image_shape, width)
    with keras.name_scope("synthesis"):
        styles = keras.Input((2 * len(found), style_dim), name="styles")
        each = EachStyle(dtype="float32", name="each_style")(styles)
        x = LearnedConstant((*found[0], channels[0]), name="constant")(styles)
        image, noise = None, []
        for block, (size, filters) in enumerate(zip(found, channels, strict=True)):
            if block:
                noise.append(keras.Input((*size, 1), name=f"noise_{2 * block - 1}"))
                layer = StyledConv2D(filters, size=size, name=f"block_{block}_double")
                x = layer([x, each[2 * block - 1], noise[-1]])
            noise.append(keras.Input((*size, 1), name=f"noise_{2 * block}"))
            layer = StyledConv2D(filters, name=f"block_{block}_conv")
            x = layer([x, each[2 * block], noise[-1]])
            image = _painted(
                image, x, each[2 * block + 1], (*size, image_shape[2]), f"block_{block}"
            )
    return keras.Model([styles, *noise], image, name="synthesis")


def _painted(
    image: keras.KerasTensor | None,
    x: keras.KerasTensor,
    style: keras.KerasTensor,
    shape: ImageShape,
    name: str,
) -> keras.KerasTensor:
    """The image of the blocks before, doubled, and the colours of this one, [B, *shape] float32."""
    layer = ModulatedConv2D(shape[2], 1, demodulate=False, name=f"{name}_colours")
    colours = layer([x, style])
    if image is None:
        return keras.layers.Identity(dtype="float32", name=f"{name}_image")(colours)
    doubled = Double(shape[:2], dtype="float32", name=f"{name}_skip")(image)
    return keras.layers.Add(dtype="float32", name=f"{name}_image")([doubled, colours])


def discriminator(
    image_shape: ImageShape, *, width: int, averaged: bool = True, num_classes: int = 0
) -> keras.Model:
    """Images [B, *image_shape] -> logits [B, 1] float32.

    Blocks halve the image until its shorter side is 4 to 7 pixels. With `num_classes` a second
    input, labels [B], with whose vectors the features are compared (Miyato and Koyama 2018).

    Args:
        width: channels of the first block; they double with each, up to 8 times.
        averaged: how much images of a group of four differ is one number, not one of each feature
            at each place.
    """
    first, *following = _channels(image_shape, width)[::-1]
    last = following[-1]
    with keras.name_scope("discriminator"):
        images = keras.Input(image_shape, name="images")
        x = EqualizedConv2D(first, 1, name="colours")(images)
        for block, filters in zip(range(len(following), 0, -1), following, strict=True):
            x = _residual(x, filters, f"block_{block}")
        x = MinibatchDeviation(GROUP, averaged, name="deviation")(x)
        x = EqualizedConv2D(last, name="block_0_conv")(x)
        x = keras.layers.Flatten(name="flatten")(x)
        x = EqualizedDense(last, activation="leaky", name="features")(x)
        logits = EqualizedDense(1, dtype="float32", name="logits")(x)
        if not num_classes:
            return keras.Model(images, logits, name="discriminator")
        labels = keras.Input((), dtype="int64", name="labels")
        vectors = ClassEmbedding(num_classes, last, dtype="float32", name="embedding")(labels)
        product = keras.layers.Dot(axes=1, dtype="float32", name="projection")([vectors, x])
        logits = keras.layers.Add(dtype="float32", name="conditional_logits")([logits, product])
    return keras.Model([images, labels], logits, name="discriminator")


def _residual(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    """Two convolutions to half the size, and a linear way past them; their sum keeps the
    variance.
    """
    scale = math.sqrt(0.5)
    past = Halve(name=f"{name}_halve")(x)
    past = EqualizedConv2D(
        filters, 1, activation="linear", use_bias=False, scale=scale, name=f"{name}_skip"
    )(past)
    y = EqualizedConv2D(x.shape[-1], name=f"{name}_conv")(x)
    y = EqualizedConv2D(filters, halve=True, scale=scale, name=f"{name}_down")(y)
    return keras.layers.Add(name=f"{name}_sum")([y, past])


def _channels(image_shape: ImageShape, width: int) -> list[int]:
    """Channels of each block, the smallest image's first."""
    depth = halvings(image_shape)
    return [width * min(2**power, MOST) for power in range(depth + 1)][::-1]
