"""The residual pair of SNGAN (Miyato et al. 2018), for any image from 8 pixels up, square or not.

By class as in Miyato and Koyama (2018), and with the self-attention of Zhang et al. (2019), where
they are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import keras

from gan_cli.networks.dcgan import ImageShape, crop, halvings, sizes
from gan_cli.networks.heads import Head
from gan_cli.networks.layers.attention import self_attention
from gan_cli.networks.layers.common import batch_norm
from gan_cli.networks.layers.conditional_norm import conditional_batch_norm
from gan_cli.networks.layers.spectral import (
    SpectralConv2D,
    SpectralDense,
    SpectralEmbedding,
    glorot_uniform,
)

Norm = Callable[[keras.KerasTensor, str], keras.KerasTensor]
"""(features, name) -> the same, normalized."""
RESIDUAL_GAIN = 2.0
"""On the variance of kernels of residual branches, for their ReLUs, as in the authors' published
code.
"""
DEPTH = 2
"""Blocks of the discriminator after the last that halves."""


def discriminator_sizes(image_shape: ImageShape) -> list[tuple[int, int]]:
    """(height, width) after each halving, until the shorter side is at most 8 pixels: 32 -> 16, 8;
    an image of 8 pixels is halved once.
    """
    times = max(1, math.ceil(math.log2(min(image_shape[:2]) / 8)))
    return sizes(image_shape, times)[1:]


def generator(
    image_shape: ImageShape,
    *,
    latent_dim: int = 128,
    width: int = 32,
    num_classes: int = 0,
    attention: int | None = None,
) -> keras.Model:
    """Latents [B, latent_dim] -> images [B, *image_shape] in [-1, 1].

    `width` is the number of channels at the image; towards the latents it doubles with each block,
    up to 8 times. With `num_classes` a second input, labels [B], that every normalization sees.
    `attention` is the shorter side of the features that have it.
    """
    with keras.name_scope("generator"):
        latents = keras.Input((latent_dim,), name="latents")
        labels = keras.Input((), dtype="int64", name="labels") if num_classes else None
        norm = _norm(labels, num_classes)
        up = sizes(image_shape, halvings(image_shape))[::-1]
        channels = [min(width * 2**power, 8 * width) for power in range(len(up))][::-1]
        x = keras.layers.Dense(math.prod(up[0]) * channels[0], name="dense")(latents)
        x = keras.layers.Reshape((*up[0], channels[0]), name="reshape")(x)
        for index, (size, filters) in enumerate(zip(up, channels, strict=True)):
            if index:
                x = _block_up(x, filters, size, norm, f"block_{index}")
            if min(size) == attention:
                x = self_attention(x, _attention_convolution)
        x = keras.layers.ReLU(name="activation")(norm(x, "norm"))
        x = _convolution(image_shape[2], 3, name="conv")(x)
        images = keras.layers.Activation("tanh", dtype="float32", name="images")(x)
    inputs = latents if labels is None else [latents, labels]
    return keras.Model(inputs, images, name="generator")


def _norm(labels: keras.KerasTensor | None, num_classes: int) -> Norm:
    if labels is None:
        return lambda x, name: batch_norm(name)(x)
    return lambda x, name: conditional_batch_norm(x, labels, num_classes, name)


def _convolution(
    filters: int, size: int, gain: float = 1.0, use_bias: bool = True, *, name: str
) -> keras.layers.Layer:
    return keras.layers.Conv2D(
        filters,
        size,
        padding="same",
        use_bias=use_bias,
        kernel_initializer=glorot_uniform(gain),
        name=name,
    )


def _attention_convolution(filters: int, size: int, *, name: str) -> keras.layers.Layer:
    return _convolution(filters, size, use_bias=False, name=name)


def _block_up(
    x: keras.KerasTensor, filters: int, size: tuple[int, int], norm: Norm, name: str
) -> keras.KerasTensor:
    """Features twice as high and wide, or one less, by nearest neighbours."""

    def doubled(y: keras.KerasTensor, part: str) -> keras.KerasTensor:
        y = keras.layers.UpSampling2D(2, name=f"{name}_{part}_up")(y)
        return crop(y, size, f"{name}_{part}_crop")

    y = keras.layers.ReLU(name=f"{name}_activation_1")(norm(x, f"{name}_norm_1"))
    y = doubled(y, "residual")
    y = _convolution(filters, 3, RESIDUAL_GAIN, use_bias=False, name=f"{name}_conv_1")(y)
    y = keras.layers.ReLU(name=f"{name}_activation_2")(norm(y, f"{name}_norm_2"))
    y = _convolution(filters, 3, RESIDUAL_GAIN, name=f"{name}_conv_2")(y)
    # A kernel of one pixel gives the same before the doubling, at a quarter of the work.
    shortcut = _convolution(filters, 1, use_bias=False, name=f"{name}_shortcut")(x)
    return keras.layers.Add(name=f"{name}_sum")([y, doubled(shortcut, "shortcut")])


def discriminator(
    image_shape: ImageShape,
    *,
    width: int = 32,
    num_classes: int = 0,
    attention: int | None = None,
    head: Head | None = None,
) -> keras.Model:
    """Images [B, *image_shape] in [-1, 1] -> logits [B, 1] float32; every kernel is divided by its
    spectral norm.

    Blocks of width, 2 width, 4 width, at most 8 width channels halve the image to at most 8 pixels;
    two more keep its size. With `num_classes` a second input, labels [B], whose vectors are
    compared with the features, summed over space. `head` turns the features into other inputs and
    outputs of the network.
    """
    with keras.name_scope("discriminator"):
        images = keras.Input(image_shape, name="images")
        labels = keras.Input((), dtype="int64", name="labels") if num_classes else None
        x, down = images, discriminator_sizes(image_shape)
        for index in range(len(down) + DEPTH):
            filters = min(width * 2 ** min(index, len(down)), 8 * width)
            halve = index < len(down)
            x = _block_down(x, filters, halve, f"block_{index + 1}", first=index == 0)
            if halve and min(down[index]) == attention:
                x = self_attention(x, _spectral_attention_convolution)
        x = keras.layers.ReLU(name="activation")(x)
        if head is not None:
            return keras.Model(head.inputs(images), head.after(x), name="discriminator")
        logits = _head(x, labels, num_classes)
    inputs = images if labels is None else [images, labels]
    return keras.Model(inputs, logits, name="discriminator")


def _spectral_attention_convolution(filters: int, size: int, *, name: str) -> keras.layers.Layer:
    return SpectralConv2D(filters, size, use_bias=False, name=name)


def _block_down(
    x: keras.KerasTensor, filters: int, halve: bool, name: str, *, first: bool
) -> keras.KerasTensor:
    """Features half as high and wide, rounded up, or of the same size; the first block sees the
    pixels themselves.
    """

    def halved(y: keras.KerasTensor, part: str) -> keras.KerasTensor:
        pool = keras.layers.AveragePooling2D(2, padding="same", name=f"{name}_{part}_pool")
        return pool(y) if halve else y

    def convolution(size: int, channels: int, part: str) -> keras.layers.Layer:
        gain = RESIDUAL_GAIN if size > 1 else 1.0
        return SpectralConv2D(channels, size, size > 1, gain, name=f"{name}_{part}")

    y = x if first else keras.layers.ReLU(name=f"{name}_activation_1")(x)
    y = convolution(3, filters if first else x.shape[-1], "conv_1")(y)
    y = keras.layers.ReLU(name=f"{name}_activation_2")(y)
    y = halved(convolution(3, filters, "conv_2")(y), "residual")
    shortcut = halved(x, "shortcut")
    if halve or x.shape[-1] != filters:
        shortcut = convolution(1, filters, "shortcut")(shortcut)
    return keras.layers.Add(name=f"{name}_sum")([y, shortcut])


def _head(
    x: keras.KerasTensor, labels: keras.KerasTensor | None, num_classes: int
) -> keras.KerasTensor:
    """Features [B, h, w, C] -> logits [B, 1]: psi(phi) + <V y, phi>, phi their sum over space
    (Miyato and Koyama 2018, eq. 3).
    """
    height, width, channels = x.shape[1:]
    phi = keras.layers.GlobalAveragePooling2D(dtype="float32", name="mean")(x)
    phi = keras.layers.Rescaling(height * width, dtype="float32", name="features")(phi)
    psi = SpectralDense(1, dtype="float32", name="logits")(phi)
    if labels is None:
        return psi
    vectors = SpectralEmbedding(num_classes, channels, dtype="float32", name="embedding")(labels)
    product = keras.layers.Dot(axes=1, dtype="float32", name="projection")([vectors, phi])
    return keras.layers.Add(dtype="float32", name="conditional_logits")([psi, product])
