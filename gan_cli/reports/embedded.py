"""A picture that lies inside a page."""

from typing import NamedTuple

TILE, WIDEST = 64, 1200
"""CSS pixels that each image of a picture shall have about, and the whole picture at most."""


class Picture(NamedTuple):
    """PNG or GIF of images side by side.

    Attributes:
        uri: data:image/...
        width, height: pixels.
        step: of the checkpoint that drew it.
        tile: pixels of the longer side of one of its images.
        names: of its rows; none without rows of classes.
    """

    uri: str
    width: int
    height: int
    step: int
    tile: int
    names: tuple[str, ...] = ()

    @property
    def factor(self) -> int:
        """By how much it is enlarged, so that its images can be seen: whole, all pixels alike."""
        return max(1, min(round(TILE / self.tile), WIDEST // self.width))
