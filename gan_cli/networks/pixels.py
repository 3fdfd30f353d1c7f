"""Pixels drawn one by one, without a weight that is learnt: uniformly, or from the histogram of
what was seen.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from gan_cli.base.images import from_uint8
from gan_cli.base.spec import Logs
from gan_cli.networks.dcgan import ImageShape

MOST_BYTES = 2**27
"""What a memory of the data may take (128 MiB), however large its images are."""
LEVELS = 256


def uniform(image_shape: ImageShape) -> keras.Model:
    """Latents [B, *image_shape] -> images of the same shape in [-1, 1]; every grey level is as
    likely as any other.
    """
    latents = keras.Input(image_shape, name="latents")
    return keras.Model(latents, Uniform(name="images", dtype="float32")(latents), name="pixels")


def histogram(image_shape: ImageShape) -> keras.Model:
    """Latents [B, *image_shape] -> images in [-1, 1]; each pixel and channel has a histogram of its
    own.
    """
    latents = keras.Input(image_shape, name="latents")
    layer = Histogram(math.prod(image_shape), bins_for(image_shape), name="images", dtype="float32")
    return keras.Model(latents, layer(latents), name="pixels")


def bins_for(image_shape: ImageShape) -> int:
    """Bins of each histogram: all 256 levels up to 209x209x3 pixels, then half as many as often as
    MOST_BYTES asks for it.
    """
    most = MOST_BYTES // (4 * math.prod(image_shape))
    return int(min(LEVELS, 2 ** math.floor(math.log2(most))))


def normal_cdf(latents: tf.Tensor) -> tf.Tensor:
    """Standard normal numbers -> uniform ones in [0, 1): the largest float below 1 stands for 1."""
    return tf.clip_by_value(0.5 * tf.math.erfc(latents * -math.sqrt(0.5)), 0.0, 1.0 - 2.0**-24)


def to_levels(images: tf.Tensor) -> tf.Tensor:
    """Images in [-1, 1] -> grey levels 0..255, float32, rounded to the nearest."""
    return tf.clip_by_value(tf.round((images + 1.0) * 127.5), 0.0, LEVELS - 1.0)


@keras.saving.register_keras_serializable("gan_cli")
class Uniform(keras.layers.Layer):
    """Any grey level for any pixel; it remembers nothing."""

    def call(self, latents: tf.Tensor) -> tf.Tensor:
        return from_uint8(tf.floor(normal_cdf(latents) * LEVELS))

    def observe(self, images: tf.Tensor) -> Logs:
        """What a pixel's value costs, in bits."""
        return {"bits_per_value": tf.constant(math.log2(LEVELS))}

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape


@keras.saving.register_keras_serializable("gan_cli")
class Histogram(keras.layers.Layer):
    """The inverse of each pixel's cumulative histogram, at the number that its latent is the normal
    quantile of.

    `counts` [values * bins] float32 is exact up to 16.7 million images. As long as it has seen
    none, all levels are as likely.

    Args:
        values: height x width x channels.
        bins: of each histogram; a power of two, at most LEVELS.
    """

    def __init__(self, values: int, bins: int, **settings: Any) -> None:
        super().__init__(**settings)
        self._values, self.bins = values, bins

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"values": self._values, "bins": self.bins}

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.counts = self.add_weight(
            shape=(self._values * self.bins,),
            initializer="zeros",
            trainable=False,
            name="counts",
            dtype="float32",
        )

    def call(self, latents: tf.Tensor) -> tf.Tensor:
        counts = tf.reshape(self.counts.value, [self._values, self.bins])
        counts += tf.cast(tf.equal(self._seen(), 0.0), tf.float32)
        cumulative = tf.cumsum(counts, axis=1)
        ranks = (
            tf.transpose(tf.reshape(normal_cdf(latents), [-1, self._values])) * cumulative[:, -1:]
        )  # [values, B]
        chosen = tf.searchsorted(cumulative, ranks, side="right")
        inside = tf.gather(counts, chosen, batch_dims=1)
        passed = ranks - (tf.gather(cumulative, chosen, batch_dims=1) - inside)
        width = LEVELS // self.bins  # within a bin every level is as likely
        levels = tf.cast(chosen * width, tf.float32) + tf.clip_by_value(
            tf.floor(passed / inside * width), 0.0, width - 1.0
        )
        return from_uint8(tf.reshape(tf.transpose(levels), tf.shape(latents)))

    def observe(self, images: tf.Tensor) -> Logs:
        """Count images [B, H, W, C]; what one of their values cost before, in bits, if every bin
        had been seen once more.
        """
        counts, total = self.counts.value, self._seen()
        bins = tf.cast(to_levels(images), tf.int32) // (LEVELS // self.bins)
        of_each = tf.transpose(
            tf.reshape(bins, [-1, self._values])
        )  # [values, B]: five times as fast as [B, values]
        places = of_each + tf.expand_dims(tf.range(self._values) * self.bins, 1)
        shares = (tf.gather(counts, places) + 1.0) / (total + self.bins)
        bits = math.log2(LEVELS / self.bins) - tf.reduce_mean(tf.math.log(shares)) / math.log(2.0)
        tf.raw_ops.ResourceScatterAdd(
            resource=counts.handle, indices=places, updates=tf.constant(1.0)
        )
        return {"bits_per_value": bits}

    def _seen(self) -> tf.Tensor:
        """How many images were counted: as many as the first pixel has counts."""
        return tf.reduce_sum(self.counts.value[: self.bins])

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape
