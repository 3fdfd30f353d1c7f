"""The game of Goodfellow et al. (2014), with either side for the generator."""

from __future__ import annotations

from functools import partial

from gan_cli.base.lazy import tf
from gan_cli.objectives.losses import AdversarialLoss, adversarial_loss


def cross_entropy_discriminator(
    real: tf.Tensor, fake: tf.Tensor, smoothing: float = 0.0
) -> tf.Tensor:
    """-E log D(x) - E log(1 - D(G(z))) (eq. 1); real images are real by 1 - smoothing."""
    # (1 - s) softplus(-x) + s softplus(x) = softplus(-x) + s x
    of_real = tf.reduce_mean(tf.nn.softplus(-real) + smoothing * real)
    return of_real + tf.reduce_mean(tf.nn.softplus(fake))


def minimax_generator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """E log(1 - D(G(z))) (eq. 1): negative, and flat where the discriminator wins."""
    return -tf.reduce_mean(tf.nn.softplus(fake))


def non_saturating_generator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """-E log D(G(z)) (section 3)."""
    return tf.reduce_mean(tf.nn.softplus(-fake))


@adversarial_loss("minimax", smooths=True)
def minimax(smoothing: float) -> AdversarialLoss:
    """The original game; the generator learns slowly where the discriminator wins."""
    return AdversarialLoss(
        partial(cross_entropy_discriminator, smoothing=smoothing), minimax_generator
    )


@adversarial_loss("non_saturating", smooths=True)
def non_saturating(smoothing: float) -> AdversarialLoss:
    """Cross-entropy with the generator's non-saturating side."""
    return AdversarialLoss(
        partial(cross_entropy_discriminator, smoothing=smoothing), non_saturating_generator
    )
