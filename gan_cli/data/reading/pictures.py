"""Bytes of a picture file -> uint8 pixels of the size and channels asked for. Pillow alone decodes:
what a file gives depends on nothing but its bytes and the options."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from gan_cli.base.errors import ConfigError
from gan_cli.base.lazy import Image, ImageColor, ImageOps, np
from gan_cli.data.reading.hashes import digest
from gan_cli.data.reading.options import LARGEST_UNASKED, Pictures

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")
LARGEST_PIXELS = 50_000_000
LARGEST_BYTES = 256 * 1024**2
EMPTY, NOT_A_PICTURE = "empty file", "not a jpg, png, bmp, gif, webp or tiff"
NO_PICTURE = (EMPTY, NOT_A_PICTURE, "larger than")
"""How the reasons begin that a file without the name of a picture may have: it is not meant to be
one.
"""


class BadPicture(Exception):
    """A file that cannot be used; the message is the reason."""


class Look(NamedTuple):
    """How pictures should look: (height, width) or None for their own size, fit, channels and
    background.
    """

    size: tuple[int, int] | None
    fit: str
    channels: str | int
    background: tuple[int, int, int]

    @property
    def planes(self) -> int:
        """Channels that are decoded: what `auto` comes to is known when all pictures are."""
        return 1 if self.channels == 1 else 3

    @property
    def tinted(self) -> bool:
        """Whether the background gives colour to what is laid on it."""
        return self.channels != 1 and len(set(self.background)) > 1


def look(options: Pictures) -> Look:
    """The look that the options ask for.

    Raises:
        ConfigError: the background is no colour.
    """
    try:
        background = ImageColor.getrgb(options.background)[:3]
    except ValueError:
        raise ConfigError(
            f"data.background={options.background}: not a colour; a name such as white, or #rrggbb"
        ) from None
    asked = LARGEST_UNASKED if options.size == "auto" else options.size
    size = (asked, asked) if isinstance(asked, int) else asked
    return Look((size[0], size[1]) if size else None, options.fit, options.channels, background)


class Decoded(NamedTuple):
    """Pixels uint8 [H, W, 1 or 3], the size (height, width) of the file's picture, and whether it
    is grey.
    """

    pixels: np.ndarray
    size: tuple[int, int]
    grey: bool


def decode(content: bytes, wanted: Look) -> Decoded:
    """The first picture of a file, turned as its EXIF says, laid on the background, scaled
    (bicubic, antialiased).

    Raises:
        BadPicture: it is none, is cut off or damaged, or is larger than 50 megapixels.
    """
    if not content:
        raise BadPicture(EMPTY)
    with opened(content) as picture:
        return finish(picture, wanted)


def decode_stored(content: bytes, wanted: Look) -> tuple[Decoded, bytes]:
    """A picture and its hash, from bytes that lie in something larger than a file of their own.

    Raises:
        BadPicture: as `decode`, or more bytes than a file may have.
    """
    if len(content) > LARGEST_BYTES:
        raise BadPicture(f"larger than {LARGEST_BYTES:,} bytes")
    return decode(content, wanted), digest(content)


@contextmanager
def opened(content: bytes) -> Iterator[Image.Image]:
    """A file as Pillow's image, of a bounded size, with whatever Pillow raises for damage as
    BadPicture.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > LARGEST_PIXELS:
                raise BadPicture(
                    f"claims {picture.width}x{picture.height} pixels, more than 50 megapixels"
                )
            yield picture
    except (BadPicture, MemoryError):
        raise
    except Image.UnidentifiedImageError:
        raise BadPicture(NOT_A_PICTURE) from None
    except Image.DecompressionBombError:
        raise BadPicture("claims more than 50 megapixels") from None
    except (
        Exception
    ) as error:  # decoders of damaged bytes raise anything, from struct.error to ZeroDivisionError
        raise BadPicture(
            f"damaged ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        ) from None


def finish(picture: Image.Image, wanted: Look) -> Decoded:
    """An open image with the pixels that are wanted."""
    picture.load()
    with suppress(Exception):  # raised after the turn, when Pillow writes odd EXIF tags anew
        ImageOps.exif_transpose(picture, in_place=True)
    plain = _plain(picture, wanted)
    size = (plain.height, plain.width)
    pixels = np.asarray(_fitted(plain, wanted))
    if pixels.ndim == 2:
        return Decoded(np.repeat(pixels[..., None], wanted.planes, axis=2), size, True)
    return Decoded(pixels, size, wanted.channels == "auto" and _is_grey(pixels))


def _plain(picture: Image.Image, wanted: Look) -> Image.Image:
    """Any mode as L or RGB, without transparency."""
    if picture.mode.startswith(("I", "F")):
        picture = _deep(picture)
    elif picture.has_transparency_data:
        ground = Image.new("RGBA", picture.size, (*wanted.background, 255))
        grey = picture.mode in ("LA", "La") and not wanted.tinted
        picture = Image.alpha_composite(ground, picture.convert("RGBA")).convert(
            "L" if grey else "RGB"
        )
    mode = "L" if wanted.channels == 1 or picture.mode in ("1", "L", "LA", "La") else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def _deep(picture: Image.Image) -> Image.Image:
    """Grey of 16 bits -> 8 bits; Pillow's own conversion cuts everything above 255 off."""
    levels = np.asarray(picture)
    if picture.mode == "F" or levels.min(initial=0) < 0 or levels.max(initial=0) > 65535:
        raise BadPicture("grey levels of 32 bits, whose range is unknown")
    return Image.fromarray(np.rint(levels / 257.0).astype(np.uint8))


def _fitted(picture: Image.Image, wanted: Look) -> Image.Image:
    if wanted.size is None or wanted.size == (picture.height, picture.width):
        return picture
    size, bicubic = (wanted.size[1], wanted.size[0]), Image.Resampling.BICUBIC
    if wanted.fit == "crop":
        return ImageOps.fit(picture, size, bicubic)
    if wanted.fit == "pad":
        picture = picture.convert("RGB") if wanted.tinted else picture
        ground = Image.new("RGB", (1, 1), wanted.background).convert(picture.mode).getpixel((0, 0))
        return ImageOps.pad(picture, size, bicubic, color=ground)  # type: ignore[arg-type]
    return picture.resize(size, bicubic)


def _is_grey(pixels: np.ndarray) -> bool:
    # Most pictures of colour show it in their first line.
    return all(bool((part[..., :2] == part[..., 1:]).all()) for part in (pixels[:1], pixels))
