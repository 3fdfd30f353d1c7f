"""The residual pair of R3GAN (Huang et al. 2024), for any image from 8 pixels up, square or not:
grouped convolutions, bilinear resampling, no normalization.

Every residual branch begins as nothing, by the zeros of its last kernel (Zhang et al. 2019, Fixup).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import keras

from gan_cli.networks.dcgan import ImageShape, halvings, sizes
from gan_cli.networks.layers.basis import Basis, BasisProducts
from gan_cli.networks.layers.bilinear import Bilinear
from gan_cli.networks.layers.common import ClassEmbedding, InRange
from gan_cli.networks.layers.grouped import GroupedConvolution

SLOPE = 0.2
"""Of the leaky ReLUs below zero."""
GAIN = 2.0 / (1.0 + SLOPE**2)
"""On the variance of a kernel before a leaky ReLU (He et al. 2015)."""


class Blocks(NamedTuple):
    """The residual blocks of a network.

    Attributes:
        width: channels at the image; towards the other end they double, up to 8 times.
        depth: blocks at each size.
        expansion: channels inside a block, as a multiple of those between blocks.
        group_width: channels of each group of the 3x3 convolutions, at least.
    """

    width: int = 16
    depth: int = 1
    expansion: int = 2
    group_width: int = 16

    def channels(self, stages: int) -> list[int]:
        """Between blocks, from the image on."""
        return [min(self.width * 2**stage, 8 * self.width) for stage in range(stages)]

    def groups(self, channels: int) -> int:
        """As many equal groups as `group_width` allows."""
        most = max(channels // self.group_width, 1)
        return next(count for count in range(most, 0, -1) if channels % count == 0)


def generator(
    image_shape: ImageShape, *, latent_dim: int = 64, blocks: Blocks, num_classes: int = 0
) -> keras.Model:
    """Latents [B, latent_dim] -> images [B, *image_shape]; they are bound to [-1, 1] in inference
    mode.

    With `num_classes` a second input, labels [B], whose embedding stands beside the latents.
    """
    with keras.name_scope("generator"):
        latents = keras.Input((latent_dim,), name="latents")
        x, inputs = latents, latents
        if num_classes:
            labels = keras.Input((), dtype="int64", name="labels")
            embedded = ClassEmbedding(num_classes, latent_dim, name="embedding")(labels)
            x, inputs = (
                keras.layers.Concatenate(name="latents_and_class")([latents, embedded]),
                [latents, labels],
            )
        up = sizes(image_shape, halvings(image_shape))[::-1]
        channels = blocks.channels(len(up))[::-1]
        for stage, (size, filters) in enumerate(zip(up, channels, strict=True)):
            if stage == 0:
                x = keras.layers.Dense(
                    filters, use_bias=False, kernel_initializer=normal(1.0), name="dense"
                )(x)
                x = Basis(*size, name="basis")(x)
            else:
                x = _to_channels(x, filters, f"stage_{stage}_channels")
                x = Bilinear(*size, name=f"stage_{stage}_up")(x)
            x = _stage(x, blocks, len(up), f"stage_{stage}")
        x = _convolution(image_shape[2], 1, 1.0, use_bias=False, name="conv")(x)
        images = InRange(name="images", dtype="float32")(x)
    return keras.Model(inputs, images, name="generator")


def discriminator(
    image_shape: ImageShape, *, blocks: Blocks, embedding_dim: int = 64, num_classes: int = 0
) -> keras.Model:
    """Images [B, *image_shape] in [-1, 1] -> logits [B, 1] float32.

    With `num_classes` a second input, labels [B], whose embeddings, of `embedding_dim` numbers, are
    multiplied with as many features.
    """
    with keras.name_scope("discriminator"):
        images = keras.Input(image_shape, name="images")
        down = sizes(image_shape, halvings(image_shape))
        channels = blocks.channels(len(down))
        x = _convolution(channels[0], 1, 1.0, use_bias=False, name="conv")(images)
        for stage, (size, filters) in enumerate(zip(down, channels, strict=True)):
            if stage:
                x = Bilinear(*size, name=f"stage_{stage}_down")(x)
                x = _to_channels(x, filters, f"stage_{stage}_channels")
            x = _stage(x, blocks, len(down), f"stage_{stage}")
        x = BasisProducts(dtype="float32", name="basis")(x)
        dense = keras.layers.Dense(
            embedding_dim if num_classes else 1,
            use_bias=False,
            kernel_initializer=normal(1.0),
            dtype="float32",
            name="features" if num_classes else "logits",
        )
        x = dense(x)
        if not num_classes:
            return keras.Model(images, x, name="discriminator")
        labels = keras.Input((), dtype="int64", name="labels")
        vectors = ClassEmbedding(num_classes, embedding_dim, dtype="float32", name="embedding")
        logits = keras.layers.Dot(axes=1, dtype="float32", name="logits")([vectors(labels), x])
    return keras.Model([images, labels], logits, name="discriminator")


def _stage(x: keras.KerasTensor, blocks: Blocks, stages: int, name: str) -> keras.KerasTensor:
    for number in range(1, blocks.depth + 1):
        x = _block(x, blocks, blocks.depth * stages, f"{name}_block_{number}")
    return x


def _block(x: keras.KerasTensor, blocks: Blocks, count: int, name: str) -> keras.KerasTensor:
    """Wider by a kernel of one pixel, 3x3 in groups, narrower, and added to x; `count` blocks of
    three convolutions each lie one behind the other (Fixup, section 3).
    """
    inside = x.shape[-1] * blocks.expansion
    gain = GAIN / math.sqrt(count)  # on the variance: count^(-1 / (2 * 3 - 2)) on the deviation
    y = _convolution(inside, 1, gain, name=f"{name}_expand")(x)
    y = keras.layers.LeakyReLU(SLOPE, name=f"{name}_activation_1")(y)
    groups = blocks.groups(inside)
    y = _convolution(inside, 3, gain, groups=groups, name=f"{name}_grouped")(y)
    y = keras.layers.LeakyReLU(SLOPE, name=f"{name}_activation_2")(y)
    y = _convolution(x.shape[-1], 1, 0.0, use_bias=False, name=f"{name}_reduce")(y)
    return keras.layers.Add(name=f"{name}_sum")([x, y])


def _to_channels(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    if x.shape[-1] == filters:
        return x
    return _convolution(filters, 1, 1.0, use_bias=False, name=name)(x)


def _convolution(
    filters: int, size: int, gain: float, *, groups: int = 1, use_bias: bool = True, name: str
) -> keras.layers.Layer:
    return GroupedConvolution(
        filters,
        size,
        padding="same",
        groups=groups,
        use_bias=use_bias,
        kernel_initializer=normal(gain),
        name=name,
    )


def normal(gain: float) -> keras.initializers.Initializer:
    """Normal, of the variance gain / inputs."""
    if gain == 0.0:
        return keras.initializers.Zeros()
    return keras.initializers.VarianceScaling(gain, "fan_in", "untruncated_normal")
