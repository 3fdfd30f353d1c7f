"""What reads captions: a recurrent encoder, and a discriminator's head that compares its images
with them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from gan_cli.base.machines import replicas
from gan_cli.networks.heads import Head
from gan_cli.networks.layers.common import LEAK, ClassEmbedding

Dense = Callable[..., keras.layers.Layer]
"""(units, name=) -> a layer of that many units."""
CERTAIN = -4.0
"""Log-variance of a condition at the start: a caption must be heard over its own noise."""


TEMPERATURE = 0.1
"""What likeness is divided by."""


class Reading(NamedTuple):
    """How captions are read.

    Attributes:
        words: of the vocabulary; a token is 0 after the last word, else from 1 to `words`.
        length: tokens of a caption.
        embedding_dim: length of the vector of a word.
        units: of the recurrent layer.
    """

    words: int
    length: int
    embedding_dim: int
    units: int

    def captions(self) -> keras.KerasTensor:
        """An input of tokens int32 [B, length]."""
        return keras.Input((self.length,), dtype="int32", name="captions")

    def sentence(self, captions: keras.KerasTensor) -> keras.KerasTensor:
        """Tokens [B, length] -> vectors [B, units] float32: the state of a gated recurrent unit
        (Cho et al. 2014) after the last word.
        """
        embedding = ClassEmbedding(
            self.words + 1, self.embedding_dim, dtype="float32", name="embedding"
        )
        # Unrolled and without cuDNN, as other recurrent layers here: the same bits every time.
        recurrent = keras.layers.GRU(
            self.units, unroll=True, use_cudnn=False, dtype="float32", name="words"
        )
        return recurrent(embedding(captions), mask=keras.ops.not_equal(captions, 0))


def encoder(reading: Reading, condition_dim: int) -> keras.Model:
    """Captions int32 [B, L] -> [mean, log_variance] of their conditions, both [B, condition_dim]
    float32 (Zhang et al. 2017, section 3.2).
    """
    with keras.name_scope("text_encoder"):
        captions = reading.captions()
        x = reading.sentence(captions)
        mean = keras.layers.Dense(condition_dim, dtype="float32", name="mean")(x)
        log_variance = keras.layers.Dense(
            condition_dim,
            bias_initializer=keras.initializers.Constant(CERTAIN),
            dtype="float32",
            name="log_variance",
        )(x)
    return keras.Model(captions, [mean, log_variance], name="text_encoder")


def conditioned(latents: Any, mean: Any, log_variance: Any) -> Any:
    """Latents [B, latent_dim] with the last D of them as a condition of that mean and log-variance,
    both [B, D].
    """
    rest, drawn = latents[:, : -mean.shape[1]], latents[:, -mean.shape[1] :]
    condition = mean + keras.ops.exp(0.5 * log_variance) * drawn
    return keras.ops.concatenate([rest, condition], axis=1)


def joined(text_encoder: keras.Model, generator: keras.Model) -> keras.Model:
    """One network from [latents [B, latent_dim], captions [B, L]] to images; see `conditioned`."""
    latents = keras.Input(generator.input_shape[1:], name="latents")
    captions = keras.Input(text_encoder.inputs[0].shape[1:], dtype="int32", name="captions")
    both = conditioned(latents, *text_encoder(captions))
    return keras.Model([latents, captions], generator(both), name="generator")


@keras.saving.register_keras_serializable("gan_cli")
class Others(keras.layers.Layer):
    """Vectors [B, D] -> for each item that of the item before it in the batch."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return replicas.own(tf.roll(replicas.gathered(x), 1, axis=0))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape


@keras.saving.register_keras_serializable("gan_cli")
class Likeness(keras.layers.Layer):
    """Unit vectors of images and of sentences, both [B, D] -> the cosines of each image with each
    sentence of the batch, over a temperature.
    """

    def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
        seen, said = inputs
        return tf.matmul(seen, tf.transpose(replicas.gathered(said))) / TEMPERATURE

    def compute_output_shape(
        self, input_shape: list[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        return (input_shape[0][0], input_shape[1][0])


class CaptionHead(Head):
    """logits = psi(phi) + <V t, phi>: features phi of the whole image, compared with the sentence t
    by projection (Miyato and Koyama 2018, eq. 3), and `mismatched`, the logits of the same images
    with the sentence of the item before in the batch (Reed et al. 2016, algorithm 1). `likeness`
    [B, B] are the cosines of each image's features with each sentence, by layers of their own, over
    a temperature (Zhang et al. 2021, eq. 3).

    Args:
        dense: of its layers: `keras.layers.Dense`, or one of bounded slope.
    """

    def __init__(self, reading: Reading, dense: Dense) -> None:
        self._reading, self._dense = reading, dense
        self._captions = reading.captions()

    def inputs(self, images: keras.KerasTensor) -> Any:
        return [images, self._captions]

    def after(self, features: keras.KerasTensor) -> Any:
        units = self._reading.units
        flat = keras.layers.Flatten(name="flatten")(features)
        phi = self._dense(units, name="features")(flat)
        phi = keras.layers.LeakyReLU(LEAK, dtype="float32", name="features_activation")(phi)
        psi = self._dense(1, dtype="float32", name="logits")(phi)
        sentence = self._reading.sentence(self._captions)
        text = self._dense(units, dtype="float32", name="text")(sentence)
        unit = keras.layers.UnitNormalization(dtype="float32", name="unit")
        seen = unit(self._dense(units, dtype="float32", name="seen")(flat))
        said = unit(self._dense(units, dtype="float32", name="said")(sentence))
        compare = keras.layers.Dot(axes=1, dtype="float32", name="projection")
        add = keras.layers.Add(dtype="float32", name="conditional_logits")
        return {
            "logits": add([psi, compare([text, phi])]),
            "mismatched": add([psi, compare([Others(dtype="float32", name="others")(text), phi])]),
            "likeness": Likeness(dtype="float32", name="likeness")([seen, said]),
        }
