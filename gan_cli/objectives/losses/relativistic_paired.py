"""Relativistic loss over pairs of real and fake (Jolicoeur-Martineau 2018)."""

from __future__ import annotations

from gan_cli.base.lazy import tf
from gan_cli.objectives.losses import AdversarialLoss, adversarial_loss


def relativistic_paired_discriminator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """-E log sigmoid(D(x) - D(G(z))) over pairs (eq. 3)."""
    return tf.reduce_mean(tf.nn.softplus(fake - real))


def relativistic_paired_generator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """-E log sigmoid(D(G(z)) - D(x)) over pairs (eq. 4)."""
    return tf.reduce_mean(tf.nn.softplus(real - fake))


@adversarial_loss("relativistic_paired", boundary=None)
def relativistic_paired() -> AdversarialLoss:
    """Relativistic loss over pairs."""
    return AdversarialLoss(relativistic_paired_discriminator, relativistic_paired_generator)
