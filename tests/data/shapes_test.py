"""data=shapes: what is drawn is what the captions say, and what is held out is never shown."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gan_cli import data
from gan_cli.base.captions import texts
from gan_cli.data.reading.source import Source
from gan_cli.data.shapes import Shapes

LEVELS = {
    "red": (230, 40, 40),
    "green": (40, 200, 60),
    "blue": (60, 90, 255),
    "yellow": (245, 220, 40),
    "purple": (180, 60, 220),
    "white": (245, 245, 245),
}
THING = r"(small|large) (\w+) (circle|square|triangle|cross)(?:es|s)?"
PLACES = {
    "top left": (-1, -1),
    "top right": (1, -1),
    "centre": (0, 0),
    "bottom left": (-1, 1),
    "bottom right": (1, 1),
}


def full(source: Source) -> list[str]:
    """The first caption of each image, which says all."""
    assert source.captions is not None
    return texts(source.captions[:, 0], source.vocabulary)


def where(image: np.ndarray, colour: str) -> np.ndarray:
    """bool [H, W]: pixels that are of a colour alone."""
    return np.abs(image.astype(int) - LEVELS[colour]).max(axis=-1) < 6  # type: ignore[no-any-return]


def middle(mask: np.ndarray) -> tuple[float, float]:
    """(x, y) of the middle of a mask's bounding box, from -1 to 1."""
    rows, columns = np.nonzero(mask)
    x, y = ((each.min() + each.max() + 1) / len(mask) - 1 for each in (columns, rows))
    return float(x), float(y)


def pieces(mask: np.ndarray) -> int:
    from skimage.measure import label

    return int(label(mask, connectivity=2).max())


@pytest.mark.parametrize("size", [32, 48])
def test_one_shape_is_of_its_colour_at_its_place_and_size(size: int) -> None:
    source = data.load(Shapes(size=size, count=200, kinds=["place"]))
    filled: dict[tuple[str, str], list[float]] = {}
    for image, caption in zip(source.images[:], full(source), strict=True):
        found = re.fullmatch(rf"a {THING} in the (.+)", caption)
        assert found, caption
        height, colour, shape, place = found.groups()
        mask = where(image, colour)
        assert [name for name in LEVELS if where(image, name).sum() > 4] == [colour], caption
        x, y = middle(mask)
        for at, wanted in zip((x, y), PLACES[place], strict=True):
            assert abs(at - 0.46 * wanted) < 0.17, caption
        filled.setdefault((height, shape), []).append(float(mask.mean()))
    for shape in ("circle", "square", "triangle", "cross"):
        assert max(filled["small", shape]) < 0.6 * min(filled["large", shape])
    mean = {shape: np.mean(filled["large", shape]) for shape in ("square", "circle", "triangle")}
    assert mean["square"] > mean["triangle"]
    assert mean["circle"] > mean["triangle"]


def test_shapes_have_their_outlines() -> None:
    """At a size at which edges do not matter: the share of its bounding box that a shape fills."""
    source = data.load(Shapes(size=128, count=60, kinds=["place"]))
    expected = {"circle": np.pi / 4, "square": 1.0, "triangle": 0.5, "cross": 5 / 9}
    for image, caption in zip(source.images[:], full(source), strict=True):
        found = re.fullmatch(rf"a {THING} in the .+", caption)
        assert found
        mask = image.max(axis=-1) > 120
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
        assert mask.sum() / box == pytest.approx(expected[found[3]], abs=0.06), caption


def test_counts_and_relations_are_as_they_are_said() -> None:
    source = data.load(Shapes(size=64, count=200, kinds=["count", "relation"]))
    for image, caption in zip(source.images[:], full(source), strict=True):
        if found := re.fullmatch(rf"(two|three) {THING}", caption):
            count, _, colour, _ = found.groups()
            assert pieces(where(image, colour)) == {"two": 2, "three": 3}[count], caption
            continue
        found = re.fullmatch(rf"a {THING} (left of|right of|above|below) a {THING}", caption)
        assert found, caption
        _, one, _, relation, _, other, _ = found.groups()
        if one == other:
            continue
        (x, y), (x_other, y_other) = (middle(where(image, each)) for each in (one, other))
        apart = {
            "left of": x_other - x,
            "right of": x - x_other,
            "above": y_other - y,
            "below": y - y_other,
        }
        assert apart[relation] > 0.5, caption


def test_shorter_captions_say_a_part() -> None:
    source = data.load(Shapes(count=300))
    assert source.captions is not None
    shorter = 0
    for long, short in source.captions:
        words, fewer = (texts(each[None], source.vocabulary)[0].split() for each in (long, short))
        assert set(fewer) <= set(words)
        shorter += len(fewer) < len(words)
    assert 0.5 < shorter / 300 < 1.0


def pairs(source: Source) -> set[tuple[str, str]]:
    every = " ".join(full(source))
    return {(colour, shape) for _, colour, shape in re.findall(THING, every)}


@pytest.mark.slow
def test_pairs_that_are_held_out_are_never_shown() -> None:
    options = {"count": 2000, "held_out": 6, "seed": 3}
    shown = pairs(data.load(Shapes(**options)))
    assert len(shown) == 18
    assert len({colour for colour, _ in shown}) == 6
    assert len({shape for _, shape in shown}) == 4
    assert pairs(data.load(Shapes(**options), "test")) <= shown
    hidden = pairs(data.load(Shapes(**options, show="held_out")))
    assert len(hidden) == 6
    assert not hidden & shown
    assert pairs(data.load(Shapes(**options, show="all"))) == hidden | shown
    assert pairs(data.load(Shapes(count=2000, held_out=6, seed=4))) != shown
    for which, expected in (("seen", shown), ("held_out", hidden), ("all", hidden | shown)):
        examples = Shapes(**options).examples(which, 500)
        said = re.findall(THING, " ".join(examples.captions))
        assert {(colour, shape) for _, colour, shape in said} == expected
        assert len(examples.images) == len(examples.captions) == 500


def test_what_is_read_in_an_example_is_what_its_caption_says() -> None:
    examples = Shapes(size=16).examples("all", 50)
    words = {
        "colour": list(LEVELS),
        "shape": ["circle", "square", "triangle", "cross"],
        "size": ["small", "large"],
        "place": list(PLACES),
    }
    values = {name: [words[name][at] for at in rows] for name, rows in examples.attributes.items()}
    for row, caption in enumerate(examples.captions):
        said = {name: each[row] for name, each in values.items()}
        text = f"a {said['size']} {said['colour']} {said['shape']} in the {said['place']}"
        assert caption == text


def test_the_same_options_draw_the_same_and_more_begin_with_fewer() -> None:
    few, many, other = (
        data.load(options)
        for options in (Shapes(count=30), Shapes(count=60), Shapes(count=30, seed=1))
    )
    assert few.fingerprint == data.load(Shapes(count=30)).fingerprint != other.fingerprint
    np.testing.assert_array_equal(few.images[:], many.images[:30])
    assert not np.array_equal(few.images[:6], data.load(Shapes(count=30), "test").images[:6])
