"""A picture that lies inside a page."""

from typing import NamedTuple


class Picture(NamedTuple):
    """PNG or GIF.

    Attributes:
        uri: data:image/...
        width, height: pixels.
        step: of the checkpoint that drew it.
    """

    uri: str
    width: int
    height: int
    step: int
