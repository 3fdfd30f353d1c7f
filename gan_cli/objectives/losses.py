"""Adversarial losses: pure functions from logits to scalars, a pair for each name.

Each function takes float32 logits [B, 1] of real and fake images and returns a scalar.
The discriminator's loss falls as real logits rise and fake ones fall.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import tensorflow as tf

LossFunction = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class AdversarialLoss(NamedTuple):
    """The two sides of a game, both of (real_logits, fake_logits)."""

    discriminator: LossFunction
    generator: LossFunction


def smoothed(name: str, smoothing: float) -> AdversarialLoss:
    """A loss whose discriminator takes real images for real by 1 - smoothing only (Salimans et al.
    2016, section 3.4).

    One-sided: the targets of fake images stay, and so does the generator's loss. With smoothing 0
    it is `ADVERSARIAL[name]`.

    Raises:
        ValueError: real images have no target in this loss.
    """
    if smoothing == 0.0:
        return ADVERSARIAL[name]
    if name not in SMOOTHED:
        raise ValueError(
            f"loss {name} has no target of real images to smooth (accepted: {', '.join(SMOOTHED)})"
        )
    return AdversarialLoss(
        partial(SMOOTHED[name], smoothing=smoothing), ADVERSARIAL[name].generator
    )


def cross_entropy_discriminator(
    real: tf.Tensor, fake: tf.Tensor, smoothing: float = 0.0
) -> tf.Tensor:
    """-E log D(x) - E log(1 - D(G(z))) (Goodfellow et al. 2014, eq. 1); real images are real by 1 -
    smoothing.
    """
    # (1 - s) softplus(-x) + s softplus(x) = softplus(-x) + s x
    return tf.reduce_mean(tf.nn.softplus(-real) + smoothing * real) + tf.reduce_mean(
        tf.nn.softplus(fake)
    )


def minimax_generator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """E log(1 - D(G(z))) (Goodfellow et al. 2014, eq. 1): negative, and flat where the
    discriminator wins.
    """
    return -tf.reduce_mean(tf.nn.softplus(fake))


def non_saturating_generator(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """-E log D(G(z)) (Goodfellow et al. 2014, section 3)."""
    return tf.reduce_mean(tf.nn.softplus(-fake))


def least_squares_discriminator(
    real: tf.Tensor, fake: tf.Tensor, smoothing: float = 0.0
) -> tf.Tensor:
    """1/2 E (D(x) - 1)^2 + 1/2 E D(G(z))^2 (Mao et al. 2017, eq. 9); the target of real images is 1
    - smoothing.
    """
    return 0.5 * (
        tf.reduce_mean(tf.square(real - (1.0 - smoothing))) + tf.reduce_mean(tf.square(fake))
    )


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
    """-E D(G(z)): the generator of the hinge (Lim and Ye 2017) and the Wasserstein loss (Arjovsky
    et al. 2017).
    """
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
    "relativistic_paired": AdversarialLoss(
        relativistic_paired_discriminator, relativistic_paired_generator
    ),
}

SMOOTHED: dict[str, Callable[..., tf.Tensor]] = {
    "minimax": cross_entropy_discriminator,
    "non_saturating": cross_entropy_discriminator,
    "least_squares": least_squares_discriminator,
}
"""The discriminators' sides in which real images have a target that can be lowered."""


def combined(name: str, hardness: float) -> Callable[[list[tf.Tensor]], tf.Tensor]:
    """How a generator's losses against several discriminators become one (Durugkar et al. 2017,
    section 4).

    `mean` and `max` are what `softmax` is with a hardness of 0 and of infinity: sum of w_i V_i, w =
    softmax(hardness * V).
    """
    functions: dict[str, Callable[[list[tf.Tensor]], tf.Tensor]] = {
        "mean": tf.reduce_mean,
        "max": tf.reduce_max,
        "softmax": lambda losses: tf.reduce_sum(
            tf.nn.softmax(hardness * tf.stack(losses)) * tf.stack(losses)
        ),
    }
    return functions[name]
