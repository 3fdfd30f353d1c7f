"""Random changes of images, with the amounts of Karras et al. (2020, appendix B), and one matrix
for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.objectives.augmentation.affine import UNIT, coloured, moved, product, scaled, turned

SHIFT = 0.125
"""Largest whole translation, and the deviation of a fractional one, as shares of each side."""
SCALE, BRIGHTNESS, CONTRAST, SATURATION = 0.2, 0.2, 0.5, 1.0
"""Deviations; of all but the brightness those of the binary logarithm of a factor."""
GREY = np.full((3, 3), 1 / 3, np.float32)
"""Colours -> the grey of their mean."""
CHROMA = UNIT - GREY
"""Colours -> what they are beside that grey."""
QUARTER_TURN = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], np.float32) / np.float32(3**0.5)
"""Colours -> their chroma, turned by 90 degrees about the grey axis."""


class Draws(NamedTuple):
    """The random draws for a batch.

    Attributes:
        noise: of the update at hand.
        batch: images.
        probability: scalar, of each change.
        height: of the images, in pixels.
        width: the same.
    """

    noise: Noise
    batch: int
    probability: tf.Tensor
    height: int
    width: int

    def uniform(self, stream: str) -> tf.Tensor:
        """[B] in [-1, 1)."""
        return 2.0 * self._uniform(stream) - 1.0

    def normal(self, stream: str) -> tf.Tensor:
        """Standard normal [B]."""
        return self.noise.normal(f"ada/{stream}", (self.batch,))

    def whole(self, stream: str, number: int) -> tf.Tensor:
        """int32 [B] in 0, ..., number - 1."""
        return tf.cast(tf.floor(self._uniform(stream) * number), tf.int32)

    def chosen(
        self, change: str, amounts: tf.Tensor, probability: tf.Tensor | None = None
    ) -> tf.Tensor:
        """The amounts [B] of a change for the images that it happens to; 0, which is none, for the
        others.
        """
        likely = self.probability if probability is None else probability
        return tf.where(self._uniform(f"{change}/chosen") < likely, amounts, 0)

    def _uniform(self, stream: str) -> tf.Tensor:
        return self.noise.uniform(f"ada/{stream}", (self.batch,))


Change = Callable[[Draws], "tf.Tensor"]
"""-> matrices: [B, 3, 3] from new places to the old ones, or [B, 4, 4] from old colours to the new.
"""


def flip(draws: Draws) -> tf.Tensor:
    """Left to right, or not, with equal chances."""
    mirrored = draws.chosen("flip", draws.whole("flip", 2))
    return scaled(tf.where(mirrored == 1, -1.0, 1.0), tf.ones([draws.batch]))


def quarter_turns(draws: Draws) -> tf.Tensor:
    """None to three turns of 90 degrees, counter-clockwise as in `np.rot90`."""
    turns = draws.chosen("quarter_turns", draws.whole("quarter_turns", 4))
    # from a table: a rounded cosine would put pixels between two others
    cosine, sine = tf.gather([1.0, 0.0, -1.0, 0.0], turns), tf.gather([0.0, 1.0, 0.0, -1.0], turns)
    return turned(cosine, sine)


def translation(draws: Draws) -> tf.Tensor:
    """Whole pixels, up to an eighth of each side."""
    right, down = (draws.uniform(f"translation/{axis}") for axis in ("right", "down"))
    return moved(
        draws.chosen("translation", tf.round(SHIFT * draws.width * right)),
        draws.chosen("translation", tf.round(SHIFT * draws.height * down)),
    )


def scale(draws: Draws) -> tf.Tensor:
    """Both sides by the same factor."""
    factor = _factor(draws, "scale", SCALE)
    return scaled(1.0 / factor, 1.0 / factor)


def rotation(draws: Draws) -> tf.Tensor:
    """By any angle; this and the second one share a probability: 1 - (1 - p')^2 = p."""
    return _rotated(draws, "rotation")


def anisotropic_scale(draws: Draws) -> tf.Tensor:
    """Wider and lower, or narrower and higher."""
    factor = _factor(draws, "anisotropic_scale", SCALE)
    return scaled(1.0 / factor, factor)


def second_rotation(draws: Draws) -> tf.Tensor:
    """After the anisotropic scaling, so that its axes may point anywhere."""
    return _rotated(draws, "second_rotation")


def fractional_translation(draws: Draws) -> tf.Tensor:
    """By parts of pixels too."""
    right, down = (draws.normal(f"fractional_translation/{axis}") for axis in ("right", "down"))
    return moved(
        draws.chosen("fractional_translation", SHIFT * draws.width * right),
        draws.chosen("fractional_translation", SHIFT * draws.height * down),
    )


def brightness(draws: Draws) -> tf.Tensor:
    """An amount that is added to every channel."""
    amounts = draws.chosen("brightness", BRIGHTNESS * draws.normal("brightness"))
    return coloured(UNIT * tf.ones([draws.batch, 1, 1]), amounts)


def contrast(draws: Draws) -> tf.Tensor:
    """A factor on every channel, about the medium grey, which is 0."""
    return coloured(_factor(draws, "contrast", CONTRAST)[:, None, None] * UNIT)


def luma_flip(draws: Draws) -> tf.Tensor:
    """The grey of a colour made its negative, or not, with equal chances; its chroma stays."""
    flipped = tf.cast(draws.chosen("luma_flip", draws.whole("luma_flip", 2)), tf.float32)
    return coloured(UNIT - 2.0 * flipped[:, None, None] * GREY)


def hue(draws: Draws) -> tf.Tensor:
    """The chroma turned about the grey axis by any angle."""
    angles = draws.chosen("hue", math.pi * draws.uniform("hue"))[:, None, None]
    return coloured(UNIT + (tf.cos(angles) - 1.0) * CHROMA + tf.sin(angles) * QUARTER_TURN)


def saturation(draws: Draws) -> tf.Tensor:
    """A factor on the chroma."""
    factor = _factor(draws, "saturation", SATURATION)[:, None, None]
    return coloured(UNIT + (factor - 1.0) * CHROMA)


PLACES: list[tuple[str, Change]] = [
    ("flip", flip),
    ("quarter_turns", quarter_turns),
    ("translation", translation),
    ("scale", scale),
    ("rotation", rotation),
    ("anisotropic_scale", anisotropic_scale),
    ("rotation", second_rotation),
    ("fractional_translation", fractional_translation),
]
"""Changes of places by the names that the schema knows, in their order."""
COLOURS: list[tuple[str, Change]] = [
    ("brightness", brightness),
    ("contrast", contrast),
    ("luma_flip", luma_flip),
    ("hue", hue),
    ("saturation", saturation),
]
"""Changes of colours, likewise."""
OF_RGB = ("hue", "saturation")
"""Those that a grey image does not have."""


def of_places(changes: Sequence[str], draws: Draws) -> tf.Tensor | None:
    """All named changes of places as one matrix [B, 3, 3] from new places to the old ones: the last
    change is undone first. None: there are none.
    """
    matrices = [change(draws) for name, change in PLACES if name in changes]
    return reduce(product, matrices) if matrices else None


def of_colours(changes: Sequence[str], draws: Draws) -> tf.Tensor | None:
    """All named changes of colours as one matrix [B, 4, 4] from old colours to the new ones. None:
    there are none.
    """
    matrices = [change(draws) for name, change in COLOURS if name in changes]
    return reduce(lambda before, after: product(after, before), matrices) if matrices else None


def _factor(draws: Draws, name: str, deviation: float) -> tf.Tensor:
    return tf.pow(2.0, draws.chosen(name, deviation * draws.normal(name)))


def _rotated(draws: Draws, name: str) -> tf.Tensor:
    either = 1.0 - tf.sqrt(1.0 - draws.probability)
    angles = draws.chosen(name, math.pi * draws.uniform(name), either)
    return turned(tf.cos(angles), tf.sin(angles))
