"""Encoder and decoder of a variational autoencoder (Kingma and Welling 2014), for any image from 8
pixels up, square or not.

Two architectures: `conv` halves the image like `gan_cli.networks.dcgan` until its shorter side is 4
to 7 pixels; `dense` is the perceptron of the paper's appendix C, deeper, with layers of `hidden`
units that add to what came before (He et al. 2016).
"""

from __future__ import annotations

import math
from typing import Any

import keras

from gan_cli.networks.dcgan import ImageShape, crop, halvings, kernel_for, sizes
from gan_cli.networks.layers.common import LEAK, NORMS


def encoder(
    image_shape: ImageShape,
    *,
    latent_dim: int = 40,
    width: int = 32,
    architecture: str = "conv",
    hidden: int = 400,
    depth: int | None = None,
    kernel_size: int | None = None,
    norm: str = "none",
) -> keras.Model:
    """Images [B, *image_shape] in [-1, 1] -> [mean, log_variance], both [B, latent_dim] float32.

    Args:
        width: channels of the first convolution; they double with each, up to 8 times.
        architecture: conv or dense.
        hidden: units of each dense layer.
        depth: convolutions, or dense layers; None: as many as `halvings`, or 2.
        norm: none, batch or layer, between the convolutions.
    """
    with keras.name_scope("encoder"):
        images = keras.Input(image_shape, name="images")
        if architecture == "dense":
            # Black as 0 leaves most inputs of a digit silent: 1.5 nats on MNIST after 13 epochs.
            x = keras.layers.Rescaling(0.5, 0.5, name="rescale")(images)
            x = keras.layers.Flatten(name="flatten")(x)
            x = _perceptron(x, hidden, depth or 2)
        else:
            x = _halve(
                images,
                width,
                depth or halvings(image_shape),
                kernel_for(image_shape, kernel_size),
                norm,
            )
            x = keras.layers.Flatten(name="flatten")(x)
        mean = keras.layers.Dense(latent_dim, dtype="float32", name="mean")(x)
        log_variance = keras.layers.Dense(latent_dim, dtype="float32", name="log_variance")(x)
    return keras.Model(images, [mean, log_variance], name="encoder")


def decoder(
    image_shape: ImageShape,
    *,
    latent_dim: int = 40,
    width: int = 32,
    architecture: str = "conv",
    hidden: int = 400,
    depth: int | None = None,
    kernel_size: int | None = None,
    norm: str = "none",
    activation: str = "linear",
    scale: float | None = None,
    learn_scale: bool = True,
) -> keras.Model:
    """Latents [B, latent_dim] -> what the likelihood asks for at each pixel, [B, *image_shape]
    float32.

    Args:
        width: channels before the image; towards the latents they double with each layer, up to 8
            times.
        depth: convolutions, or hidden dense layers; None: as many as `halvings`, or 3.
        activation: of the output: `linear` for logits, `tanh` for images.
        scale: also return log_scale [B, 1, 1, C] float32, one number per channel that starts as the
            logarithm of this.
        learn_scale: whether those numbers are trained.
    """
    with keras.name_scope("decoder"):
        latents = keras.Input((latent_dim,), name="latents")
        if architecture == "dense":
            x = _perceptron(latents, hidden, depth or 3)
            x = keras.layers.Dense(math.prod(image_shape), name="pixels")(x)
            x = keras.layers.Reshape(image_shape, name="reshape")(x)
        else:
            x = _double(
                latents,
                image_shape,
                width,
                depth or halvings(image_shape),
                kernel_for(image_shape, kernel_size),
                norm,
            )
        decoded = keras.layers.Activation(activation, dtype="float32", name="decoded")(x)
        if scale is None:
            return keras.Model(latents, decoded, name="decoder")
        log_scale = LogScale(
            math.log(scale), trainable=learn_scale, dtype="float32", name="log_scale"
        )(decoded)
    return keras.Model(latents, [decoded, log_scale], name="decoder")


@keras.saving.register_keras_serializable("gan_cli")
class LogScale(keras.layers.Layer):
    """One number per channel, whatever the input is: [B, H, W, C] -> [B, 1, 1, C]."""

    def __init__(self, initial: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.initial = initial

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        start = keras.initializers.Constant(self.initial)
        self.value = self.add_weight(shape=(input_shape[-1],), initializer=start, name="value")

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"initial": self.initial}

    def call(self, x: Any) -> Any:
        return keras.ops.zeros_like(x[:, :1, :1, :]) + self.value

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], 1, 1, input_shape[-1])


def _perceptron(x: keras.KerasTensor, hidden: int, depth: int) -> keras.KerasTensor:
    """Smooth units: with rectified ones more latents fall silent in the first steps and stay so."""
    for index in range(1, depth + 1):
        y = keras.layers.Dense(hidden, activation="silu", name=f"dense_{index}")(x)
        x = y if index == 1 else keras.layers.Add(name=f"add_{index}")([x, y])
    return x


def _halve(
    x: keras.KerasTensor, width: int, depth: int, kernel: int, norm: str
) -> keras.KerasTensor:
    for index in range(1, depth + 1):
        normed = norm != "none" and index > 1
        filters = min(width * 2 ** (index - 1), 8 * width)
        x = keras.layers.Conv2D(
            filters, kernel, strides=2, padding="same", use_bias=not normed, name=f"conv_{index}"
        )(x)
        if normed:
            x = NORMS[norm](f"norm_{index}")(x)
        x = keras.layers.LeakyReLU(LEAK, name=f"activation_{index}")(x)
    return x


def _double(
    x: keras.KerasTensor, image_shape: ImageShape, width: int, depth: int, kernel: int, norm: str
) -> keras.KerasTensor:
    """Latents to the smallest picture, doubled `depth` times; the last doubling makes the
    pixels.
    """
    up = sizes(image_shape, depth)[::-1]
    channels = [min(width * 2**power, 8 * width) for power in range(depth)][::-1]
    normed = norm != "none"
    x = keras.layers.Dense(math.prod(up[0]) * channels[0], use_bias=not normed, name="dense")(x)
    x = keras.layers.Reshape((*up[0], channels[0]), name="reshape")(x)
    for index, target in enumerate(up[1:], start=1):
        if normed:
            x = NORMS[norm](f"norm_{index}")(x)
        x = keras.layers.LeakyReLU(LEAK, name=f"activation_{index}")(x)
        last = index == depth
        filters, biased = (image_shape[2], True) if last else (channels[index], not normed)
        x = keras.layers.Conv2DTranspose(
            filters, kernel, strides=2, padding="same", use_bias=biased, name=f"conv_{index}"
        )(x)
        x = crop(x, target, f"crop_{index}")
    return x
