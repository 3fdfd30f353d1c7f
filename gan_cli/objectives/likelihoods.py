"""Log-likelihoods of images and the divergence of a Gaussian code: pure functions, in nats per
image.

Images are float32 [B, H, W, C] in [-1, 1]; every function sums over the pixels or latents of an
image and returns [B].
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf

LEVEL = 2.0 / 255.0
"""The distance from one of the 256 grey levels to the next."""


def bernoulli(images: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """log p(x|z) of pixels that are -1 or 1 (Kingma and Welling 2014, appendix C.1, eq. 11).

    Greys between count as that share of an event: a cross-entropy, not the likelihood of anything.
    """
    targets = 0.5 * (images + 1.0)
    return -_sum(tf.nn.sigmoid_cross_entropy_with_logits(targets, logits))


def gaussian(images: tf.Tensor, mean: tf.Tensor, log_scale: tf.Tensor) -> tf.Tensor:
    """log N(x; mean, exp(log_scale)^2) (Kingma and Welling 2014, appendix C.2): a density, which
    may exceed 1.

    `log_scale` is that of the standard deviation and broadcasts against the images.
    """
    standardised = (images - mean) * tf.exp(-log_scale)
    return -_sum(0.5 * tf.square(standardised) + log_scale + 0.5 * math.log(2.0 * math.pi))


def discretised_logistic(images: tf.Tensor, mean: tf.Tensor, log_scale: tf.Tensor) -> tf.Tensor:
    """log P(x) of 256 grey levels, each the logistic's mass over its bin (Salimans et al. 2017, eq.
    2, one component).

    The bins of black and white reach to infinity. With a, b the upper and lower edge, standardised,
    the mass is s(a) - s(b) = s(a) s(-b) (1 - e^(b - a)), which does not cancel however small it is.
    """
    inverse = tf.exp(-log_scale)
    above, below = (images - mean + 0.5 * LEVEL) * inverse, (images - mean - 0.5 * LEVEL) * inverse
    log_below_upper, log_above_lower = -tf.nn.softplus(-above), -tf.nn.softplus(below)
    inside = log_below_upper + log_above_lower + tf.math.log(-tf.math.expm1(-LEVEL * inverse))
    edge = 1.0 - 0.5 * LEVEL
    return _sum(
        tf.where(images < -edge, log_below_upper, tf.where(images > edge, log_above_lower, inside))
    )


def kl_divergence(mean: tf.Tensor, log_variance: tf.Tensor) -> tf.Tensor:
    """KL(N(mean, diag variance) || N(0, 1)) of latents [B, L] (Kingma and Welling 2014, appendix
    B).
    """
    return 0.5 * _sum(tf.square(mean) + tf.exp(log_variance) - 1.0 - log_variance)


class Likelihood(NamedTuple):
    """How images follow from what a decoder says.

    Attributes:
        log_probability: (images, *parameters) -> nats [B].
        image: the decoder's first output -> the mean image, in [-1, 1].
        layers: gives Keras layers that do the same.
        activation: of the decoder's first output.
        scaled: whether it has a scale beside it.
    """

    log_probability: Callable[..., tf.Tensor]
    image: Callable[[tf.Tensor], tf.Tensor]
    layers: Callable[[], list[keras.layers.Layer]]
    activation: str
    scaled: bool


def _mean_of_logits() -> list[keras.layers.Layer]:
    """2 sigmoid(x) - 1 = tanh(x / 2)."""
    return [
        keras.layers.Rescaling(0.5, dtype="float32", name="half_logits"),
        keras.layers.Activation("tanh", dtype="float32", name="mean_image"),
    ]


LIKELIHOODS: dict[str, Likelihood] = {
    "bernoulli": Likelihood(
        bernoulli, lambda logits: tf.tanh(0.5 * logits), _mean_of_logits, "linear", False
    ),
    "gaussian": Likelihood(gaussian, tf.identity, list, "tanh", True),
    "logistic": Likelihood(discretised_logistic, tf.identity, list, "tanh", True),
}


def _sum(values: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(values, axis=list(range(1, values.shape.rank)))
