"""From the bytes of a picture file to pixels."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from gan_cli.base.errors import ConfigError
from gan_cli.data.folder import Folder
from gan_cli.data.reading.pictures import NOT_A_PICTURE, BadPicture, Look, look

from ..made_pictures import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    YELLOW,
    corners,
    deep_png,
    encoded,
    noise,
    plain,
    seen,
)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF"])
def test_a_format_without_loss_gives_the_pixels_that_were_written(kind: str) -> None:
    decoded = seen(encoded(corners(), kind))
    assert decoded.pixels.dtype == np.uint8
    assert np.array_equal(decoded.pixels, corners())
    assert (decoded.size, decoded.grey) == ((16, 24), False)


@pytest.mark.parametrize(
    ("kind", "options"),
    [("JPEG", {"quality": 95}), ("WEBP", {"quality": 95}), ("MPO", {"quality": 95})],
)
def test_a_format_with_loss_comes_close(kind: str, options: dict[str, int]) -> None:
    decoded = seen(encoded(corners(), kind, **options))
    assert decoded.size == (16, 24)
    middles = decoded.pixels[4::8, 6::12].astype(int)
    assert np.abs(middles - [[RED, GREEN], [BLUE, YELLOW]]).max() <= 12


def test_other_formats_of_pillow_are_not_taken() -> None:
    for content in (
        encoded(corners(), "PPM"),
        encoded(corners(), "ICO"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n",
    ):
        with pytest.raises(BadPicture, match=NOT_A_PICTURE):
            seen(content)


def _palette(transparent: int | bytes | None = None) -> bytes:
    picture = Image.fromarray(np.array([[0, 1]], np.uint8), "L").convert("P")
    picture.putpalette([200, 0, 0, 0, 100, 0])
    return (
        encoded(picture, transparency=transparent) if transparent is not None else encoded(picture)
    )


def _pixels(mode: str, *levels: int | tuple[int, ...]) -> Image.Image:
    picture = Image.new(mode, (len(levels), 1))
    picture.putdata(levels)
    return picture


@pytest.mark.parametrize(
    ("content", "first", "second"),
    [
        (encoded(_pixels("1", 0, 255)), 0, 255),
        (encoded(_pixels("L", 7, 200)), 7, 200),
        (encoded(_pixels("L", 7, 200), transparency=7), 255, 200),
        (encoded(_pixels("LA", (100, 255), (100, 0))), 100, 255),
        (encoded(_pixels("LA", (0, 51), (0, 204))), 204, 51),
        (_palette(), (200, 0, 0), (0, 100, 0)),
        (_palette(0), (255, 255, 255), (0, 100, 0)),
        (_palette(b"\x33\xff"), (244, 204, 204), (0, 100, 0)),
        (encoded(_pixels("RGB", (1, 2, 3), (4, 5, 6))), (1, 2, 3), (4, 5, 6)),
        (
            encoded(_pixels("RGB", (1, 2, 3), (4, 5, 6)), transparency=(4, 5, 6)),
            (1, 2, 3),
            (255, 255, 255),
        ),
        (encoded(_pixels("RGBA", (255, 0, 0, 255), (255, 0, 0, 0))), (255, 0, 0), (255, 255, 255)),
        (
            encoded(_pixels("RGBA", (255, 0, 0, 128), (0, 0, 0, 51))),
            (255, 127, 127),
            (204, 204, 204),
        ),
        (
            encoded(_pixels("CMYK", (0, 0, 0, 0), (0, 255, 255, 0)), "TIFF"),
            (255, 255, 255),
            (255, 0, 0),
        ),
        (encoded(np.uint16([[257, 65535]])), 1, 255),
        (encoded(np.uint16([[0, 32768]]), "TIFF"), 0, 128),
        (encoded(np.uint16([[128, 129]])), 0, 1),
        (encoded(np.int32([[257, 65535]]), "TIFF"), 1, 255),
        (deep_png(np.array([[[257, 514, 771], [65535, 0, 65535]]]), 2), (1, 2, 3), (255, 0, 255)),
        (deep_png(np.array([[[0, 0], [25700, 65535]]]), 4), 255, 100),
    ],
    ids=[
        "1",
        "L",
        "L with tRNS",
        "LA",
        "LA partly",
        "P",
        "P with one transparent",
        "P with alpha",
        "RGB",
        "RGB with tRNS",
        "RGBA",
        "RGBA partly",
        "CMYK",
        "16 bits",
        "16 bits tiff",
        "16 bits rounded",
        "I",
        "RGB of 16 bits",
        "LA of 16 bits",
    ],
)
def test_every_mode_becomes_its_colours_over_white(
    content: bytes, first: object, second: object
) -> None:
    assert seen(content, channels=3).pixels.tolist() == [
        [list(np.broadcast_to(each, 3)) for each in (first, second)]
    ]


def test_a_jpeg_of_four_inks_keeps_its_colours() -> None:
    """The pixels are as Pillow's own conversion has them, which turns Adobe's inverted inks."""
    inks = Image.fromarray(corners()).convert("CMYK")
    middles = seen(encoded(inks, "JPEG", quality=95)).pixels[4::8, 6::12].astype(int)
    assert np.abs(middles - [[RED, GREEN], [BLUE, YELLOW]]).max() <= 12


@pytest.mark.parametrize(
    "levels", [np.float32([[0, 1]]), np.int32([[0, 65536]]), np.int32([[-1, 0]])]
)
def test_levels_of_unknown_range_are_refused(levels: np.ndarray) -> None:
    with pytest.raises(BadPicture) as caught:
        seen(encoded(levels, "TIFF"))
    assert str(caught.value) == "grey levels of 32 bits, whose range is unknown"


def test_the_first_frame_of_an_animation_is_the_picture() -> None:
    frames = [Image.fromarray(plain(colour)) for colour in (RED, BLUE)]
    assert seen(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])).pixels[
        0, 0
    ].tolist() == list(RED)


def test_half_red_over_the_background() -> None:
    half = encoded(_pixels("RGBA", (255, 0, 0, 128)))
    assert seen(half).pixels[0, 0].tolist() == [255, 127, 127]
    assert seen(half, background=(0, 0, 0)).pixels[0, 0].tolist() == [128, 0, 0]
    assert seen(half, background=(0, 255, 0)).pixels[0, 0].tolist() == [128, 127, 0]
    assert seen(half, channels=1).pixels[0, 0].tolist() == [165]  # 0.299 * 255 + 0.701 * 127


def test_a_coloured_background_colours_transparent_grey() -> None:
    clear = encoded(_pixels("LA", (100, 255), (100, 0)))
    decoded = seen(clear, background=BLUE)
    assert (decoded.pixels.tolist(), decoded.grey) == ([[[100] * 3, list(BLUE)]], False)
    assert seen(clear, background=(9, 9, 9)).grey
    assert seen(clear, channels=1, background=BLUE).pixels.ravel().tolist() == [100, 29]


def test_grey_is_seen_by_mode_and_by_pixels() -> None:
    almost = plain((9, 9, 9))
    assert seen(encoded(almost)).grey
    assert seen(encoded(noise(16, 16, 1)[..., 0], "JPEG")).grey
    assert seen(encoded(noise(16, 16, 1).repeat(3, 2), "JPEG")).grey
    almost[7, 7, 2] = 10
    assert not seen(encoded(almost)).grey
    assert not seen(encoded(plain(RED))).grey


@pytest.mark.parametrize("picture", [plain(RED), plain(76)], ids=["colour", "grey"])
def test_channels_that_are_asked_for(picture: np.ndarray) -> None:
    assert np.array_equal(seen(encoded(picture), channels=1).pixels, plain((76,)))
    expected = plain(RED) if picture.ndim == 3 else plain((76, 76, 76))
    for channels in (3, "auto"):
        assert np.array_equal(seen(encoded(picture), channels=channels).pixels, expected)


def test_the_look_that_options_ask_for() -> None:
    assert look(Folder()) == ((64, 64), "crop", "auto", WHITE)
    assert look(Folder(size=[48, 64], background="#102030", channels=1)) == (
        (48, 64),
        "crop",
        1,
        (16, 32, 48),
    )
    assert look(Folder(size=None, fit="pad", background="rgba(1, 2, 3, 4)")) == (
        None,
        "pad",
        "auto",
        (1, 2, 3),
    )
    assert (
        Look(None, "crop", 1, WHITE).planes,
        Look(None, "crop", 3, WHITE).planes,
        look(Folder()).planes,
    ) == (1, 3, 3)


@pytest.mark.parametrize("background", ["whit", "#12345", "", "255,255,255"])
def test_a_background_that_is_no_colour(background: str) -> None:
    with pytest.raises(ConfigError) as caught:
        look(Folder(background=background))
    assert (
        str(caught.value)
        == f"data.background={background}: not a colour; a name such as white, or #rrggbb"
    )


@pytest.mark.parametrize(
    ("options", "farthest"),
    [
        ({"quality": 75}, 3),
        ({"quality": 95, "subsampling": 0}, 5),
        ({"quality": 30, "progressive": True}, 3),
        ({"quality": 100}, 20),
    ],
)
def test_jpegs_are_decoded_as_tensorflow_does_accurately(
    options: dict[str, int], farthest: int
) -> None:
    """TensorFlow's default is a faster transform: up to `farthest` levels away."""
    import tensorflow as tf

    distances = []
    for seed, channels in ((0, 3), (1, 3), (2, 1)):
        content = encoded(noise(61, 83, channels, seed).squeeze(), "JPEG", **options)
        pixels = seen(content, channels=channels).pixels
        assert np.array_equal(
            pixels, tf.io.decode_jpeg(content, dct_method="INTEGER_ACCURATE").numpy()
        )
        distances.append(np.abs(tf.io.decode_jpeg(content).numpy().astype(int) - pixels).max())
    assert 1 <= max(distances) <= farthest
