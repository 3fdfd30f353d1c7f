"""Images pasted together from images that were seen: shapes filled with the content of some, on the
ground of others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from gan_cli.base.images import from_uint8
from gan_cli.base.spec import Logs
from gan_cli.networks.dcgan import ImageShape
from gan_cli.networks.pixels import LEVELS, MOST_BYTES, normal_cdf, to_levels

MASKS: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "rectangle": lambda down, right: tf.maximum(tf.abs(down), tf.abs(right)) <= 1.0,
    "ellipse": lambda down, right: down**2 + right**2 <= 1.0,
    "triangle": lambda down, right: (tf.abs(right) <= (down + 1.0) / 2.0) & (down <= 1.0),
    "diamond": lambda down, right: tf.abs(down) + tf.abs(right) <= 1.0,
    "ring": lambda down, right: tf.abs(down**2 + right**2 - 0.625) <= 0.375,
    "cross": lambda down, right: (
        (tf.maximum(tf.abs(down), tf.abs(right)) <= 1.0)
        & (tf.minimum(tf.abs(down), tf.abs(right)) <= 1.0 / 3.0)
    ),
}
"""Which points of the square [-1, 1] x [-1, 1] are inside a shape; the ring's hole has half its
diameter.
"""
NUMBERS = 8
"""A shape's latents: its kind, image, height, width, top and left, and top and left of its content.
"""


def composition(
    image_shape: ImageShape,
    *,
    bank: int,
    shapes: int,
    min_size: float,
    max_size: float,
    kinds: Sequence[str],
    background: str,
) -> keras.Model:
    """Latents [B, 1 + 8 * shapes] -> images [B, *image_shape] in [-1, 1]; the latent decides
    everything.

    `bank` is the number of images that are kept, or as many as MOST_BYTES holds; the other
    arguments are those of Composition.
    """
    slots = min(bank, MOST_BYTES // math.prod(image_shape))
    latents = keras.Input((1 + NUMBERS * shapes,), name="latents")
    layer = Composition(
        image_shape,
        slots,
        (min_size, max_size),
        list(kinds),
        background,
        name="images",
        dtype="float32",
    )
    return keras.Model(latents, layer(latents), name="template")


@keras.saving.register_keras_serializable("gan_cli")
class Composition(keras.layers.Layer):
    """A bank of images, and what is pasted from it.

    `bank` [slots * H * W, C] uint8 takes the first images that come: they come in random order. As
    long as it is empty, its images are plain greys from black to white.

    Args:
        image_shape: (height, width, channels).
        slots: images that the bank holds.
        sizes: smallest and largest sides of a shape's box, as shares of the image's.
        kinds: names from MASKS.
        background: 'image': one of the bank; 'mean': the mean of all.
    """

    def __init__(
        self,
        image_shape: ImageShape,
        slots: int,
        sizes: tuple[float, float],
        kinds: list[str],
        background: str,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.image_shape, self.slots, self.sizes = image_shape, slots, sizes
        self._settings = {"kinds": list(kinds), "background": background}
        self._masks = [MASKS[kind] for kind in kinds]
        self._behind = {"image": self._an_image, "mean": self._the_mean}[background]

    def get_config(self) -> dict[str, Any]:
        shape = {"image_shape": self.image_shape, "slots": self.slots, "sizes": self.sizes}
        config: dict[str, Any] = super().get_config()
        return config | shape | self._settings

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        height, width, channels = self.image_shape
        pixels = self.slots * height * width
        self.bank = self.add_weight(
            shape=(pixels, channels),
            initializer=_greys,
            trainable=False,
            name="bank",
            dtype="uint8",
        )
        self.filled = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="filled", dtype="int64"
        )

    def call(self, latents: tf.Tensor) -> tf.Tensor:
        """Which pixel of which image stands at each place, shape after shape; then all are fetched
        at once.
        """
        height, width, _ = self.image_shape
        numbers = [
            tf.reshape(number, [-1, 1, 1]) for number in tf.unstack(normal_cdf(latents), axis=1)
        ]
        rows = tf.reshape(tf.range(height), [1, height, 1])
        columns = tf.reshape(tf.range(width), [1, 1, width])
        picked = self._pixels(self._image(numbers[0]), rows, columns)
        covered = tf.zeros_like(picked, tf.bool)
        for first in range(1, len(numbers), NUMBERS):
            inside, pixels = self._shape(rows, columns, *numbers[first : first + NUMBERS])
            picked, covered = tf.where(inside, pixels, picked), covered | inside
        content = tf.cast(tf.gather(self.bank.value, picked), tf.float32)
        return from_uint8(self._behind(content, covered))

    def _shape(
        self,
        rows: tf.Tensor,
        columns: tf.Tensor,
        kind: tf.Tensor,
        image: tf.Tensor,
        tall: tf.Tensor,
        wide: tf.Tensor,
        top: tf.Tensor,
        left: tf.Tensor,
        content_top: tf.Tensor,
        content_left: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Of numbers in [0, 1), each [B, 1, 1]: where the shape is, and which pixels of the bank it
        shows; both [B, H, W].
        """
        down, from_row = self._along(rows, self.image_shape[0], tall, top, content_top)
        right, from_column = self._along(columns, self.image_shape[1], wide, left, content_left)
        inside = tf.stack([mask(down, right) for mask in self._masks], axis=-1)
        chosen = tf.one_hot(
            _part(kind, len(self._masks)), len(self._masks), on_value=True, off_value=False
        )
        return tf.reduce_any(inside & chosen, axis=-1), self._pixels(
            self._image(image), from_row, from_column
        )

    def _along(
        self,
        places: tf.Tensor,
        side: int,
        size: tf.Tensor,
        start: tf.Tensor,
        content_start: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Along one side: the places from -1 to 1 over the shape's box, and those where its content
        lies.

        Both boxes are inside their images.
        """
        smallest, largest = self.sizes
        length = (smallest + (largest - smallest) * size) * side
        begin = start * (side - length)
        relative = (tf.cast(places, tf.float32) + 0.5 - begin) / length * 2.0 - 1.0
        shift = tf.cast(tf.round(content_start * (side - length) - begin), tf.int32)
        return relative, tf.clip_by_value(places + shift, 0, side - 1)

    def _pixels(self, image: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
        return (image * self.image_shape[0] + rows) * self.image_shape[1] + columns

    def _image(self, number: tf.Tensor) -> tf.Tensor:
        return _part(number, self._used())

    def _used(self) -> tf.Tensor:
        """Slots that hold an image; all of them, with their greys, as long as none does."""
        filled = tf.cast(self.filled.value, tf.int32)
        return tf.where(tf.equal(filled, 0), self.slots, filled)

    def _an_image(self, content: tf.Tensor, covered: tf.Tensor) -> tf.Tensor:
        return content

    def _the_mean(self, content: tf.Tensor, covered: tf.Tensor) -> tf.Tensor:
        images = tf.reshape(tf.cast(self.bank.value, tf.float32), [self.slots, *self.image_shape])
        return tf.where(
            tf.expand_dims(covered, -1), content, tf.reduce_mean(images[: self._used()], axis=0)
        )

    def observe(self, images: tf.Tensor) -> Logs:
        """Keep images [B, H, W, C] as long as there is room; the share of the bank that holds
        some.
        """
        tf.cond(self.filled.value < self.slots, lambda: self._keep(images), lambda: False)
        return {"bank_filled": tf.cast(self.filled.value, tf.float32) / self.slots}

    def _keep(self, images: tf.Tensor) -> bool:
        """Done in float32, for TensorFlow has few kernels for uint8 on a GPU."""
        count, filled = images.shape[0], tf.cast(self.filled.value, tf.int32)
        source = (
            tf.range(self.slots) - filled
        )  # the image of the batch that would come into each slot
        come = tf.gather(to_levels(images), tf.clip_by_value(source, 0, count - 1))
        kept = tf.reshape(tf.cast(self.bank.value, tf.float32), come.shape)
        new = tf.reshape((source >= 0) & (source < count), [-1, 1, 1, 1])
        self.bank.assign(tf.cast(tf.reshape(tf.where(new, come, kept), self.bank.shape), tf.uint8))
        self.filled.assign(tf.cast(tf.minimum(filled + count, self.slots), tf.int64))
        return True

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], *self.image_shape)


def _greys(shape: tuple[int, ...], dtype: str) -> tf.Tensor:
    """Levels from black to white over the bank."""
    levels = tf.linspace(0.0, LEVELS - 1.0, shape[0])
    return tf.cast(tf.broadcast_to(tf.reshape(levels, [-1, 1]), shape), dtype)


def _part(number: tf.Tensor, parts: Any) -> tf.Tensor:
    """A number in [0, 1) -> which of so many equal parts it is in."""
    return tf.cast(number * tf.cast(parts, tf.float32), tf.int32)
