"""Adaptive discriminator augmentation (Karras et al. 2020, "Training generative adversarial
networks with limited data"): changes to real and generated images alike, the more often the more
the discriminator knows its real images by heart.

Each change happens to an image with the probability p, which rises while the measure of overfitting
is above its target and falls while it is below; well below 1, changes do not leak into what the
generator makes (section 2.2). Pixel blitting, geometric and colour changes are here; filters, noise
and cutout, which the authors leave out of what they recommend (section 3.1), are not. Places are
resampled bilinearly, without the filters of the paper. p and the sum behind the measure are state:
saved, and restored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from gan_cli.base.images import from_uint8, to_uint8
from gan_cli.base.machines import replicas
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Logs
from gan_cli.config.schema import Augment
from gan_cli.objectives.augmentation.affine import recolour, warp
from gan_cli.objectives.augmentation.random_affine import OF_RGB, Draws, of_colours, of_places
from gan_cli.objectives.losses import LOSSES
from gan_cli.objectives.model import Context
from gan_cli.objectives.terms import Comparison


class Adaptive:
    """Changes by a probability that follows how much the discriminator overfits.

    The measure is r_t = E[sign(D(x) - b)] of real images x (eq. 1), b being the logit that parts
    real from fake, 0 in the paper; of a loss to which differences of logits alone count it is
    E[sign(D(x) - D(G(z)))], ours. It is 0 without overfitting, and 1 where every real image is
    known for one. Once in `ada_interval` updates of the discriminator p moves by as much as takes
    it from 0 to 1 in `ada_images` real images, and stays within these two.

    Args:
        options: which changes, target, speed and interval.
        batch_size: real images of an update.
        boundary: b; None: the loss has none.

    Attributes:
        variables: what is saved.
    """

    def __init__(self, options: Augment, batch_size: int, boundary: float | None) -> None:
        self._changes = options.ada
        self._target, self._interval = options.ada_target, options.ada_interval
        self._rate = batch_size * options.ada_interval / options.ada_images
        self._boundary = boundary
        self._probability = tf.Variable(0.0, trainable=False, name="ada_probability")
        self._signs = tf.Variable(0.0, trainable=False, name="ada_signs")
        self.variables = {"ada_probability": self._probability, "ada_signs": self._signs}

    def __call__(self, images: tf.Tensor, noise: Noise) -> tf.Tensor:
        """Images, or sequences, as the discriminator shall see them now."""
        return changed(images, self._changes, self._probability.value(), noise)

    def observe(self, seen: Mapping[str, Comparison], context: Context) -> Logs:
        """Take note of what discriminators say of real images, and move p where that is due.

        Logs p as it was for these images, and the measure on them.
        """
        now = self._probability.value()
        measure = replicas.mean(tf.reduce_mean([self._overfitting(each) for each in seen.values()]))
        total = self._signs + measure
        due = tf.equal((context.update + 1) % self._interval, 0)
        moved = steered(now, total / self._interval, self._target, self._rate)
        self._probability.assign(tf.where(due, moved, now))
        self._signs.assign(tf.where(due, 0.0, total))
        return {"ada_p": now, "ada_r": measure}

    def _overfitting(self, seen: Comparison) -> tf.Tensor:
        of_real, of_fake = seen.of_real.logits, seen.of_fake.logits
        below = of_fake if self._boundary is None else self._boundary
        return tf.reduce_mean(tf.sign(of_real - below))


def adaptive(options: Augment, loss: str, batch_size: int) -> Adaptive | None:
    """The changes that `options.ada` names, steered; None where it names none.

    Args:
        loss: name of the adversarial loss.
        batch_size: real images of an update.
    """
    return Adaptive(options, batch_size, LOSSES[loss].boundary) if options.ada else None


def steered(probability: tf.Tensor, measure: tf.Tensor, target: float, rate: float) -> tf.Tensor:
    """p moved by `rate` towards more changes where the measure is above its target, towards fewer
    where it is below, within [0, 1].
    """
    return tf.clip_by_value(probability + rate * tf.sign(measure - target), 0.0, 1.0)


def changed(
    images: tf.Tensor, changes: Sequence[str], probability: tf.Tensor, noise: Noise
) -> tf.Tensor:
    """Images [B, H, W, C] or sequences [B, T, H, W, C], float32, each changed by each of the named
    changes with a probability: one resampling and one map of colours, whatever is asked for.

    What lies beyond an image is its mirror image. Colours go beyond [-1, 1], as in the paper.
    Frames of a sequence change alike.
    """
    count, (height, width, channels) = images.shape[0], images.shape[-3:]
    draws = Draws(noise, count, probability, height, width)
    wanted = changes if channels == 3 else [each for each in changes if each not in OF_RGB]
    frames = tf.reshape(images, (-1, height, width, channels))
    for apply, matrices in (
        (warp, of_places(wanted, draws)),
        (recolour, of_colours(wanted, draws)),
    ):
        if matrices is not None:
            frames = apply(frames, tf.repeat(matrices, frames.shape[0] // count, axis=0))
    return tf.reshape(frames, images.shape)


def preview(changes: Sequence[str], pixels: np.ndarray, seed: int, copies: int) -> list[np.ndarray]:
    """What the discriminator would see of uint8 images [N, H, W, C] or sequences in `copies` steps
    at p = 1, as uint8.
    """
    real = tf.constant(from_uint8(pixels.astype(np.float32)))
    always = tf.constant(1.0)
    return [
        to_uint8(changed(real, changes, always, Noise(seed, step)).numpy())
        for step in range(copies)
    ]
