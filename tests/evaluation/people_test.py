"""People as judges: what the page holds."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gan_cli.base.errors import DataError
from gan_cli.evaluation import people

PROVENANCE = {"checkpoint": "ab</script>é", "step": 3000, "share": 1.0}


def images(count: int, first: int = 0, channels: int = 1) -> np.ndarray:
    """Images [count, 8, 9, channels] of one level each: `first`, `first` + 1, ..."""
    levels = np.arange(first, first + count, dtype=np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (count, 8, 9, channels)).copy()


def deck(seed: int = 0, exposure_ms: int | None = None) -> people.Deck:
    """Three real images of levels 0 to 2, four generated ones of levels 100 to 103."""
    return people.deck(images(3), images(4, 100), seed, PROVENANCE, exposure_ms)


def page(title: str = "a run", channels: int = 1) -> str:
    return people.page(images(3, 0, channels), images(4, 100, channels), 0, title, PROVENANCE, None)


def data_of(text: str) -> dict[str, Any]:
    """What the script of a page reads."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_key_says_which_image_is_real():
    shown = deck()
    real = [key == "1" for key in json.loads(shown.text)["key"]]
    assert sorted(shown.images[real, 0, 0, 0]) == [0, 1, 2]
    assert sorted(shown.images[np.invert(real), 0, 0, 0]) == [100, 101, 102, 103]


def test_the_seed_fixes_the_order_and_the_fingerprint():
    np.testing.assert_array_equal(deck(seed=1).images, deck(seed=1).images)
    assert deck(seed=1).fingerprint == deck(seed=1).fingerprint
    fingerprints = [deck(seed).fingerprint for seed in range(4)] + [
        deck(0, exposure_ms=250).fingerprint
    ]
    assert len(set(fingerprints)) == 5


def test_other_pixels_are_another_page():
    one, other = (people.deck(images(3), images(4, first), 0, {}, None) for first in (100, 101))
    assert json.loads(one.text)["key"] == json.loads(other.text)["key"]
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize(("real", "generated"), [(0, 3), (3, 0), (people.MOST_IMAGES, 1)])
def test_counts_that_no_page_takes(real: int, generated: int):
    with pytest.raises(
        DataError, match=f"{real} real and {generated} generated images: a page takes 1 to 10,000"
    ):
        people.deck(
            np.zeros((real, 8, 8, 1), np.uint8),
            np.zeros((generated, 8, 8, 1), np.uint8),
            0,
            {},
            None,
        )


def test_a_size_that_would_tell_them_apart():
    with pytest.raises(DataError, match="real images are 8x9x1 and generated ones 8x9x3"):
        people.deck(images(2), images(2, 0, 3), 0, {}, None)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_page_holds_the_very_pixels(channels: int):
    links = data_of(page(channels=channels))["images"]
    contents = [base64.b64decode(link.removeprefix("data:image/png;base64,")) for link in links]
    pixels = [
        np.asarray(Image.open(io.BytesIO(content))).reshape(8, 9, channels) for content in contents
    ]
    np.testing.assert_array_equal(
        pixels, people.deck(images(3, 0, channels), images(4, 100, channels), 0, {}, None).images
    )


def test_the_page_loads_nothing():
    text = page()
    assert "default-src 'none'" in text
    assert not re.search(
        r"https?:|//[a-z]+\.|@import|url\(|<link|<iframe|src=\"|fetch\(|XMLHttp|WebSocket|sendBeacon",
        text,
    )


def test_the_key_is_not_to_be_read_in_the_page():
    text, key = page(), json.loads(deck().text)["key"]
    hidden = data_of(text)["deck"]
    assert key not in text
    assert b"key" not in base64.b64decode(hidden)
    assert bytes(byte ^ people.MASK for byte in base64.b64decode(hidden)).decode() == deck().text


def test_a_title_is_text_and_no_template():
    text = page("<b>{{data}} & co</b>")
    assert text.count("&lt;b&gt;{{data}} &amp; co&lt;/b&gt;") == 2
    assert "<b>{{" not in text
    assert data_of(text)["fingerprint"] == deck().fingerprint
