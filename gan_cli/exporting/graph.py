"""What is exported: one network whose inputs and outputs have names, and what it makes of 16
samples in this process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from gan_cli.base.errors import ConfigError
from gan_cli.exporting import directions
from gan_cli.exporting.about import About
from gan_cli.exporting.compare import COUNT
from gan_cli.exporting.formats import Arrays
from gan_cli.exporting.portable import Upsampled
from gan_cli.networks.standard import Kinds, in_standard_layers
from gan_cli.objectives.model import Model
from gan_cli.sampling import drawing


@dataclass(frozen=True)
class Graph:
    """A network to export.

    Attributes:
        network: as the run has it; its inputs have the order of `inputs`.
        draw: any number of inputs such as it is made for.
        inputs, outputs: of 16 samples, by name, computed by what gan-sample computes with.
        part: of the model.
    """

    network: keras.Model
    draw: Callable[[int], Arrays]
    inputs: Arrays
    outputs: Arrays
    part: str
    about: About

    def standard(self) -> keras.Model:
        """A copy in Keras's own layers, as far as those compute the same."""
        return in_standard_layers(self.network)

    def portable(self, others: Kinds | None = None) -> keras.Model:
        """A copy that converters understand: all shapes but the batch are known.

        Args:
            others: what takes the place of more kinds of layers.
        """
        upsampling: Kinds = {keras.layers.UpSampling2D: Upsampled.from_config}
        return in_standard_layers(self.network, {**upsampling, **(others or {})})

    @property
    def signature(self) -> list[tf.TensorSpec]:
        """Of any batch."""
        return [
            tf.TensorSpec([None, *values.shape[1:]], values.dtype, name=name)
            for name, values in self.inputs.items()
        ]

    def run(self, inputs: Arrays) -> Arrays:
        """Outputs of the network as the run has it."""
        outputs = self.serving(self.network)(*map(tf.constant, inputs.values()))
        return {name: each.numpy() for name, each in outputs.items()}

    def serving(self, network: keras.Model) -> Callable[..., dict[str, tf.Tensor]]:
        """The network, or a copy of it: inputs in their order -> outputs by name."""

        def serve(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            given = list(inputs) if len(inputs) > 1 else inputs[0]
            outputs = tf.nest.flatten(network(given, training=False))
            return dict(zip(self.outputs, outputs, strict=True))

        return serve


def generator(model: Model, about: About, moves: np.ndarray | None = None, seed: int = 0) -> Graph:
    """latents float32 [N, ...], and labels int64 [N] where it is told the class, or captions int32
    [N, L] where it is told these, -> images in [-1, 1], float32 [N, H, W, C] or [N, T, H, W, C].

    Args:
        moves: float32 [K, ...], of directions; then how far it goes along each is one more input,
            `strengths` float32 [N, K].
    """
    draw = _named(drawing.inputs(model, seed))
    if moves is None:
        network, inputs = model.generator, draw(COUNT)
        images = model.sample(*map(tf.constant, inputs.values())).numpy()
    else:
        network = directions.steered(model, moves)
        draw = directions.with_strengths(draw, len(moves), seed)
        inputs = draw(COUNT)
        images = directions.images(model, inputs, moves)
    return Graph(network, draw, inputs, {"images": images}, "generator", about)


def encoder(model: Model, about: About, seed: int = 0) -> Graph:
    """images float32 [N, H, W, C] in [-1, 1], here the model's own, -> mean and log_variance of
    their latents, float32 [N, D].

    Raises:
        ConfigError: it has none.
    """
    if model.encoding is None:
        raise ConfigError(f"part=encoder: model={about.model} has no encoder; leave part out")
    drawn = _named(drawing.inputs(model, seed))
    network = model.networks["encoder"]

    def draw(count: int) -> Arrays:
        return {"images": model.sample(*map(tf.constant, drawn(count).values())).numpy()}

    inputs = draw(COUNT)
    outputs = network(tf.constant(inputs["images"]), training=False)
    named = zip(("mean", "log_variance"), outputs, strict=True)
    return Graph(network, draw, inputs, {name: x.numpy() for name, x in named}, "encoder", about)


def _named(draw: drawing.Draw) -> Callable[[int], Arrays]:
    def named(count: int) -> Arrays:
        found = draw(count)._asdict()
        return {name: values for name, values in found.items() if values is not None}

    return named
