"""Holes of pictures, filled by a model that was trained to fill them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from gan_cli.base.images import GREY, from_uint8, pairs, to_uint8
from gan_cli.base.lazy import np
from gan_cli.objectives.model import Model
from gan_cli.sampling.drawing import Inputs, Sampler

Filler = Callable[[np.ndarray, np.ndarray], np.ndarray]


def filler(model: Model) -> Filler:
    """uint8 images [B, H, W, C] and holes bool [B, H, W, 1] -> whole images, as one graph for any
    batch size.
    """

    @functools.cache
    def graph(shape: tuple[int, ...]) -> Any:
        signature = [tf.TensorSpec([None, *each]) for each in (shape, (*shape[:2], 1))]
        function = tf.function(model.fill, input_signature=signature, autograph=False)
        return function.get_concrete_function()

    def fill(images: np.ndarray, holes: np.ndarray) -> np.ndarray:
        given = from_uint8(tf.constant(images, tf.float32))
        return to_uint8(graph(images.shape[1:])(given, tf.constant(holes, tf.float32)).numpy())

    return fill


def beside_holes(model: Model, pictures: np.ndarray | None = None) -> Sampler:
    """Of each input a picture with a hole in grey, and after it the same filled: uint8 [2 B, H, W,
    C].

    Args:
        pictures: uint8 [B, H, W, C] that get the holes; None: those of training that the model
            keeps.
    """
    assert model.filling is not None
    given, fill = model.filling.given, filler(model)

    def sample(inputs: Inputs) -> np.ndarray:
        kept, drawn = given(model.networks, tf.constant(inputs.latents))
        holes, whole = drawn.numpy() > 0.5, pictures
        if whole is None:
            whole = to_uint8(kept.numpy())
        hidden = np.where(holes, np.uint8(GREY), whole)
        return pairs(hidden, np.where(holes, fill(whole, holes), whole))

    return sample
