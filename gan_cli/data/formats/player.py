"""Animated files (GIF, WebP, TIFF of several pages), one frame after another: the next one often
needs the one before.
"""

from __future__ import annotations

from collections.abc import Iterator

from gan_cli.data.reading.hashes import digest
from gan_cli.data.reading.pictures import LARGEST_PIXELS, BadPicture, Decoded, Look, finish, opened

MOST_FRAMES = 100_000


def count_frames(content: bytes) -> int:
    """Frames of a file; 1 where it is a still picture.

    Raises:
        BadPicture: it is none, or has more than 100,000.
    """
    if not content:
        raise BadPicture("empty file")
    with opened(content) as picture:
        count: int = getattr(picture, "n_frames", 1)
    if count > MOST_FRAMES:
        raise BadPicture(f"{count:,} frames, more than {MOST_FRAMES:,}")
    return count


class Player:
    """The frames of an animated file. One at a time is in memory; asking for an earlier one starts
    again.

    Args:
        stride: every how many frames one will be asked for.
    """

    def __init__(self, content: bytes, wanted: Look, stride: int) -> None:
        self.hash = digest(content)
        self._content, self._look, self._stride = content, wanted, stride
        self._begin()

    def _begin(self) -> None:
        self._frames, self._next, self._broken = (
            _play(self._content, self._look, self._stride),
            0,
            "",
        )

    def frame(self, number: int) -> Decoded:
        """A frame whose number is a multiple of the stride.

        Raises:
            BadPicture: it, or one that comes before it, is damaged; the reason names that one.
        """
        if number < self._next:
            self._begin()
        while not self._broken:
            try:
                here, decoded = next(self._frames)
            except BadPicture as error:
                self._broken = str(error)
                break
            self._next = here + self._stride
            if here == number:
                return decoded
        raise BadPicture(self._broken)


def _play(content: bytes, wanted: Look, stride: int) -> Iterator[tuple[int, Decoded]]:
    number = 0
    try:
        with opened(content) as picture:
            while True:
                picture.seek(number)
                if (
                    picture.width * picture.height > LARGEST_PIXELS
                ):  # frames may reach beyond the first
                    raise BadPicture(
                        f"claims {picture.width}x{picture.height} pixels, more than 50 megapixels"
                    )
                if number % stride == 0:
                    yield number, finish(picture.copy(), wanted)
                number += 1
    except BadPicture as error:
        raise BadPicture(f"frame {number}: {error}") from None
