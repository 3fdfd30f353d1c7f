"""An autoencoder in an adversarial game (Larsen et al. 2016): images are compared in the features
of the discriminator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from gan_cli.base.spec import Batch, Logs
from gan_cli.objectives.augmentation.views import view
from gan_cli.objectives.autoencoder import mean_latents
from gan_cli.objectives.gan import Game, image_generator
from gan_cli.objectives.likelihoods import kl_divergence
from gan_cli.objectives.model import Context, Model
from gan_cli.objectives.perceptual import Perceptual
from gan_cli.objectives.sides import (
    adversarial_phases,
    clip_weights,
    discriminator_losses,
    generator_loss,
)
from gan_cli.objectives.terms import Comparison, Output, Term


class Encoded(NamedTuple):
    """One forward pass.

    Attributes:
        comparison: what the discriminator saw and said; the fakes are the reconstructions, then the
            samples.
        kl: KL(q(z|x) || p(z)) of an image in nats, the mean of the batch.
        distances: name -> of an image and its reconstruction, in nats, the mean of the batch. The
            first is -log p(Dis_l(x)|z), without what no weight changes.
        elements: how many features an image has.
    """

    comparison: Comparison
    kl: tf.Tensor
    distances: Logs
    elements: float


CodeTerm = Callable[[Encoded, Context], tuple[dict[str, tf.Tensor], Logs]]
"""-> what encoder and generator pay beside the game, and what is logged."""


def reconstruction(gamma: float) -> CodeTerm:
    """The distance of images and reconstructions, for the encoder and, by gamma, for the generator
    (eq. 9).

    Both are divided by the number of features, which gives `beta` and `gamma` the same meaning at
    every size of image; a constant factor is nothing to Adam.
    """

    def term(seen: Encoded, context: Context) -> tuple[dict[str, tf.Tensor], Logs]:
        distance = sum(seen.distances.values())
        losses = {
            "encoder": distance / seen.elements,
            "generator": gamma * distance / seen.elements,
        }
        return losses, seen.distances

    return term


def divergence(beta: float) -> CodeTerm:
    """beta KL(q(z|x) || p(z)), for the encoder; beta is 1 in the paper."""

    def term(seen: Encoded, context: Context) -> tuple[dict[str, tf.Tensor], Logs]:
        return {"encoder": beta * seen.kl / seen.elements}, {"kl": seen.kl}

    return term


def encoded_gan(
    encoder: keras.Model,
    generator: keras.Model,
    discriminator: keras.Model,
    terms: Sequence[Term],
    code_terms: Sequence[CodeTerm],
    game: Game,
    distance: Perceptual | None = None,
) -> Model:
    """Three players: encoder, generator (the decoder) and discriminator (algorithm 1).

    The features of a reconstruction are normal about those of its image, with unit variance (eq. 7
    and 8). Reconstructions and samples share the weight that Goodfellow et al. give the fakes,
    where algorithm 1 counts each as much as the real images: only so has every adversarial loss its
    balance.

    Args:
        discriminator: images -> [logits, features].
        distance: a second distance between images and reconstructions.
    """
    sees = view(game.loss, game.augment)
    made = image_generator(generator)
    clip_weights({"discriminator": discriminator}, game.loss)

    def forward(batch: Batch, context: Context) -> Encoded:
        images, noise = batch["images"], context.noise
        mean, log_variance = encoder(images, training=True)
        latents = mean + tf.exp(0.5 * log_variance) * noise.normal("posterior", mean.shape)
        both = tf.concat([latents, noise.normal("latents", mean.shape)], axis=0)
        reconstructed, sampled = tf.split(generator(both, training=True), 2)
        seen, of_image, of_reconstruction = compared(images, reconstructed, sampled, context)
        squares = tf.reduce_sum(tf.square(of_image - of_reconstruction))
        distances = {"distance": 0.5 * squares / images.shape[0]}
        if distance:
            distances["features"] = tf.reduce_mean(distance(images, reconstructed))
        # In packs (`loss.pack`) several images share their features.
        elements = float(of_image.shape.num_elements() / images.shape[0])
        return Encoded(seen, tf.reduce_mean(kl_divergence(mean, log_variance)), distances, elements)

    def compared(
        images: tf.Tensor, reconstructed: tf.Tensor, sampled: tf.Tensor, context: Context
    ) -> tuple[Comparison, tf.Tensor, tf.Tensor]:
        """The comparison, and the features of images and of reconstructions.

        The discriminator sees all three in one batch, so that batch normalization measures them
        alike; and an image and its reconstruction change alike on their way to it.
        """
        real = sees(images, context.branch("real"))
        again = sees(reconstructed, context.branch("real"))
        fake = tf.concat([again, sees(sampled, context.branch("fake"))], axis=0)
        logits, features = discriminator(tf.concat([real, fake], axis=0), training=True)
        of_real, of_again, of_sampled = tf.split(logits, 3)
        of_image, of_reconstruction, _ = tf.split(tf.cast(features, tf.float32), 3)
        comparison = Comparison(
            real=tf.concat([real, real], axis=0),  # a real image for each fake: losses pair them
            fake=fake,
            of_real=Output(tf.concat([of_real, of_real], axis=0)),
            of_fake=Output(tf.concat([of_again, of_sampled], axis=0)),
            labels=None,
            logits_of=lambda images: discriminator(images, training=True)[0],
        )
        return comparison, of_image, of_reconstruction

    def of_makers(seen: Encoded, context: Context) -> tuple[dict[str, tf.Tensor], Logs]:
        losses: dict[str, tf.Tensor] = {}
        logs = Logs()
        for term in code_terms:
            own, more = term(seen, context)
            losses |= {
                name: losses[name] + own[name] if name in losses else own[name] for name in own
            }
            logs |= more
        against = generator_loss(terms, {"discriminator": seen.comparison}, context)
        return losses | {"generator": losses["generator"] + against}, logs

    def of_discriminator(seen: Encoded, context: Context) -> tuple[dict[str, tf.Tensor], Logs]:
        return discriminator_losses(
            terms, {"discriminator": seen.comparison}, context, game.adaptive
        )

    return Model(
        networks={"encoder": encoder, "generator": generator, "discriminator": discriminator},
        players={name: (name,) for name in ("encoder", "generator", "discriminator")},
        sampler=("encoder", "generator"),  # reconstructions need the encoder too
        phases=adversarial_phases(
            forward,
            {("encoder", "generator"): of_makers, ("discriminator",): of_discriminator},
            game.loss.discriminator_steps,
        ),
        latent_shape=made.latent_shape,
        sampling=made.sample,
        assemble=lambda networks: networks["generator"],
        encoding=mean_latents,
        prepare=distance.load if distance else lambda: None,
    )
