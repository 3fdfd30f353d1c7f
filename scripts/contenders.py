"""What gan-train is measured against: loops as one writes them after TensorFlow's and Keras's
tutorials, in plain Keras layers, optimizers and tf.data, without a line of gan_cli's networks.

Each function builds once and returns a round: a call of so many steps that gives items a second.
The networks are those of TensorFlow's tutorial, for images whose sides are a multiple of 4;
`autoencoder_contenders` has the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf
from keras import layers

Round = Callable[[], float]
Networks = dict[str, keras.Model]
CRITIC_STEPS = 5


def timed(step: Callable[[], object], steps: int, items: int) -> Round:
    """A round of `steps` calls, each of `items` items; the last one's result is waited for."""

    def run() -> float:
        began = time.perf_counter()
        for _ in range(steps):
            done = step()
        np.asarray(done)
        return steps * items / (time.perf_counter() - began)

    return run


def batches(images: np.ndarray, batch: int) -> Iterator[tf.Tensor]:
    pixels = images.astype("float32") / 127.5 - 1.0
    dataset = tf.data.Dataset.from_tensor_slices(pixels).shuffle(len(pixels)).repeat()
    return iter(dataset.batch(batch, drop_remainder=True).prefetch(tf.data.AUTOTUNE))


def apply(
    optimizer: keras.Optimizer, tape: tf.GradientTape, loss: tf.Tensor, *networks: keras.Model
) -> None:
    variables = [each for network in networks for each in network.trainable_variables]
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))


def gan_networks(shape: tuple[int, int, int], width: int, dropout: float = 0.3) -> Networks:
    """The tutorial's pair."""
    side = shape[0] // 4
    generator = keras.Sequential(
        [
            keras.Input((100,)),
            layers.Dense(side * side * 4 * width, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Reshape((side, side, 4 * width)),
            layers.Conv2DTranspose(2 * width, 5, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(width, 5, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(shape[2], 5, strides=2, padding="same"),
            layers.Activation("tanh", dtype="float32"),
        ]
    )
    discriminator = keras.Sequential([keras.Input(shape)])
    for filters in (width, 2 * width):
        discriminator.add(layers.Conv2D(filters, 5, strides=2, padding="same"))
        discriminator.add(layers.LeakyReLU())
        if dropout:
            discriminator.add(layers.Dropout(dropout))
    discriminator.add(layers.Flatten())
    discriminator.add(layers.Dense(1, dtype="float32"))
    return {"generator": generator, "discriminator": discriminator}


def gan(
    images: np.ndarray, batch: int, steps: int, width: int, policy: str = "float32"
) -> tuple[Networks, Round]:
    """The loop of the TensorFlow tutorial; no average, no checks."""
    keras.mixed_precision.set_global_policy(policy)
    networks = gan_networks(images.shape[1:], width)
    generator, discriminator = networks.values()
    optimizers = [keras.optimizers.Adam(2e-4, 0.5) for _ in range(2)]
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    source = batches(images, batch)

    @tf.function
    def train_step(real: tf.Tensor) -> tf.Tensor:
        noise = tf.random.normal([batch, 100])
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            fake = generator(noise, training=True)
            real_logits = discriminator(real, training=True)
            fake_logits = discriminator(fake, training=True)
            generator_loss = cross_entropy(tf.ones_like(fake_logits), fake_logits)
            discriminator_loss = cross_entropy(tf.ones_like(real_logits), real_logits)
            discriminator_loss += cross_entropy(tf.zeros_like(fake_logits), fake_logits)
        apply(optimizers[0], generator_tape, generator_loss, generator)
        apply(optimizers[1], discriminator_tape, discriminator_loss, discriminator)
        return discriminator_loss

    return networks, timed(lambda: train_step(next(source)), steps, batch)


def critic(images: np.ndarray, batch: int, steps: int, width: int) -> tuple[Networks, Round]:
    """WGAN-GP as algorithm 1 of Gulrajani et al. reads, in one compiled step.

    Images are counted as gan-train counts them: those of all six updates, though the generator's
    own needs no real ones.
    """
    networks = gan_networks(images.shape[1:], width, dropout=0.0)
    generator, discriminator = networks.values()
    optimizers = [keras.optimizers.Adam(1e-4, 0.0, 0.9) for _ in range(2)]
    source = batches(images, CRITIC_STEPS * batch)

    def critic_step(real: tf.Tensor) -> None:
        fake = generator(tf.random.normal([batch, 100]), training=True)
        mixed = fake + tf.random.uniform([batch, 1, 1, 1]) * (real - fake)
        with tf.GradientTape() as tape:
            with tf.GradientTape() as inner:
                inner.watch(mixed)
                logits = discriminator(mixed, training=True)
            squares = tf.reduce_sum(tf.square(inner.gradient(logits, mixed)), axis=[1, 2, 3])
            loss = 10.0 * tf.reduce_mean(tf.square(tf.sqrt(squares) - 1.0))
            loss += tf.reduce_mean(discriminator(fake, training=True))
            loss -= tf.reduce_mean(discriminator(real, training=True))
        apply(optimizers[1], tape, loss, discriminator)

    @tf.function
    def train_step(images: tf.Tensor) -> tf.Tensor:
        for real in tf.split(images, CRITIC_STEPS):
            critic_step(real)
        with tf.GradientTape() as tape:
            fake = generator(tf.random.normal([batch, 100]), training=True)
            loss = -tf.reduce_mean(discriminator(fake, training=True))
        apply(optimizers[0], tape, loss, generator)
        return loss

    step = timed(lambda: train_step(next(source)), steps, (CRITIC_STEPS + 1) * batch)
    return networks, step


def train_on_batch(
    images: np.ndarray, batch: int, steps: int, width: int, predict: str
) -> tuple[Networks, Round]:
    """The old Keras way: real, fake, and the stacked model, a train_on_batch each; the fakes come
    from the method `predict`.
    """
    networks = gan_networks(images.shape[1:], width)
    generator, discriminator = networks.values()
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    discriminator.compile(keras.optimizers.Adam(2e-4, 0.5), loss)
    frozen = keras.models.clone_model(discriminator)
    frozen.trainable = False
    stacked = keras.Sequential([generator, frozen])
    stacked.compile(keras.optimizers.Adam(2e-4, 0.5), loss)
    pixels = images.astype("float32") / 127.5 - 1.0
    random = np.random.default_rng(0)
    silent = {"verbose": 0} if predict == "predict" else {}
    ones, zeros = np.ones((batch, 1), "float32"), np.zeros((batch, 1), "float32")

    def step() -> float:
        noise = random.standard_normal((batch, 100), dtype="float32")
        discriminator.train_on_batch(pixels[random.integers(0, len(pixels), batch)], ones)
        discriminator.train_on_batch(getattr(generator, predict)(noise, **silent), zeros)
        return stacked.train_on_batch(noise, ones)

    return networks, timed(step, steps, batch)


def sample(images: np.ndarray, batch: int, steps: int, width: int) -> tuple[Networks, Round]:
    """The compiled generator called in a bare loop, one fetched result at a time."""
    networks = gan_networks(images.shape[1:], width)
    function = tf.function(lambda latents: networks["generator"](latents, training=False))
    latents = tf.random.normal([batch, 100])
    return networks, timed(lambda: function(latents).numpy(), steps, batch)
