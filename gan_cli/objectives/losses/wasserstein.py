"""The distance of Arjovsky et al. (2017), which needs clipped weights or a gradient penalty."""

from __future__ import annotations

from gan_cli.base.lazy import tf
from gan_cli.objectives.losses import AdversarialLoss, adversarial_loss


def wasserstein_discriminator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """E D(G(z)) - E D(x) (eq. 2): minus the estimated distance."""
    return tf.reduce_mean(fake) - tf.reduce_mean(real)


def negative_fake_logits(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """-E D(G(z)): the generator's side, here and of the hinge loss."""
    return -tf.reduce_mean(fake)


@adversarial_loss("wasserstein", boundary=None)
def wasserstein() -> AdversarialLoss:
    """Wasserstein distance by its dual."""
    return AdversarialLoss(wasserstein_discriminator, negative_fake_logits)
