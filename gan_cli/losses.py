"""Adversarial losses: pure functions from logits to scalars, a pair for each name.

Each function takes float32 logits [B, 1] of real and fake images and returns a scalar.
The discriminator's loss falls as real logits rise and fake ones fall.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

LossFunction = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class AdversarialLoss(NamedTuple):
    """The two sides of a game, both of (real_logits, fake_logits)."""

    discriminator: LossFunction
    generator: LossFunction


def cross_entropy_discriminator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """-E log D(x) - E log(1 - D(G(z))) (Goodfellow et al. 2014, eq. 1)."""
    return tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(fake))


def minimax_generator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """E log(1 - D(G(z))) (Goodfellow et al. 2014, eq. 1): negative, and flat where the discriminator wins."""
    return -tf.reduce_mean(tf.nn.softplus(fake))


def non_saturating_generator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """-E log D(G(z)) (Goodfellow et al. 2014, section 3)."""
    return tf.reduce_mean(tf.nn.softplus(-fake))


def least_squares_discriminator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """1/2 E (D(x) - 1)^2 + 1/2 E D(G(z))^2 (Mao et al. 2017, eq. 9)."""
    return 0.5 * (tf.reduce_mean(tf.square(real - 1.0)) + tf.reduce_mean(tf.square(fake)))


def least_squares_generator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """1/2 E (D(G(z)) - 1)^2 (Mao et al. 2017, eq. 9)."""
    return 0.5 * tf.reduce_mean(tf.square(fake - 1.0))


def hinge_discriminator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """E max(0, 1 - D(x)) + E max(0, 1 + D(G(z))) (Lim and Ye 2017, eq. 2)."""
    return tf.reduce_mean(tf.nn.relu(1.0 - real)) + tf.reduce_mean(tf.nn.relu(1.0 + fake))


def wasserstein_discriminator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """E D(G(z)) - E D(x) (Arjovsky et al. 2017, eq. 2): minus the estimated distance."""
    return tf.reduce_mean(fake) - tf.reduce_mean(real)


def negative_fake_logits(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """-E D(G(z)): the generator of the hinge (Lim and Ye 2017) and the Wasserstein loss (Arjovsky et al. 2017)."""
    return -tf.reduce_mean(fake)


def relativistic_paired_discriminator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """-E log sigmoid(D(x) - D(G(z))) over pairs (Jolicoeur-Martineau 2018, eq. 3)."""
    return tf.reduce_mean(tf.nn.softplus(fake - real))


def relativistic_paired_generator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """-E log sigmoid(D(G(z)) - D(x)) over pairs (Jolicoeur-Martineau 2018, eq. 4)."""
    return tf.reduce_mean(tf.nn.softplus(real - fake))


ADVERSARIAL: dict[str, AdversarialLoss] = {
    "minimax": AdversarialLoss(cross_entropy_discriminator, minimax_generator),
    "non_saturating": AdversarialLoss(cross_entropy_discriminator, non_saturating_generator),
    "least_squares": AdversarialLoss(least_squares_discriminator, least_squares_generator),
    "hinge": AdversarialLoss(hinge_discriminator, negative_fake_logits),
    "wasserstein": AdversarialLoss(wasserstein_discriminator, negative_fake_logits),
    "relativistic_paired": AdversarialLoss(relativistic_paired_discriminator, relativistic_paired_generator),
}
