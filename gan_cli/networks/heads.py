"""How a convolutional discriminator ends, and how it is told a class, or names one."""

from __future__ import annotations

from typing import Any

import keras

from gan_cli.base.errors import ConfigError
from gan_cli.networks.layers.common import LEAK, ClassEmbedding


class Head:
    """No classes: features [B, h, w, C] -> logits [B, 1] float32."""

    def inputs(self, images: keras.KerasTensor) -> Any:
        """The inputs of the network."""
        return images

    def before(self, images: keras.KerasTensor) -> keras.KerasTensor:
        """What the first convolution sees."""
        return images

    def after(self, features: keras.KerasTensor) -> Any:
        """The outputs of the network."""
        flat = keras.layers.Flatten(name="flatten")(features)
        return keras.layers.Dense(1, dtype="float32", name="logits")(flat)


class LabelledHead(Head):
    """With a second input, labels int64 [B]."""

    def __init__(self, num_classes: int, embedding_dim: int) -> None:
        self._classes, self._dim = num_classes, embedding_dim
        self._labels = keras.Input((), dtype="int64", name="labels")

    def inputs(self, images: keras.KerasTensor) -> Any:
        return [images, self._labels]


class ChannelHead(LabelledHead):
    """The class as one more channel of the image (Mirza and Osindero 2014): its embedding, laid out
    by a dense layer.
    """

    def before(self, images: keras.KerasTensor) -> keras.KerasTensor:
        height, width = images.shape[1:3]
        embedded = ClassEmbedding(self._classes, self._dim, name="embedding")(self._labels)
        plane = keras.layers.Dense(height * width, name="class_plane")(embedded)
        plane = keras.layers.Reshape((height, width, 1), name="class_channel")(plane)
        return keras.layers.Concatenate(name="image_and_class")([images, plane])


class ProjectionHead(LabelledHead):
    """logits = psi(phi) + <V y, phi> (Miyato and Koyama 2018, eq. 3), phi the features, averaged
    over space.
    """

    def after(self, features: keras.KerasTensor) -> Any:
        phi = keras.layers.GlobalAveragePooling2D(dtype="float32", name="features")(features)
        psi = keras.layers.Dense(1, dtype="float32", name="logits")(phi)
        vectors = ClassEmbedding(self._classes, phi.shape[-1], dtype="float32", name="embedding")(
            self._labels
        )
        product = keras.layers.Dot(axes=1, dtype="float32", name="projection")([vectors, phi])
        return keras.layers.Add(dtype="float32", name="conditional_logits")([psi, product])


class ClassifierHead(Head):
    """Beside the logits those of the classes [B, K] (Odena et al. 2017)."""

    def __init__(self, num_classes: int) -> None:
        self._classes = num_classes

    def after(self, features: keras.KerasTensor) -> Any:
        flat = keras.layers.Flatten(name="flatten")(features)
        logits = keras.layers.Dense(1, dtype="float32", name="logits")(flat)
        return [
            logits,
            keras.layers.Dense(self._classes, dtype="float32", name="class_logits")(flat),
        ]


class CodesHead(Head):
    """Beside the logits what is recognised of codes [B, outputs], from a layer of its own (Chen et
    al. 2016, section 6).
    """

    def __init__(self, outputs: int, width: int) -> None:
        self._outputs, self._width = outputs, width

    def after(self, features: keras.KerasTensor) -> Any:
        flat = keras.layers.Flatten(name="flatten")(features)
        x = keras.layers.Dense(self._width, name="recognition")(flat)
        x = keras.layers.LeakyReLU(LEAK, name="recognition_activation")(x)
        return {
            "logits": keras.layers.Dense(1, dtype="float32", name="logits")(flat),
            "codes": keras.layers.Dense(self._outputs, dtype="float32", name="codes")(x),
        }


def with_features(discriminator: keras.Model, layer: int | None) -> keras.Model:
    """The same network with two outputs, [logits, what convolution number `layer` says]; None: the
    second, if there is one.

    Raises:
        ConfigError: it has no such layer.
    """
    activations = [each for each in discriminator.layers if each.name.startswith("activation_")]
    layer = layer or min(2, len(activations))
    if layer > len(activations):
        raise ConfigError(
            f"model.feature_layer={layer}: the discriminator has {len(activations)} convolutions"
        )
    return keras.Model(
        discriminator.inputs,
        [discriminator.output, activations[layer - 1].output],
        name=discriminator.name,
    )
