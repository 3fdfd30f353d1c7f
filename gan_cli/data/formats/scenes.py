"""What pictures of shapes show: drawn at random, put into words, and into pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gan_cli.base.lazy import np

COLOURS = {
    "red": (230, 40, 40),
    "green": (40, 200, 60),
    "blue": (60, 90, 255),
    "yellow": (245, 220, 40),
    "purple": (180, 60, 220),
    "white": (245, 245, 245),
}
SHAPES = ("circle", "square", "triangle", "cross")
SIZES = {"small": 0.12, "large": 0.22}
"""Half the height of a shape, as a share of the image's side."""
PLACES = {
    "top left": (0.27, 0.27),
    "top right": (0.73, 0.27),
    "centre": (0.5, 0.5),
    "bottom left": (0.27, 0.73),
    "bottom right": (0.73, 0.73),
}
"""(x, y) of the middle of a shape, as shares of the image's side."""
COUNTS = {"two": 2, "three": 3}
RELATIONS = {"left of": (-1, 0), "right of": (1, 0), "above": (0, -1), "below": (0, 1)}
"""Where the first of two lies, as seen from the second."""
KINDS = ("place", "count", "relation")
JITTER, APART = 0.03, 0.24
"""How far a middle is off its place at most, and half the distance of two shapes in a relation."""
ROW = ((0.5, 0.26), (0.5, 0.74))
CORNERS = ((0.27, 0.3), (0.73, 0.3), (0.5, 0.73))
"""Places of several of a kind."""
BLOCK = 1000
"""Images in memory beside the result."""

Pair = tuple[str, str]
"""A colour and a shape."""


class Thing(NamedTuple):
    """A shape in a picture; x and y are of its middle, in shares of the side."""

    colour: str
    shape: str
    size: str
    x: float
    y: float

    def text(self, sized: bool = True, plural: bool = False) -> str:
        ending = "es" if self.shape == "cross" else "s"
        words = f"{self.colour} {self.shape}{ending * plural}"
        return f"{self.size} {words}" if sized else words


class Scene(NamedTuple):
    """A picture's things and what a caption says of them all together.

    Attributes:
        word: the place, the count or the relation.
        brief: of its second caption, whether that names the size of each thing, and the place.
    """

    kind: str
    things: tuple[Thing, ...]
    word: str
    brief: tuple[bool, bool, bool]

    def values(self) -> dict[str, int]:
        """What is to be read in a picture of one shape, by numbers."""
        only = self.things[0]
        return {
            "colour": list(COLOURS).index(only.colour),
            "shape": SHAPES.index(only.shape),
            "size": list(SIZES).index(only.size),
            "place": list(PLACES).index(self.word),
        }

    def captions(self) -> list[str]:
        """All that is to be said, and a part of it."""
        return [self.text((True, True, True)), self.text(self.brief)]

    def text(self, said: tuple[bool, bool, bool]) -> str:
        first, second, placed = said
        if self.kind == "count":
            return f"{self.word} {self.things[0].text(first, plural=True)}"
        begin = f"a {self.things[0].text(first)}"
        if self.kind == "relation":
            return f"{begin} {self.word} a {self.things[1].text(second)}"
        return f"{begin} in the {self.word}" if placed else begin


def pairs(held_out: int, seed: int) -> tuple[list[Pair], list[Pair]]:
    """The pairs that are shown, and those that are not: of each colour and each shape one pair at
    least is shown.
    """
    every = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    shown = list(every)
    for place in np.random.default_rng([seed, 1000]).permutation(len(every)).tolist():
        rest = [each for each in shown if each != every[place]]
        whole = {each[0] for each in rest} | {each[1] for each in rest}
        if len(every) - len(shown) < held_out and len(whole) == len(COLOURS) + len(SHAPES):
            shown = rest
    return shown, [each for each in every if each not in shown]


def drawn_at_random(
    chosen: Sequence[Pair], kinds: Sequence[str], count: int, key: Sequence[int]
) -> list[Scene]:
    """`count` scenes of the chosen pairs; each follows from the key and its index alone."""
    draws = np.random.default_rng(list(key)).random((count, 12)).tolist()
    return [_scene(chosen, kinds[index % len(kinds)], values) for index, values in enumerate(draws)]


def _scene(chosen: Sequence[Pair], kind: str, draws: list[float]) -> Scene:
    which, other, sized, sized_other, word, x, y, x_other, y_other, *said = draws

    def thing(pair: float, size: float, place: tuple[float, float], off: Sequence[float]) -> Thing:
        colour, shape = chosen[int(pair * len(chosen))]
        moved = [at + JITTER * (2 * by - 1) for at, by in zip(place, off, strict=True)]
        return Thing(colour, shape, list(SIZES)[int(size * len(SIZES))], moved[0], moved[1])

    brief = (said[0] < 0.5, said[1] < 0.5, said[2] < 0.5)
    if kind == "place":
        name = list(PLACES)[int(word * len(PLACES))]
        return Scene(kind, (thing(which, sized, PLACES[name], (x, y)),), name, brief)
    if kind == "count":
        name = list(COUNTS)[int(word * len(COUNTS))]
        places = list(ROW) if COUNTS[name] == 2 else list(CORNERS)
        if x_other < 0.5 and COUNTS[name] == 2:
            places = [(b, a) for a, b in places]
        return Scene(
            kind, tuple(thing(which, sized, place, (x, y)) for place in places), name, brief
        )
    name = list(RELATIONS)[int(word * len(RELATIONS))]
    across, down = RELATIONS[name]
    places = [(0.5 + side * APART * across, 0.5 + side * APART * down) for side in (1, -1)]
    first = thing(which, sized, places[0], (x, y))
    return Scene(
        kind, (first, thing(other, sized_other, places[1], (x_other, y_other))), name, brief
    )


def draw(some: Sequence[Scene], side: int) -> np.ndarray:
    """uint8 [N, side, side, 3]: shapes with soft edges on black, each over the one before."""
    images = np.zeros((len(some), side, side, 3), np.uint8)
    for start in range(0, len(some), BLOCK):
        images[start : start + BLOCK] = _drawn(some[start : start + BLOCK], side)
    return images


def _drawn(some: Sequence[Scene], side: int) -> np.ndarray:
    down, across = (np.mgrid[:side, :side].astype(np.float32) + 0.5) / side
    canvas = np.zeros((len(some), side, side, 3), np.float32)
    for layer in range(max(len(scene.things) for scene in some)):
        rows = [row for row, scene in enumerate(some) if len(scene.things) > layer]
        things = [some[row].things[layer] for row in rows]
        x, y, half = (
            np.array(values, np.float32)[:, None, None]
            for values in (
                [each.x for each in things],
                [each.y for each in things],
                [SIZES[each.size] for each in things],
            )
        )
        kinds = np.array([SHAPES.index(each.shape) for each in things])[:, None, None]
        distances = np.choose(kinds, _distances(across - x, down - y, half))
        cover = np.clip(0.5 - distances * side, 0.0, 1.0)[..., None]
        colours = np.array([COLOURS[each.colour] for each in things], np.float32)[:, None, None]
        canvas[rows] += cover * (colours - canvas[rows])
    return np.rint(canvas).astype(np.uint8)


def _distances(x: np.ndarray, y: np.ndarray, half: np.ndarray) -> list[np.ndarray]:
    """How far each point is outside each shape, inside below 0, in the order of SHAPES."""
    wide, high = np.abs(x), np.abs(y)
    # the sides of a triangle as high as it is wide fall by 2 to 1, from its top at (0, -half)
    slope = (2.0 * wide - y - half) / np.sqrt(5.0)
    bar = half / 3.0
    upright = np.maximum(wide - bar, high - half)
    level = np.maximum(wide - half, high - bar)
    return [
        np.hypot(x, y) - half,
        np.maximum(wide, high) - half * 0.9,
        np.maximum(slope, y - half),
        np.minimum(upright, level),
    ]
