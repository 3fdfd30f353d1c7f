"""Directions as an input of a network: how far its images go along each."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from gan_cli.base.errors import DataError
from gan_cli.exporting.formats import Arrays
from gan_cli.objectives.model import Model

STRENGTHS = "strengths"


def steered(model: Model, moves: np.ndarray) -> keras.Model:
    """The generator with one more input, `strengths` [B, K], after its own.

    Args:
        moves: float32 [K, ...]; what a strength of 1 adds to latents, or to styles.

    Raises:
        DataError: they are of another shape than both.
    """
    network = model.generator
    inputs = [keras.Input(x.shape[1:], dtype=x.dtype, name=x.name) for x in network.inputs]
    strengths = keras.Input((len(moves),), name=STRENGTHS)
    shift = keras.layers.Dense(moves[0].size, use_bias=False, name="directions")
    shape = keras.layers.Reshape(moves.shape[1:], name="shift")
    add = keras.layers.Add(dtype="float32", name="moved")
    if moves.shape[1:] == model.latent_shape:
        latents = add([inputs[0], shape(shift(strengths))])
        images = network([latents, *inputs[1:]] if inputs[1:] else latents)
    elif model.styles is not None and moves.shape[1:] == model.styles.shape:
        styles = network.get_layer("styles").output
        before = keras.Model(network.inputs, styles, name="to_styles")
        after = keras.Model(styles, network.output, name="of_styles")
        images = after(add([before(inputs if inputs[1:] else inputs[0]), shape(shift(strengths))]))
    else:
        expected = model.styles.shape if model.styles else model.latent_shape
        raise DataError(
            f"directions: {list(moves.shape)}, this model takes {['K', *expected]}".replace("'", "")
        )
    shift.set_weights([moves.reshape(len(moves), -1)])
    return keras.Model([*inputs, strengths], images, name="generator")


def with_strengths(draw: Callable[[int], Arrays], count: int, seed: int) -> Callable[[int], Arrays]:
    """The same draw with strengths, standard normal float32 [N, count]."""
    random = np.random.default_rng([seed, count])

    def drawn(number: int) -> Arrays:
        return {**draw(number), STRENGTHS: random.standard_normal((number, count), np.float32)}

    return drawn


def images(model: Model, inputs: Arrays, moves: np.ndarray) -> np.ndarray:
    """What the model itself makes of inputs with strengths, one after the other."""
    given = [values for name, values in inputs.items() if name != STRENGTHS]
    made = []
    for place, strengths in enumerate(inputs[STRENGTHS]):
        moved = model.moved(tf.constant(np.tensordot(strengths, moves, 1)))
        made.append(moved.sample(*(tf.constant(each[place : place + 1]) for each in given)))
    return np.concatenate(made)
