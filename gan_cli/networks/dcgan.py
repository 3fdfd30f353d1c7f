"""The deep convolutional pair of Radford et al. (2016), for any image from 8 pixels up, square or
not.

At 28x28 it is the network of the TensorFlow tutorial (7x7x256, kernel 5), at 64x64 that of the
paper (4x4x512, kernel 4).
"""

from __future__ import annotations

import math

import keras

from gan_cli.networks.heads import Head
from gan_cli.networks.layers.common import LEAK, NORMS, Category, ClassEmbedding, batch_norm
from gan_cli.networks.layers.convolution import FromPixels, ToPixels
from gan_cli.networks.layers.dropout import Dropout

ImageShape = tuple[int, int, int]


def halvings(image_shape: ImageShape) -> int:
    """How often the shorter side is halved until it is 4 to 7 pixels: 28 -> 2, 64 -> 4."""
    return int(math.log2(min(image_shape[:2]) / 4))


def kernel_for(image_shape: ImageShape, kernel_size: int | None) -> int:
    """The kernel asked for, else 5 for images as small as MNIST's and 4 for larger ones."""
    return kernel_size or (5 if halvings(image_shape) <= 2 else 4)


def sizes(image_shape: ImageShape, depth: int) -> list[tuple[int, int]]:
    """(height, width) from the image down, each half of the one before, rounded up as a 'same'
    convolution does.
    """
    found = [image_shape[:2]]
    for _ in range(depth):
        height, width = found[-1]
        found.append((math.ceil(height / 2), math.ceil(width / 2)))
    return found


def generator(
    image_shape: ImageShape,
    *,
    latent_dim: int = 100,
    width: int = 64,
    kernel_size: int | None = None,
    num_classes: int = 0,
    embedding_dim: int = 50,
    category: tuple[int, int] = (0, 0),
) -> keras.Model:
    """Latents [B, latent_dim] -> images [B, *image_shape] in [-1, 1].

    `width` is the number of channels before the image; towards the latents it doubles with each
    layer, up to 8 times. With `num_classes` a second input, labels [B], whose embedding stands
    beside the latents (Mirza and Osindero 2014). `category` is the first of the values of the
    latents that choose a category, and their number.
    """
    with keras.name_scope("generator"):
        latents = keras.Input((latent_dim,), name="latents")
        x, inputs = latents, latents
        if category[1]:
            x = Category(*category, name="category")(x)
        if num_classes:
            labels = keras.Input((), dtype="int64", name="labels")
            embedded = ClassEmbedding(num_classes, embedding_dim, name="embedding")(labels)
            x, inputs = (
                keras.layers.Concatenate(name="latents_and_class")([x, embedded]),
                [latents, labels],
            )
        images = images_from(x, image_shape, width, kernel_for(image_shape, kernel_size))
    return keras.Model(inputs, images, name="generator")


def images_from(
    x: keras.KerasTensor, image_shape: ImageShape, width: int, kernel: int
) -> keras.KerasTensor:
    """Vectors [B, D] -> images [B, *image_shape] in [-1, 1]: a dense layer to 4 to 7 pixels, then
    convolutions that double.
    """
    up = sizes(image_shape, halvings(image_shape))[::-1]
    strides = [1] * (len(up) <= 3) + [2] * (
        len(up) - 1
    )  # small images start with a layer that keeps the size
    channels = [min(width * 2**power, 8 * width) for power in range(len(strides))][::-1]
    x = keras.layers.Dense(math.prod(up[0]) * channels[0], use_bias=False, name="dense")(x)
    x = batch_norm("norm_0")(x)
    x = keras.layers.LeakyReLU(LEAK, name="activation_0")(x)
    x = keras.layers.Reshape((*up[0], channels[0]), name="reshape")(x)
    targets = up[1:] if strides[0] == 2 else up
    for index, (stride, target) in enumerate(zip(strides, targets, strict=True), start=1):
        last = index == len(strides)
        filters = image_shape[2] if last else channels[index]
        layer = ToPixels if last else keras.layers.Conv2DTranspose
        x = layer(
            filters, kernel, strides=stride, padding="same", use_bias=last, name=f"conv_{index}"
        )(x)
        x = crop(x, target, f"crop_{index}")
        if not last:
            x = batch_norm(f"norm_{index}")(x)
            x = keras.layers.LeakyReLU(LEAK, name=f"activation_{index}")(x)
    return keras.layers.Activation("tanh", dtype="float32", name="images")(x)


def discriminator(
    image_shape: ImageShape,
    *,
    width: int = 64,
    depth: int | None = None,
    kernel_size: int | None = None,
    dropout: float = 0.3,
    norm: str = "none",
    head: Head | None = None,
) -> keras.Model:
    """Images [B, *image_shape] in [-1, 1] -> logits [B, 1] float32.

    `depth` stride-2 convolutions (None: as many as the generator has) of width, 2 width, 4 width,
    at most 8 width channels. `head` turns images and features into inputs and outputs of the
    network; None: a dense layer.
    """
    depth = depth or halvings(image_shape)
    kernel = kernel_for(image_shape, kernel_size)
    with keras.name_scope("discriminator"):
        head = head or Head()
        images = keras.Input(image_shape, name="images")
        x = head.before(images)
        for index in range(1, depth + 1):
            filters = min(width * 2 ** (index - 1), 8 * width)
            normed = (
                norm != "none" and index > 1
            )  # never on the pixels' own layer (Radford et al., section 3)
            layer = FromPixels if index == 1 else keras.layers.Conv2D
            x = layer(
                filters,
                kernel,
                strides=2,
                padding="same",
                use_bias=not normed,
                name=f"conv_{index}",
            )(x)
            if normed:
                x = NORMS[norm](f"norm_{index}")(x)
            x = keras.layers.LeakyReLU(LEAK, name=f"activation_{index}")(x)
            if dropout:
                x = Dropout(dropout, name=f"dropout_{index}")(x)
        outputs = head.after(x)
    return keras.Model(head.inputs(images), outputs, name="discriminator")


def crop(x: keras.KerasTensor, target: tuple[int, int], name: str) -> keras.KerasTensor:
    """Cut the row and column that doubling a rounded-up half leaves too many."""
    rows, columns = x.shape[1] - target[0], x.shape[2] - target[1]
    if not rows and not columns:
        return x
    return keras.layers.Cropping2D(((0, rows), (0, columns)), name=name)(x)
