"""`data=shapes`: coloured shapes on black with captions that are true of them, drawn; some pairs of
colour and shape are held out, to see whether a model combines what it was shown apart.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gan_cli.base.lazy import np
from gan_cli.config.options import Seed, option, options
from gan_cli.data import data_source
from gan_cli.data.formats.scenes import COLOURS, KINDS, SHAPES, Scene, draw, drawn_at_random, pairs
from gan_cli.data.reading.captions import captioned
from gan_cli.data.reading.source import Examples, Source, Split

Kind = Literal["place", "count", "relation"]
TEST_SHARE = 5
"""The test split has one image for so many of training."""
STREAMS: dict[str, int] = {"train": 0, "test": 1, "seen": 2, "held_out": 3, "all": 4}


@options
class Shapes:
    """Options of `data=shapes`."""

    name: str = "shapes"
    size: Annotated[int, Field(ge=16, le=256)] = option("side of an image in pixels", 32)
    count: Annotated[int, Field(ge=1, le=10**6)] = option("images to train on", 20_000)
    held_out: Annotated[int, Field(ge=0, le=len(COLOURS) * (len(SHAPES) - 1))] = option(
        "pairs of colour and shape that are never shown; each colour and each shape is shown "
        "in other pairs",
        4,
    )
    show: Literal["seen", "held_out", "all"] = option(
        "pairs to draw: seen (those for training), held_out, or all", "seen"
    )
    kinds: Annotated[list[Kind], Field(min_length=1)] = option(
        "kinds of pictures, in turn: one shape at a place, several of one shape, two shapes "
        "and their relation",
        list(KINDS),
    )
    seed: Seed = option("decides what is drawn, and what is held out", 0)

    def examples(self, which: Literal["seen", "held_out", "all"], count: int) -> Examples:
        """Other pictures, of one shape each, whose captions say all that is to be read in them."""
        some = self.scenes(which, which, count, ["place"])
        names = ("colour", "shape", "size", "place")
        read = {name: np.array([each.values()[name] for each in some]) for name in names}
        return Examples(draw(some, self.size), [each.captions()[0] for each in some], read)

    def scenes(self, stream: str, which: str, count: int, kinds: list[Kind]) -> list[Scene]:
        """What is drawn, from a stream of random numbers, of pairs that are seen or held out."""
        shown, hidden = pairs(self.held_out, self.seed)
        chosen = {"seen": shown, "held_out": hidden or shown, "all": shown + hidden}[which]
        return drawn_at_random(chosen, kinds, count, [self.seed, STREAMS[stream]])


@data_source("shapes", Shapes)
def load(options: Shapes, split: Split) -> Source:
    """Drawn pictures of one to three shapes, with a full caption and one that leaves some out."""
    count = options.count if split == "train" else max(1, options.count // TEST_SHARE)
    drawn = options.scenes(split, options.show, count, options.kinds)
    source = Source(draw(drawn, options.size), origin="drawn")
    return captioned(source, [each.captions() for each in drawn])
