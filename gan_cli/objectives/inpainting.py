"""A generator that fills holes of real images (Pathak et al. 2016), against discriminators that see
the whole image, and what is in and around the hole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from gan_cli.base.machines import replicas
from gan_cli.base.spec import Batch, Logs
from gan_cli.networks.inpainting import near
from gan_cli.objectives.augmentation.views import view
from gan_cli.objectives.gan import Game
from gan_cli.objectives.model import Context, Filling, Model, Networks
from gan_cli.objectives.sides import (
    adversarial_phases,
    clip_weights,
    compare,
    discriminator_losses,
    generator_loss,
)
from gan_cli.objectives.terms import Comparison, Term

LOCAL = "discriminator_local"


class Reconstruction(NamedTuple):
    """What the generator pays for pixels, beside the game.

    Attributes:
        hole: weight of the mean absolute difference in holes.
        rim: of that around them.
        pixels: how far the rim reaches, which the local discriminator sees too.
    """

    hole: float
    rim: float
    pixels: int


class Pass(NamedTuple):
    """One forward pass: what the discriminators saw and said, and the differences of pixels."""

    seen: dict[str, Comparison]
    hole: tf.Tensor
    rim: tf.Tensor
    logs: Logs


def inpainting(
    generator: keras.Model,
    gallery: keras.Model,
    discriminators: Networks,
    terms: Sequence[Term],
    weights: Reconstruction,
    game: Game,
) -> Model:
    """Each image of a batch gets a hole that is drawn for it; real and fake are the same image,
    whole and filled.

    Samples are pictures of a bank with drawn holes filled: the model makes no others.

    Args:
        generator: [images, holes] -> [filled, made].
        gallery: latents -> [pictures, holes], with layers `bank` and `holes`.
        discriminators: images -> logits; one called LOCAL sees the surroundings of the hole alone.
    """
    sees = view(game.loss, game.augment)
    bank, draw = gallery.get_layer("bank"), gallery.get_layer("holes")
    shape = tuple(gallery.input_shape[1:])
    clip_weights(discriminators, game.loss)

    def forward(batch: Batch, context: Context) -> Pass:
        images = batch["images"]
        holes = draw(context.noise.normal("latents", (images.shape[0], *shape)))
        filled, made = generator([images, holes], training=True)
        around = near(holes, weights.pixels)
        seen = {}
        for name, network in discriminators.items():
            part = around if name == LOCAL else tf.ones_like(around)
            seen[name] = compare(
                network, sees, images * part, filled * part, None, context.branch(name)
            )
        difference = tf.abs(made - images)
        rim = _mean(difference, around - holes)
        return Pass(seen, _mean(difference, holes), rim, bank.observe(replicas.gathered(images)))

    def of_generator(made: Pass, context: Context) -> tuple[dict[str, tf.Tensor], Logs]:
        pixels = weights.hole * made.hole + weights.rim * made.rim
        loss = pixels + generator_loss(terms, made.seen, context)
        return {"generator": loss}, {"l1_hole": made.hole, "l1_rim": made.rim}

    def of_discriminators(made: Pass, context: Context) -> tuple[dict[str, tf.Tensor], Logs]:
        losses, logs = discriminator_losses(terms, made.seen, context, game.adaptive)
        return losses, logs | made.logs

    return Model(
        networks={"generator": generator, "gallery": gallery, **discriminators},
        players={"generator": ("generator",), **{name: (name,) for name in discriminators}},
        sampler=("generator", "gallery"),
        phases=adversarial_phases(
            forward,
            {("generator",): of_generator, tuple(discriminators): of_discriminators},
            game.loss.discriminator_steps,
        ),
        latent_shape=shape,
        sampling=_sample,
        assemble=_assembled,
        filling=Filling(_fill, _given),
    )


def _mean(difference: tf.Tensor, where: tf.Tensor) -> tf.Tensor:
    """Over the pixels of a region of the whole batch, which may have none."""
    area = tf.maximum(replicas.mean(tf.reduce_sum(where)), 1.0) * difference.shape[-1]
    return tf.reduce_sum(difference * where) / area


def _sample(
    networks: Networks, latents: tf.Tensor, labels: tf.Tensor | None, steps: int | None
) -> tf.Tensor:
    filled, _ = networks["generator"](networks["gallery"](latents), training=False)
    return tf.clip_by_value(filled, -1.0, 1.0)


def _assembled(networks: Networks) -> keras.Model:
    latents = keras.Input(networks["gallery"].input_shape[1:], name="latents")
    filled, _ = networks["generator"](networks["gallery"](latents))
    return keras.Model(latents, keras.ops.clip(filled, -1.0, 1.0))


def _fill(networks: Networks, images: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
    _, made = networks["generator"]([images, holes], training=False)
    return tf.clip_by_value(made, -1.0, 1.0)


def _given(networks: Networks, latents: tf.Tensor) -> list[tf.Tensor]:
    images, holes = networks["gallery"](latents)
    return [images, holes]
