"""What every feature extractor is: images -> features, class probabilities, feature maps, in
batches of bounded memory.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from typing import Protocol

from gan_cli.base.lazy import np, tf
from gan_cli.metrics.shared import checks

LARGEST_BATCH = 256
INSTEAD = "use extractor classifier or random, which need no download"
"""The way out where weights cannot be had."""


class Images(Protocol):
    """uint8 [N, H, W, C], grey or RGB: a NumPy array, or rows that are read when they are asked
    for.
    """

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray: ...


class Extractor:
    """Turns uint8 images [N, H, W, C], grey or RGB, into what metrics compare.

    Attributes:
        name: as it is registered.
        weights: SHA-256 of the weights, or of the recipe where there are none, or a word for it;
            scores of two of them do not compare.
        resize: in words, how images become its input.
        classes: of how many it gives probabilities; 0: of none.
        pixels_at_once: input pixels of a batch, which bound its memory.
    """

    name: str
    weights: str
    resize: str
    classes: int = 0
    pixels_at_once = 2**20

    def features(self, images: Images) -> np.ndarray:
        """float32 [N, D] of any number of images; their batches do not change a value by more than
        rounding.

        Raises:
            ValueError: not images, or none.
        """
        return np.concatenate([self._features(batch) for batch in self._batches(images)])

    def probabilities(self, images: Images) -> np.ndarray:
        """float32 [N, K], rows sum to 1.

        Raises:
            ValueError: not images, or an extractor without classes.
        """
        self._needs_classes()
        return self.classify(self.features(images))

    def classify(self, features: np.ndarray) -> np.ndarray:
        """The probabilities [N, K] of images with these features: no second pass where both are
        wanted.
        """
        self._needs_classes()
        return softmax(self._logits(features))

    def maps(self, images: Images) -> list[np.ndarray]:
        """Feature maps of its convolutions, float32 [N, h, w, C] each, the finest first. All are
        held: give some images only.

        Raises:
            ValueError: not images, or an extractor without convolutions.
        """
        parts = [self._maps(batch) for batch in self._batches(images)]
        return [np.concatenate(layer) for layer in zip(*parts, strict=True)]

    def maps_of(self, images: tf.Tensor) -> list[tf.Tensor]:
        """The same of float images [N, H, W, C] in [-1, 1], in a graph and with a gradient, where
        it is `differentiable`.
        """
        raise NotImplementedError

    @property
    def differentiable(self) -> bool:
        """Whether images can follow the gradient of its maps."""
        return type(self).maps_of is not Extractor.maps_of

    @property
    def gives(self) -> set[str]:
        """What it has beside features: classes, maps."""
        has_maps = type(self)._maps is not Extractor._maps
        has = {"classes": self.classes > 0, "maps": has_maps}
        return {name for name, there in has.items() if there}

    def _batches(self, images: Images) -> Iterator[np.ndarray]:
        height, width = self._input_size(*images.shape[1:3])
        step = max(1, min(LARGEST_BATCH, self.pixels_at_once // (height * width)))
        for start in range(
            0, max(1, len(images)), step
        ):  # no images at all: one batch, which the check refuses
            yield checks.images(np.asarray(images[start : start + step]))

    def _input_size(self, height: int, width: int) -> tuple[int, int]:
        return height, width

    def _needs_classes(self) -> None:
        if not self.classes:
            raise ValueError(f"extractor {self.name!r} gives no class probabilities")

    def _features(self, images: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _logits(self, features: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _maps(self, images: np.ndarray) -> list[np.ndarray]:
        raise ValueError(f"extractor {self.name!r} has no feature maps")


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities [N, K] of logits [N, K]."""
    from scipy import special

    probabilities: np.ndarray = special.softmax(logits, axis=1)
    return probabilities


def rgb(images: np.ndarray) -> np.ndarray:
    """Images of three channels; grey is repeated."""
    return images if images.shape[-1] == 3 else np.repeat(images, 3, axis=-1)


def digest(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of named arrays: their names, dtypes, shapes and values, whatever file holds them."""
    total = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def he_uniform(random: np.random.RandomState, shape: tuple[int, ...]) -> np.ndarray:
    """First weights [..., inputs, outputs] that keep the scale of what passes a rectifier (He et
    al., 2015).

    RandomState's stream is frozen for good, and uniform numbers, unlike normal ones, ask no
    mathematics library for
    logarithms: these weights are the same with every version on every machine.
    """
    limit = math.sqrt(6 / math.prod(shape[:-1]))
    return random.uniform(-limit, limit, shape).astype(np.float32)
