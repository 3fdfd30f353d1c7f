"""People as judges (HYPE: Zhou et al., 2019): a page that shows real and generated images one at a
time.

A judge opens the page, which needs neither a server nor a network, and sends back the file that it
offers at the end: `answers` reads it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

from gan_cli.base import pages
from gan_cli.base.errors import DataError
from gan_cli.base.lazy import Image, np
from gan_cli.metrics.intervals import quantile

TEMPLATE = Path(__file__).with_name("people.html")
MOST_IMAGES = 10_000
LONGEST = 3_600_000
"""Milliseconds that one answer may take; a judge who was away for longer counts as an hour."""
MASK = 0x5A
"""Hides the key from a glance at the page's source; a judge who wants to cheat can."""


class Deck(NamedTuple):
    """What a page shows.

    Attributes:
        images: uint8 [N, H, W, C] in the order shown.
        text: JSON of the key ("1": real, one character per image), hash of the pixels, exposure and
            provenance.
    """

    images: np.ndarray
    text: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 of `text`; answers carry the text, so that nobody can change the key and still
        answer this page.
        """
        return fingerprint(self.text)


def deck(
    real: np.ndarray,
    generated: np.ndarray,
    seed: int,
    provenance: dict[str, Any],
    exposure_ms: int | None,
) -> Deck:
    """Shuffle real and generated images, uint8 [N, H, W, C] each; the paper shows as many of one
    kind as of the other.

    Args:
        seed: of the order.
        provenance: plain values that say where the images come from; they return with the answers.
        exposure_ms: how long an image can be seen (HYPE-time, at a fixed time); None: until the
            answer (HYPE-infinity).

    Raises:
        DataError: one kind is empty, the sizes differ, or there are more than 10,000 images.
    """
    if not len(real) or not len(generated) or len(real) + len(generated) > MOST_IMAGES:
        raise DataError(
            f"{len(real)} real and {len(generated)} generated images: a page takes 1 to "
            f"{MOST_IMAGES:,} in all"
        )
    if real.shape[1:] != generated.shape[1:]:
        sizes = ["x".join(map(str, images.shape[1:])) for images in (real, generated)]
        raise DataError(
            f"real images are {sizes[0]} and generated ones {sizes[1]}: the size would tell "
            "them "
            "apart"
        )
    order = np.random.default_rng(seed).permutation(len(real) + len(generated))
    images = np.concatenate([real, generated])[order]
    values = {
        "format": 1,
        "images": hashlib.sha256(images.tobytes()).hexdigest(),
        "shape": images.shape,
        "key": "".join("1" if row < len(real) else "0" for row in order),
        "exposure_ms": exposure_ms,
        "provenance": provenance,
    }
    return Deck(images, json.dumps(values, sort_keys=True, allow_nan=False))


def page(
    real: np.ndarray,
    generated: np.ndarray,
    seed: int,
    title: str,
    provenance: dict[str, Any],
    exposure_ms: int | None,
) -> str:
    """One HTML file that judges `deck(...)`, with all that it needs inside."""
    shown = deck(real, generated, seed, provenance, exposure_ms)
    data = {
        "deck": base64.b64encode(bytes(byte ^ MASK for byte in shown.text.encode())).decode(),
        "mask": MASK,
        "fingerprint": shown.fingerprint,
        "images": [_data_uri(image) for image in shown.images],
        "grey": shown.images.shape[3] == 1,
        "exposure": exposure_ms,
        "longest": LONGEST,
        "quantile": quantile(),
    }
    return pages.render(TEMPLATE, title=title, data=data)


def fingerprint(text: str) -> str:
    """SHA-256 of a deck's text, which may be a stranger's and then not even be valid Unicode."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _data_uri(image: np.ndarray) -> str:
    """uint8 [H, W, 1 or 3] as a PNG inside a link."""
    buffer = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
