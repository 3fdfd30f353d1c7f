"""The variables of networks by name, and between them and arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Variable = Any
"""A keras.Variable or a tf.Variable: both have shape, dtype, numpy() and assign()."""


def variables_by_key(network: str, model: keras.Model) -> dict[str, keras.Variable]:
    """'network/layer/variable' -> every variable of a network, seeds of Dropout included.

    The keys hold our own layer names only: neither Keras's counters nor the order of creation
    enters.

    Raises:
        ValueError: two variables of one layer share a name.
    """
    found: dict[str, keras.Variable] = {}
    for layer in model.layers:
        for variable in layer.variables:
            key = f"{network}/{layer.name}/{variable.name}"
            if key in found:
                raise ValueError(f"two variables are called {key}")
            found[key] = variable
    return found


def export(tensors: Mapping[str, Variable]) -> dict[str, np.ndarray]:
    """Variables as arrays of the same shape and dtype."""
    return {key: np.asarray(variable.numpy()) for key, variable in tensors.items()}


def expected(tensors: Mapping[str, Variable]) -> dict[str, tuple[tuple[int, ...], str]]:
    """key -> (shape, dtype), what a checkpoint must hold."""
    return {key: (tuple(v.shape), tf.as_dtype(v.dtype).name) for key, v in tensors.items()}


def assign(tensors: Mapping[str, Variable], arrays: Mapping[str, np.ndarray]) -> None:
    """Put arrays that were checked against `expected` into the variables."""
    for key, variable in tensors.items():
        variable.assign(arrays[key])
