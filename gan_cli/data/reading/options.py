"""Options that the sources of picture files share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gan_cli.config.options import AutoSize, Share, option, options

LARGEST_UNASKED = 64
"""Pixels of a side; larger images are for those who ask for them, since they take hours."""
SIDE = "side, or [height, width], in pixels"


Decode = Literal["auto", "ahead", "on_the_fly"]


@options
class Pictures:
    """What all sources of picture files share."""

    path: str | None = option("what to read (required)", None)
    size: AutoSize = option(
        f"{SIDE}; auto: that of all pictures up to 64, else a square that most of them fill, of 64 "
        "at most; null: the files' own, where all share one",
        "auto",
    )
    fit: Literal["crop", "pad", "stretch"] = option(
        (
            "if the shape differs: crop the longer side, pad the shorter one with the background,"
            " or stretch"
        ),
        "crop",
    )
    channels: Literal["auto", 1, 3] = option(
        "1 (grey), 3 (RGB), or auto: 1 if every picture is grey", "auto"
    )
    background: str = option(
        "colour behind transparent pixels, and of the padding: a name or #rrggbb", "white"
    )
    test_share: Share = option(
        "share that is held out for evaluation if there is no test split", 0.1
    )
    max_bad_fraction: Annotated[float, Field(ge=0.0, le=1.0)] = option(
        "largest share of broken files to leave out; with more, nothing is trained", 0.01
    )
    decode: Decode = option(
        (
            "ahead: all pictures once, into a cache; on_the_fly: each whenever it is needed; "
            "auto: ahead, if that takes at most half of the free disk"
        ),
        "auto",
    )
