"""`classifier`: a small network trained once on the user's own labels, for images
that are small or grey.

The recipe is fixed and the training repeatable, so that two people with the same data measure with
(nearly) the same network; its weights are kept under the data's fingerprint, and every score names
their hash.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gan_cli.base import files
from gan_cli.base.errors import DataError
from gan_cli.base.images import from_uint8
from gan_cli.base.lazy import keras, np, tf
from gan_cli.base.randomness import key as random_key
from gan_cli.metrics.extractors import Context, extractor, kept
from gan_cli.metrics.extractors.feature_extractor import Extractor, Images, digest, he_uniform

FEATURES = 64
WIDTHS = (24, 48, 96)
FINEST = 40
"""Pixels of the shorter side up to which the first convolution sees all of them; larger images are
halved on the way in.
"""
STEPS, EPOCHS, BATCH, RATE = 1000, 80, 128, 2e-3
"""Of training; no more steps and no more epochs."""
Cost = Callable[["tf.Tensor", "tf.Tensor"], "tf.Tensor"]
RECIPE = {
    "version": 1,
    "features": FEATURES,
    "widths": WIDTHS,
    "finest": FINEST,
    "steps": STEPS,
    "batch": BATCH,
    "rate": RATE,
}
"""What decides the weights beside the data; `version` stands for the code. TensorFlow's version is
none of it: an update must not change a network that is in use."""


class Classifier(Extractor):
    """Features [N, 64]: what the last hidden layer holds; maps: of each convolution."""

    name = "classifier"

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._shape = model.input_shape[1:]
        head = model.get_layer("classes")
        self._kernel, self._bias = (np.asarray(each) for each in (head.kernel, head.bias))
        self.classes = len(self._bias)
        self.resize = f"none, {_words(self._shape)} as trained"
        self.weights = digest(arrays(model))
        self._run = tf.function(self._forward, [tf.TensorSpec([None, *self._shape], tf.uint8)])

    def _features(self, images: np.ndarray) -> np.ndarray:
        features: np.ndarray = self._run(self._fitting(images))[0].numpy()
        return features

    def _maps(self, images: np.ndarray) -> list[np.ndarray]:
        return [each.numpy() for each in self._run(self._fitting(images))[1]]

    def _logits(self, features: np.ndarray) -> np.ndarray:
        logits: np.ndarray = features @ self._kernel + self._bias
        return logits

    def _forward(self, images: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        _, features, maps = self._model(from_uint8(tf.cast(images, tf.float32)), training=False)
        return features, maps

    def maps_of(self, images: tf.Tensor) -> list[tf.Tensor]:
        maps: list[tf.Tensor] = self._model(images, training=False)[2]
        return maps

    def _fitting(self, images: np.ndarray) -> np.ndarray:
        if images.shape[1:] != self._shape:
            raise DataError(
                f"the classifier was trained on images of {_words(self._shape)}, not "
                f"{_words(images.shape[1:])}"
            )
        return images


@extractor("classifier", gives=("classes", "maps"), needs_labels=True)
def build(context: Context) -> Extractor:
    """A small network trained once on the labels of the data; it is kept in the cache."""
    if context.planes is not None:
        from gan_cli.metrics.extractors.stacked import Stacked

        return Stacked(build(context.planes))
    assert context.labels is not None
    return classifier(
        context.images,
        context.labels,
        context.num_classes,
        context.fingerprint,
        context.cache,
        context.say,
    )


def classifier(
    images: Images,
    labels: np.ndarray,
    num_classes: int,
    key: str,
    cache: Path,
    say: Callable[[str], None],
) -> Classifier:
    """The classifier of a data set, from the cache or trained now.

    Args:
        images: uint8 [N, H, W, C].
        labels: integers [N] in [0, num_classes).
        key: the data's fingerprint.
        cache: the folder of all caches.
        say: takes a line on what takes a while, or was found damaged.

    Raises:
        DataError: fewer than two classes, or the cache cannot be written.
    """
    if num_classes < 2:
        raise DataError(
            f"a classifier needs at least two classes, the data has {num_classes}; extractor "
            "random needs none"
        )
    image_shape = tuple(images.shape[1:])
    recipe = recipe_for(len(labels))
    identity = {"recipe": recipe, "data": key, "image_shape": image_shape, "classes": num_classes}
    path = cache / "extractors" / f"classifier-{files.fingerprint(identity)[:16]}.safetensors"
    model = network(image_shape, num_classes)

    def make() -> dict[str, np.ndarray]:
        say(
            "training the classifier that scores are measured with, once for this data (extractor "
            f"random needs none): {recipe['steps']:,} steps; it is kept as {path}"
        )
        with tf.device("CPU"):  # a GPU's sums have no fixed order
            trained = network(image_shape, num_classes)
            fit(trained, images, labels)
        return arrays(trained)

    found = kept.arrays(path, identity, arrays(model), make, say)
    for variable in model.variables:
        variable.assign(found[variable.path])
    return Classifier(model)


def network(image_shape: tuple[int, ...], num_classes: int) -> keras.Model:
    """Images [N, H, W, C] in [-1, 1] -> logits [N, K], features [N, 64] and the list of feature
    maps; seeded weights.
    """
    from gan_cli.networks.layers.normalization import BatchNorm

    x = inputs = keras.Input(image_shape)
    maps = []
    for name, width, stride in _convolutions(min(image_shape[:2])):
        x = keras.layers.Conv2D(
            width, 3, stride, "same", use_bias=False, name=name, dtype="float32"
        )(x)
        x = BatchNorm(momentum=0.9, name=f"{name}_norm", dtype="float32")(x)
        x = keras.layers.ReLU(dtype="float32")(x)
        maps.append(x)
        if stride == 1:
            x = keras.layers.MaxPooling2D(padding="same", dtype="float32")(x)
    x = keras.layers.Flatten(dtype="float32")(x)
    x = keras.layers.Dense(FEATURES, use_bias=False, name="features", dtype="float32")(x)
    x = BatchNorm(momentum=0.9, name="features_norm", dtype="float32")(x)
    x = keras.layers.ReLU(dtype="float32")(x)
    model = keras.Model(
        inputs, (keras.layers.Dense(num_classes, name="classes", dtype="float32")(x), x, maps)
    )
    random = np.random.RandomState(0)
    for variable in model.trainable_variables:
        if len(variable.shape) > 1:
            variable.assign(he_uniform(random, variable.shape))
    return model


def _convolutions(side: int) -> Iterator[tuple[str, int, int]]:
    """Name, width and stride of each."""
    halvings = 0
    while side > FINEST:
        side, halvings = -(-side // 2), halvings + 1
        yield f"halving_{halvings}", WIDTHS[0] // 2, 2
    for index, width in enumerate(WIDTHS, 1):
        yield f"conv_{index}", width, 1


def recipe_for(count: int) -> dict[str, Any]:
    """RECIPE for so many images: what there is to know of a few hundred is known sooner."""
    return {**RECIPE, "steps": min(STEPS, math.ceil(EPOCHS * count / BATCH))}


def fit(model: keras.Model, images: Images, labels: np.ndarray, cost: Cost | None = None) -> None:
    """Adam, 1,000 batches of 128, of few images 80 epochs, the rate falling to 0 along a cosine.
    On a CPU it ends with the same bits every time.

    Args:
        cost: (labels, logits) -> scalar; None: the cross-entropy.
    """
    steps = recipe_for(len(labels))["steps"]
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps))
    optimizer.build(model.trainable_variables)
    step = tf.function(functools.partial(_step, model, optimizer, cost or cross_entropy))
    order = rows(len(labels))
    for _ in tqdm(
        range(steps),
        unit="step",
        desc="training the classifier",
        delay=2,
        disable=None,
        leave=False,
    ):
        chosen = next(order)
        step(images[chosen], labels[chosen].astype(np.int32))


def cross_entropy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Of integers [N] and logits [N, K], in nats."""
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


def _step(
    model: keras.Model,
    optimizer: keras.Optimizer,
    cost: Cost,
    images: tf.Tensor,
    labels: tf.Tensor,
) -> None:
    with tf.GradientTape() as tape:
        logits, _, _ = model(from_uint8(tf.cast(images, tf.float32)), training=True)
        loss = cost(labels, logits)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))


def rows(count: int) -> Iterator[np.ndarray]:
    """Numbers of the rows of batch after batch without end: each epoch a new order, the same in
    every process.
    """
    size = min(BATCH, count)
    epoch = 0
    while True:
        order = tf.argsort(
            tf.random.stateless_uniform((count,), random_key(0, "classifier", epoch)), stable=True
        ).numpy()
        for start in range(0, count - size + 1, size):
            yield np.sort(order[start : start + size])  # a file is read forwards
        epoch += 1


def arrays(model: keras.Model) -> dict[str, np.ndarray]:
    """All that inference reads, by the names of the layers."""
    return {variable.path: np.array(variable) for variable in model.variables}


def _words(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
