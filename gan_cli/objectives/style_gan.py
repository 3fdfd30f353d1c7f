"""A generator that makes a style of a latent and an image of styles (Karras et al. 2019), and the
length of its paths (Karras et al. 2020).
"""

from __future__ import annotations

import math

import keras
import tensorflow as tf

from gan_cli.base.machines import replicas
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import Batch, Logs
from gan_cli.networks.layers.styles import FixedNoise, fixed_noise
from gan_cli.objectives.gan import Generator, Regularizer
from gan_cli.objectives.gradients import lazily, root
from gan_cli.objectives.model import Context, Networks
from gan_cli.objectives.sides import call
from gan_cli.objectives.space import Styles

SHRINK = 2
"""Batches beside which that of the path lengths is small (Karras et al. 2020, appendix B)."""
PATH_DECAY = 0.99
"""Of the mean length of paths, at each that is measured."""


def style_generator(
    mapping: keras.Model, synthesis: keras.Model, *, mixing: float, num_classes: int = 0
) -> Generator:
    """The two networks of `gan_cli.networks.stylegan` as one generator.

    Args:
        mixing: share of the images whose first layers have the style of one latent and whose later
            ones that of another (Karras et al. 2019, section 3.1).
    """

    def generate(latents: tf.Tensor, labels: tf.Tensor | None, noise: Noise) -> tf.Tensor:
        styles = mixed_styles(mapping, synthesis, latents, labels, noise, mixing, training=True)
        return synthesized(synthesis, styles, planes(synthesis, latents.shape[0], noise))

    styles = space_of_styles(synthesis)
    return Generator(
        networks={"mapping": mapping, "synthesis": synthesis},
        generate=generate,
        sample=styles.sample,
        latent_shape=tuple(mapping.inputs[0].shape[1:]),
        num_classes=num_classes,
        assemble=assembled,
        styles=styles,
    )


def space_of_styles(synthesis: keras.Model) -> Styles:
    """W: of one latent all layers have the same style."""

    def of(networks: Networks, latents: tf.Tensor, labels: tf.Tensor | None) -> tf.Tensor:
        styles = call(networks["mapping"], latents, labels, training=False)
        return tf.repeat(tf.expand_dims(styles, 1), layers(synthesis), axis=1)

    def kernels(networks: Networks) -> list[tf.Tensor]:
        found = networks["synthesis"].layers
        return [each.style_kernel for each in found if hasattr(each, "style_kernel")]

    return Styles(
        shape=(layers(synthesis), int(synthesis.inputs[0].shape[2])),
        of=of,
        images=lambda networks, styles: synthesized(networks["synthesis"], styles),
        mean=lambda networks: networks["mapping"].get_layer("mean").mean.value,
        kernels=kernels,
        assemble=assembled,
    )


def synthesized(
    synthesis: keras.Model, styles: tf.Tensor, noise: list[tf.Tensor] | None = None
) -> tf.Tensor:
    """Styles [B, D], one for all layers, or [B, L, D], one for each -> images [B, H, W, C] float32,
    not bounded.

    Args:
        noise: [B, h, w, 1] for each layer; None: one that is always the same.
    """
    if len(styles.shape) == 2:
        styles = tf.repeat(tf.expand_dims(styles, 1), layers(synthesis), axis=1)
    if noise is None:
        noise = [tf.constant(each) for each in fixed_noise(noise_sizes(synthesis))]
    images: tf.Tensor = synthesis([styles, *noise])
    return images


def mixed_styles(
    mapping: keras.Model,
    synthesis: keras.Model,
    latents: tf.Tensor,
    labels: tf.Tensor | None,
    noise: Noise,
    mixing: float,
    training: bool,
) -> tf.Tensor:
    """The style of each layer [B, L, D]: those from a random one on are, in a share of the images,
    of a second latent.
    """
    count, number = latents.shape[0], layers(synthesis)
    if not mixing:
        styles = call(mapping, latents, labels, training)
        return tf.repeat(tf.expand_dims(styles, 1), number, axis=1)
    both = tf.concat([latents, noise.normal("second", latents.shape)], axis=0)
    twice = None if labels is None else tf.concat([labels, labels], axis=0)
    first, second = tf.split(call(mapping, both, twice, training), 2)
    place = 1.0 + tf.floor(noise.uniform("crossover", (count, 1)) * (number - 1))
    place = tf.where(noise.uniform("mixing", (count, 1)) < mixing, place, float(number))
    of_first = tf.expand_dims(tf.range(float(number)) < place, -1)  # [B, L, 1]
    return tf.where(of_first, tf.expand_dims(first, 1), tf.expand_dims(second, 1))


def path_length(
    generator: Generator, *, weight: float, interval: int, mixing: float, decay: float = PATH_DECAY
) -> Regularizer:
    """E (|J^T y| - a)^2 of the Jacobian J of an image by its styles, at normal y of unit variance
    (Karras et al. 2020, eq. 4), where a is the mean of the lengths so far.

    Lengths are those of the published code: y is divided by the root of the number of pixels, and
    the squares of all layers' styles are averaged. Logs `path_length`, their mean, and
    `path_length_penalty`.

    Args:
        interval: updates from one such penalty to the next.
        decay: of a, at each of them.
    """
    mapping, synthesis = generator.networks.values()
    mean = tf.Variable(0.0, trainable=False, name="path_length_mean")

    def after(length: tf.Tensor) -> tf.Tensor:
        return mean + (1.0 - decay) * (tf.stop_gradient(length) - mean)

    def lengths(count: int, labels: tf.Tensor | None, noise: Noise) -> tf.Tensor:
        latents = noise.normal("latents", (count, *generator.latent_shape))
        styles = mixed_styles(mapping, synthesis, latents, labels, noise, mixing, training=False)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(styles)
            images = synthesized(synthesis, styles, planes(synthesis, count, noise))
            directions = noise.normal("directions", images.shape)
            total = tf.reduce_sum(images * directions) / math.sqrt(math.prod(images.shape[1:3]))
        squares = tf.reduce_sum(tf.square(tape.gradient(total, styles)), axis=2)
        return root(tf.reduce_mean(squares, axis=1))

    def cost(batch: Batch, context: Context) -> tuple[tf.Tensor, Logs]:
        noise = context.noise.branch("path_length")
        count = max(1, batch["images"].shape[0] // SHRINK)
        labels = _first(batch["labels"], count) if generator.num_classes else None

        def compute() -> tuple[tf.Tensor, tf.Tensor]:
            found = lengths(count, labels, noise)
            length = replicas.mean(tf.reduce_mean(found))
            return tf.reduce_mean(tf.square(found - after(length))), length

        penalty, length = lazily(context.update, interval, compute)
        due = tf.equal(context.update % interval, 0)
        mean.assign(tf.where(due, after(length / interval), mean))
        return weight * penalty, {"path_length": length, "path_length_penalty": penalty}

    return Regularizer(cost, {"path_length_mean": mean})


def _first(labels: tf.Tensor, count: int) -> tf.Tensor:
    """The labels of the first items of the batch: as many for each replica."""
    return replicas.own(replicas.gathered(labels)[: count * replicas.number()])


def planes(synthesis: keras.Model, count: int, noise: Noise) -> list[tf.Tensor]:
    """New noise for each layer, [count, h, w, 1]."""
    return [
        noise.normal(f"layer_{index}", (count, *size, 1))
        for index, size in enumerate(noise_sizes(synthesis))
    ]


def layers(synthesis: keras.Model) -> int:
    """How many styles it takes."""
    return int(synthesis.inputs[0].shape[1])


def noise_sizes(synthesis: keras.Model) -> list[tuple[int, int]]:
    """(height, width) of the noise of each layer."""
    return [tuple(each.shape[1:3]) for each in synthesis.inputs[1:]]


def assembled(networks: Networks, share: float = 1.0) -> keras.Model:
    """One network from latents [B, D], or these and labels, to images [B, H, W, C] in [-1, 1].

    Args:
        share: of the distance of styles from their mean; see `Styles.truncated`.
    """
    mapping, synthesis = networks["mapping"], networks["synthesis"]
    inputs = [keras.Input(x.shape[1:], dtype=x.dtype, name=x.name) for x in mapping.inputs]
    styles = mapping(inputs if len(inputs) > 1 else inputs[0])
    if share != 1.0:
        mean = mapping.get_layer("mean").mean.numpy()
        offset = ((1.0 - share) * mean).tolist()
        styles = keras.layers.Rescaling(share, offset, name="truncation")(styles)
    styles = keras.layers.RepeatVector(layers(synthesis), name="styles")(styles)
    noise = FixedNoise(noise_sizes(synthesis), name="noise")(styles)
    clip = keras.layers.Activation("hard_tanh", dtype="float32", name="images")
    images = clip(synthesis([styles, *noise]))
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], images, name="generator")
