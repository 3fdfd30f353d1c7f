"""Networks of ours in the layers of Keras, for those who use them without gan_cli."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras

from gan_cli.networks.layers.common import ClassEmbedding
from gan_cli.networks.layers.convolution import FromPixels, ToPixels
from gan_cli.networks.layers.dropout import Dropout
from gan_cli.networks.layers.grouped import GroupedConvolution
from gan_cli.networks.layers.normalization import BatchNorm

Kind = Callable[[dict[str, Any]], keras.layers.Layer]
"""Of a layer's configuration the layer that takes its place."""
Kinds = Mapping[type[keras.layers.Layer], Kind]


def _embedding(config: dict[str, Any]) -> keras.layers.Layer:
    return keras.layers.Embedding(
        config["num_classes"], config["dim"], name=config["name"], dtype=config["dtype"]
    )


STANDARD: Kinds = {
    BatchNorm: keras.layers.BatchNormalization.from_config,
    ClassEmbedding: _embedding,
    Dropout: keras.layers.Dropout.from_config,
    FromPixels: keras.layers.Conv2D.from_config,
    GroupedConvolution: keras.layers.Conv2D.from_config,
    ToPixels: keras.layers.Conv2DTranspose.from_config,
}
"""Layers that compute, faster or in a fixed order, what one of Keras's own does."""


def in_standard_layers(network: keras.Model, others: Kinds | None = None) -> keras.Model:
    """A copy with the same values, in Keras's own layers where those compute the same.

    Args:
        others: what takes the place of more kinds of layers, or of these.
    """
    kinds = {**STANDARD, **(others or {})}

    def standard(layer: keras.layers.Layer) -> keras.layers.Layer:
        return kinds.get(type(layer), type(layer).from_config)(layer.get_config())

    copy = keras.models.clone_model(network, clone_function=standard, recursive=True)
    for ours, theirs in zip(copy.variables, network.variables, strict=True):
        ours.assign(theirs)
    return copy


def is_standard(network: keras.Model) -> bool:
    """Whether all of its layers are Keras's own."""
    return all(
        is_standard(layer)
        if isinstance(layer, keras.Model)
        else type(layer).__module__.startswith("keras.")
        for layer in network.layers
    )
