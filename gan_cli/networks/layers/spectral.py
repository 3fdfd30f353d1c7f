"""Layers whose kernel is divided by its spectral norm, the largest singular value (Miyato et al.
2018).
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

Shape = tuple[int | None, ...]


class Spectral(keras.layers.Layer):
    """A layer that works with W / sigma(W), W being its kernel as a matrix [inputs, outputs].

    `singular_vector` u [outputs] is state. A pass reads it and leaves it as it is: all passes
    between two updates, those of penalties and of the generator too, see one sigma. `after_update`
    moves it by one power iteration (algorithm 1), once for each update of the kernel.

    Keras's own `SpectralNormalization` overwrites the kernel instead, and in every pass.
    """

    def add_kernel(
        self, shape: Shape, initializer: keras.initializers.Initializer | str = "glorot_uniform"
    ) -> None:
        """Make the kernel [..., outputs] and its singular vector; both stay in float32."""
        self.kernel = self.add_weight(
            shape=shape, initializer=initializer, name="kernel", autocast=False
        )
        self.singular_vector = self.add_weight(
            shape=shape[-1:],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="singular_vector",
            trainable=False,
            autocast=False,
        )

    def sigma(self) -> tf.Tensor:
        """v W u, scalar, whose gradient is v u^T (eq. 12): the vectors are constants."""
        matrix, u, v = self._vectors()
        return tf.tensordot(v, tf.linalg.matvec(matrix, u), 1)

    def normalized(self) -> tf.Tensor:
        """W / sigma(W), in the type of the layer's arithmetic."""
        return tf.cast(self.kernel / self.sigma(), self.compute_dtype)

    def after_update(self) -> None:
        """u <- W^T v / |W^T v|."""
        matrix, _, v = self._vectors()
        self.singular_vector.assign(_unit(tf.linalg.matvec(matrix, v, transpose_a=True)))

    def _vectors(self) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """W [inputs, outputs], u / |u| and v = W u / |W u|."""
        matrix = tf.reshape(self.kernel, [-1, self.kernel.shape[-1]])
        u = _unit(tf.convert_to_tensor(self.singular_vector))
        v = tf.stop_gradient(_unit(tf.linalg.matvec(matrix, u)))
        return matrix, u, v


def _unit(vector: tf.Tensor) -> tf.Tensor:
    return tf.math.l2_normalize(vector, epsilon=1e-24)


@keras.saving.register_keras_serializable("gan_cli")
class SpectralDense(Spectral):
    """Vectors [B, D] -> [B, units]."""

    def __init__(self, units: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.units = units

    def build(self, input_shape: Shape) -> None:
        self.add_kernel((input_shape[-1], self.units))
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.matmul(x, self.normalized()) + tf.cast(self.bias, self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.units)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"units": self.units}


@keras.saving.register_keras_serializable("gan_cli")
class SpectralConv2D(Spectral):
    """Images [B, H, W, C] -> [B, H, W, filters], by a square kernel with zeros at the borders.

    Args:
        gain: what the variance of the kernel at the start is multiplied with, beside Glorot's.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        use_bias: bool = True,
        gain: float = 1.0,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.filters, self.kernel_size = filters, kernel_size
        self.use_bias, self.gain = use_bias, gain

    def build(self, input_shape: Shape) -> None:
        size = self.kernel_size
        self.add_kernel((size, size, input_shape[-1], self.filters), glorot_uniform(self.gain))
        if self.use_bias:
            self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        x = tf.nn.conv2d(x, self.normalized(), 1, "SAME")
        return tf.nn.bias_add(x, tf.cast(self.bias, x.dtype)) if self.use_bias else x

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.filters)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        own = {"filters": self.filters, "kernel_size": self.kernel_size}
        return config | own | {"use_bias": self.use_bias, "gain": self.gain}


@keras.saving.register_keras_serializable("gan_cli")
class SpectralEmbedding(Spectral):
    """Labels int64 [B] -> vectors [B, dim]."""

    def __init__(self, num_classes: int, dim: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.num_classes, self.dim = num_classes, dim

    def build(self, input_shape: Shape) -> None:
        self.add_kernel((self.num_classes, self.dim))

    def call(self, labels: tf.Tensor) -> tf.Tensor:
        rows = tf.one_hot(labels, self.num_classes, dtype=self.compute_dtype)
        return tf.matmul(rows, self.normalized())

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.dim)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"num_classes": self.num_classes, "dim": self.dim}


def glorot_uniform(gain: float) -> keras.initializers.Initializer:
    """Glorot and Bengio (2010), with `gain` times their variance."""
    return keras.initializers.VarianceScaling(gain, "fan_avg", "uniform")
