"""Settings that the networks share."""

from __future__ import annotations

import keras

LEAK = 0.3
"""Slope of LeakyReLU below zero, Keras's own default and the tutorial's."""


def batch_norm(name: str) -> keras.layers.BatchNormalization:
    """Batch normalization with the short memory (0.9) that a generator in motion needs."""
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=name)
