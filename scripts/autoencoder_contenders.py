"""The hand-written autoencoders that gan-train is measured against, in plain Keras layers.

The networks are those of `model=vae` and `model=sequence_vae` at the options of `benchmark.py`.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from contenders import Networks, Round, apply, batches, timed
from keras import layers

SETTLING = 4
"""Steps of the recurrent cell before the first frame."""


def bound(real: tf.Tensor, logits: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor) -> tf.Tensor:
    """The negative evidence lower bound of black and white pixels; `variance` is its logarithm."""
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(0.5 * (real + 1.0), logits)
    divergence = 0.5 * tf.reduce_sum(tf.square(mean) + tf.exp(variance) - 1.0 - variance, axis=1)
    axes = list(range(1, real.shape.rank))
    return tf.reduce_mean(tf.reduce_sum(entropy, axis=axes) + divergence)


def drawn(mean: tf.Tensor, variance: tf.Tensor) -> tf.Tensor:
    return mean + tf.exp(0.5 * variance) * tf.random.normal(tf.shape(mean))


def vae(images: np.ndarray, batch: int, steps: int, width: int) -> tuple[Networks, Round]:
    """A convolutional variational autoencoder as Keras's example has it, in one compiled step."""
    shape, side = images.shape[1:], images.shape[1] // 4
    x = pixels = keras.Input(shape)
    for filters in (width, 2 * width):
        x = layers.LeakyReLU()(layers.Conv2D(filters, 5, strides=2, padding="same")(x))
    x = layers.Flatten()(x)
    encoder = keras.Model(pixels, [layers.Dense(40)(x), layers.Dense(40)(x)])
    decoder = keras.Sequential(
        [
            keras.Input((40,)),
            layers.Dense(side * side * 2 * width),
            layers.Reshape((side, side, 2 * width)),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(width, 5, strides=2, padding="same"),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(shape[2], 5, strides=2, padding="same"),
        ]
    )
    optimizer, source = keras.optimizers.Adam(1e-3), batches(images, batch)

    @tf.function
    def train_step(real: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            mean, variance = encoder(real, training=True)
            loss = bound(real, decoder(drawn(mean, variance), training=True), mean, variance)
        apply(optimizer, tape, loss, encoder, decoder)
        return loss

    networks = {"encoder": encoder, "decoder": decoder}
    return networks, timed(lambda: train_step(next(source)), steps, batch)


def sequence_vae(images: np.ndarray, batch: int, steps: int, width: int) -> tuple[Networks, Round]:
    """A GRU reads the frames, a convolutional GRU that the latent starts makes them again."""
    length, shape = images.shape[1], images.shape[2:]
    networks = sequence_networks(length, shape, width)
    _, encoder, start, cell, frames = networks.values()
    optimizer, source = keras.optimizers.Adam(1e-3), batches(images, batch)

    @tf.function
    def train_step(real: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            mean, variance = encoder(real, training=True)
            state = start(drawn(mean, variance), training=True)
            states = []
            for step in range(SETTLING + length):
                if step >= SETTLING:
                    states.append(state)
                if step < SETTLING + length - 1:
                    state = cell(state, training=True)
            shown = frames(tf.reshape(tf.stack(states, 1), (-1, *state.shape[1:])), training=True)
            loss = bound(real, tf.reshape(shown, tf.shape(real)), mean, variance)
        apply(optimizer, tape, loss, encoder, start, cell, frames)
        return loss

    return networks, timed(lambda: train_step(next(source)), steps, batch)


def sequence_networks(length: int, shape: tuple[int, int, int], width: int) -> Networks:
    """For frames of 32 to 63 pixels: three halvings to read one, two doublings to make one."""
    side, channels = shape[0] // 4, 32
    reader = keras.Sequential([keras.Input(shape)])
    for index in range(3):
        reader.add(layers.Conv2D(width * 2**index, 4, 2, padding="same", use_bias=not index))
        if index:
            reader.add(layers.BatchNormalization())
        reader.add(layers.LeakyReLU())
    for layer in (layers.Flatten(), layers.Dense(128), layers.LeakyReLU()):
        reader.add(layer)
    sequence = keras.Input((length, *shape))
    flat = keras.ops.reshape(sequence, (-1, *shape))
    x = layers.GRU(128, go_backwards=True)(keras.ops.reshape(reader(flat), (-1, length, 128)))
    encoder = keras.Model(sequence, [layers.Dense(64)(x), layers.Dense(64)(x)])

    start = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(256),
            layers.LeakyReLU(),
            layers.Dense(side * side * channels),
            layers.Reshape((side, side, channels)),
            layers.Activation("tanh"),
        ]
    )
    state = keras.Input((side, side, channels))
    update = layers.Conv2D(channels, 3, padding="same", activation="sigmoid")(state)
    reset = layers.Conv2D(channels, 3, padding="same", activation="sigmoid")(state)
    proposal = layers.Conv2D(channels, 3, padding="same", activation="tanh")(reset * state)
    cell = keras.Model(state, state + update * (proposal - state))
    frames = keras.Sequential(
        [
            keras.Input((side, side, channels)),
            layers.Conv2DTranspose(width, 4, 2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(shape[2], 4, 2, padding="same"),
        ]
    )
    return {
        "reader": reader,
        "encoder": encoder,
        "start": start,
        "cell": cell,
        "frames": frames,
    }
