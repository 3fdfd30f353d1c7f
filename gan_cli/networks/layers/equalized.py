"""Layers with an equalized learning rate (Karras et al. 2018, section 4.1): weights of unit
variance that are scaled where they are used, so that an optimizer moves all layers at one relative
rate.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from gan_cli.networks.layers.resampling import filtered, half

SLOPE = 0.2
GAIN = math.sqrt(2.0)
"""What leaky rectification is multiplied by, to keep the variance."""


def leaky(x: tf.Tensor) -> tf.Tensor:
    """Leaky rectification without its gain. That is the same before it as after, as
    a (sqrt(2) x) = sqrt(2) a(x), and costs nothing where weights are scaled anyway.
    """
    return tf.nn.leaky_relu(x, SLOPE)


def unit_normal() -> keras.initializers.Initializer:
    """A new one for each layer: it draws its seed when it is made."""
    return keras.initializers.RandomNormal(stddev=1.0)


@keras.saving.register_keras_serializable("gan_cli")
class EqualizedDense(keras.layers.Layer):
    """Vectors [B, n] -> [B, units].

    Args:
        activation: leaky, with its gain, or linear.
        rate: of learning, beside other layers' 1; what the layer computes at first is the same.
    """

    def __init__(
        self, units: int, *, activation: str = "linear", rate: float = 1.0, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.units, self.activation, self.rate = units, activation, rate

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        size = int(input_shape[-1] or 0)
        self.kernel = self.add_weight(
            shape=(size, self.units),
            initializer=keras.initializers.RandomNormal(stddev=1.0 / self.rate),
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        self._gain = self.rate * (GAIN if self.activation == "leaky" else 1.0)
        self._scale = self._gain / math.sqrt(size)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        y = tf.matmul(x, self.kernel * self._scale) + self.bias * self._gain
        return leaky(y) if self.activation == "leaky" else y

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {
            "units": self.units,
            "activation": self.activation,
            "rate": self.rate,
        }


@keras.saving.register_keras_serializable("gan_cli")
class EqualizedConv2D(keras.layers.Layer):
    """Images [B, H, W, C] -> [B, H, W, filters], or half the size, rounded up.

    Args:
        activation: leaky, with its gain, or linear.
        halve: filter, then take every second pixel.
        scale: a factor on what comes out.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int = 3,
        *,
        activation: str = "leaky",
        halve: bool = False,
        use_bias: bool = True,
        scale: float = 1.0,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.filters, self.kernel_size, self.activation = filters, kernel_size, activation
        self.halve, self.use_bias, self.scale = halve, use_bias, scale

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (self.kernel_size, self.kernel_size, int(input_shape[-1] or 0), self.filters)
        self.kernel = self.add_weight(shape=shape, initializer=unit_normal(), name="kernel")
        if self.use_bias:
            self.bias = self.add_weight(shape=shape[-1:], initializer="zeros", name="bias")
        self._gain = self.scale * (GAIN if self.activation == "leaky" else 1.0)
        self._factor = self._gain / math.sqrt(math.prod(shape[:-1]))

    def call(self, images: tf.Tensor) -> tf.Tensor:
        kernel = self.kernel * self._factor
        if self.halve:
            height, width = images.shape[1:3]
            images = filtered(images, ((2, 2 + height % 2), (2, 2 + width % 2)))
        x = tf.nn.conv2d(images, kernel, 1 + self.halve, "VALID" if self.halve else "SAME")
        if self.use_bias:
            x = tf.nn.bias_add(x, self.bias * self._gain)
        return leaky(x) if self.activation == "leaky" else x

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        size = half(*input_shape[1:3]) if self.halve else input_shape[1:3]
        return (input_shape[0], *size, self.filters)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "activation": self.activation,
            "halve": self.halve,
            "use_bias": self.use_bias,
            "scale": self.scale,
        }
