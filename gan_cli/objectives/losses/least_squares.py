"""Squared distance of the logits to 1 and 0 (Mao et al. 2017)."""

from __future__ import annotations

from functools import partial

from gan_cli.base.lazy import tf
from gan_cli.objectives.losses import AdversarialLoss, adversarial_loss


def least_squares_discriminator(
    real: tf.Tensor, fake: tf.Tensor, smoothing: float = 0.0
) -> tf.Tensor:
    """1/2 E (D(x) - 1)^2 + 1/2 E D(G(z))^2 (eq. 9); the target of real images is 1 - smoothing."""
    of_real = tf.reduce_mean(tf.square(real - (1.0 - smoothing)))
    return 0.5 * (of_real + tf.reduce_mean(tf.square(fake)))


def least_squares_generator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """1/2 E (D(G(z)) - 1)^2 (eq. 9)."""
    return 0.5 * tf.reduce_mean(tf.square(fake - 1.0))


@adversarial_loss("least_squares", smooths=True, boundary=0.5)
def least_squares(smoothing: float) -> AdversarialLoss:
    """Squared distance of the logits to 1 and 0."""
    return AdversarialLoss(
        partial(least_squares_discriminator, smoothing=smoothing), least_squares_generator
    )
