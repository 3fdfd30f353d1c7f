"""Hinge loss (Lim and Ye 2017), as in SAGAN and BigGAN."""

from __future__ import annotations

from gan_cli.base.lazy import tf
from gan_cli.objectives.losses import AdversarialLoss, adversarial_loss
from gan_cli.objectives.losses.wasserstein import negative_fake_logits


def hinge_discriminator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """E max(0, 1 - D(x)) + E max(0, 1 + D(G(z))) (eq. 2)."""
    return tf.reduce_mean(tf.nn.relu(1.0 - real)) + tf.reduce_mean(tf.nn.relu(1.0 + fake))


@adversarial_loss("hinge")
def hinge() -> AdversarialLoss:
    """Hinge loss; the generator's side is -E D(G(z))."""
    return AdversarialLoss(hinge_discriminator, negative_fake_logits)
