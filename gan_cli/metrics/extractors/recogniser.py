"""Reads several attributes of a picture, such as its colour and its shape: the classifier's network
with a softmax for each, trained once on pictures that are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from gan_cli.base import files
from gan_cli.base.images import from_uint8
from gan_cli.base.lazy import keras, np, tf
from gan_cli.metrics.extractors import kept
from gan_cli.metrics.extractors.classifier import arrays, cross_entropy, fit, network, recipe_for
from gan_cli.metrics.extractors.feature_extractor import digest

BLOCK = 500
"""Images that are read at once."""


class Recogniser:
    """Images -> attributes.

    Attributes:
        weights: what tells its weights from others.
    """

    def __init__(self, model: keras.Model, values: Mapping[str, int]) -> None:
        self._model, self._values = model, dict(values)
        self.weights = digest(arrays(model))
        shape = model.input_shape[1:]
        self._run = tf.function(self._logits, [tf.TensorSpec([None, *shape], tf.uint8)])

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """uint8 [N, H, W, C] -> name of each attribute -> int64 [N], the most probable of its
        values.
        """
        blocks = [images[start : start + BLOCK] for start in range(0, len(images), BLOCK)]
        logits = np.concatenate([self._run(each).numpy() for each in blocks])
        ends = np.cumsum(list(self._values.values()))[:-1]
        parts = np.split(logits, ends, axis=1)
        return {name: part.argmax(axis=1) for name, part in zip(self._values, parts, strict=True)}

    def _logits(self, images: tf.Tensor) -> tf.Tensor:
        return self._model(from_uint8(tf.cast(images, tf.float32)), training=False)[0]


def recogniser(
    images: np.ndarray,
    attributes: Mapping[str, np.ndarray],
    cache: Path,
    say: Callable[[str], None],
) -> Recogniser:
    """The recogniser of some pictures, from the cache or trained now.

    Args:
        images: uint8 [N, H, W, C].
        attributes: name -> integers [N] from 0; all values occur.
        cache: the folder of all caches.
        say: takes a line on what takes a while, or was found damaged.

    Raises:
        DataError: the cache cannot be written.
    """
    values = {name: int(rows.max()) + 1 for name, rows in attributes.items()}
    shape, total = tuple(images.shape[1:]), sum(values.values())
    data = digest({"images": images, **attributes})
    identity = {
        "recipe": recipe_for(len(images)),
        "data": data,
        "image_shape": shape,
        "values": values,
    }
    path = cache / "extractors" / f"recogniser-{files.fingerprint(identity)[:16]}.safetensors"
    model = network(shape, total)

    def make() -> dict[str, np.ndarray]:
        say(f"training the recogniser that captions are read with, once; it is kept as {path}")
        with tf.device("CPU"):  # a GPU's sums have no fixed order
            trained = network(shape, total)
            fit(trained, images, np.stack(list(attributes.values()), axis=1), _cost(values))
        return arrays(trained)

    found = kept.arrays(path, identity, arrays(model), make, say)
    for variable in model.variables:
        variable.assign(found[variable.path])
    return Recogniser(model, values)


def _cost(values: Mapping[str, int]) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """The sum of the attributes' cross-entropies: integers [N, A], logits of all [N, K]."""

    def cost(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        parts = tf.split(logits, list(values.values()), axis=1)
        return tf.add_n([cross_entropy(labels[:, at], part) for at, part in enumerate(parts)])

    return cost
