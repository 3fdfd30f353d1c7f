"""Networks of ours in the layers of Keras, for those who use them without gan_cli."""

from __future__ import annotations

import keras

from gan_cli.networks.convolution import FromPixels, ToPixels
from gan_cli.networks.dropout import Dropout
from gan_cli.networks.grouped import GroupedConvolution
from gan_cli.networks.normalization import BatchNorm

STANDARD: dict[type[keras.layers.Layer], type[keras.layers.Layer]] = {
    BatchNorm: keras.layers.BatchNormalization,
    Dropout: keras.layers.Dropout,
    FromPixels: keras.layers.Conv2D,
    GroupedConvolution: keras.layers.Conv2D,
    ToPixels: keras.layers.Conv2DTranspose,
}
"""Layers that compute, faster, what one of Keras's own does."""


def in_standard_layers(network: keras.Model) -> keras.Model:
    """A copy with the same values, in Keras's own layers where those compute the same."""
    copy = keras.models.clone_model(network, clone_function=_standard)
    for ours, theirs in zip(copy.variables, network.variables, strict=True):
        ours.assign(theirs)
    return copy


def _standard(layer: keras.layers.Layer) -> keras.layers.Layer:
    kind = STANDARD.get(type(layer), type(layer))
    return kind.from_config(layer.get_config())
