"""Images from a model: the same seed gives the same images, however they are cut into batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from gan_cli.images import to_uint8
from gan_cli.models.base import Model

Sampler = Callable[[tf.Tensor], tf.Tensor]


def compiled(model: Model) -> Sampler:
    """The model's sampling function as one graph for any batch size."""
    signature = [tf.TensorSpec([None, *model.latent_shape], tf.float32)]
    sample: Sampler = tf.function(lambda latents: model.sample(latents), input_signature=signature)
    return sample


def batches(
    model: Model, count: int, seed: int, batch_size: int, sampler: Sampler | None = None
) -> Iterator[np.ndarray]:  # fmt: skip
    """`count` images as uint8 batches [<= batch_size, H, W, C].

    Latents are read from one stream of random numbers, so that image i depends on the seed and on i alone. `sampler` is the
    model's compiled function, where there is one already.
    """
    function, draw = sampler or compiled(model), latents(model, seed)
    for start in range(0, count, batch_size):
        size = min(batch_size, count - start)
        yield to_uint8(function(tf.constant(draw(size))).numpy())


def latents(model: Model, seed: int) -> Callable[[int], np.ndarray]:
    """A function that gives the next n latents [n, *latent_shape] float32 of the seed's stream."""
    generator = np.random.default_rng(seed)
    return lambda n: generator.standard_normal((n, *model.latent_shape), dtype=np.float32)
