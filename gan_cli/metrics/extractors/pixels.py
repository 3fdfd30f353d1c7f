"""`pixels`: the image itself as its features, for a look without any network; it sees colours and
places, not things.
"""

from __future__ import annotations

from gan_cli.base.files import fingerprint
from gan_cli.base.images import from_uint8
from gan_cli.base.lazy import np
from gan_cli.metrics.extractors import Context, extractor
from gan_cli.metrics.extractors.feature_extractor import Extractor

SIDE = 32


class Pixels(Extractor):
    """Features: grey levels in [-1, 1], [N, h w C], of the image averaged down to at most 32 x
    32.
    """

    name = "pixels"
    resize = f"sides over {SIDE} to {SIDE}, area average"
    weights = fingerprint({"name": name, "resize": resize, "range": [-1, 1]})

    def _features(self, images: np.ndarray) -> np.ndarray:
        count, height, width, _ = images.shape
        rows, columns = averages(height, min(height, SIDE)), averages(width, min(width, SIDE))
        small = np.einsum(
            "ih,nhwc,jw->nijc", rows, images.astype(np.float32), columns, optimize=True
        )
        flat: np.ndarray = from_uint8(small.reshape(count, -1))
        return flat


@extractor("pixels")
def build(context: Context) -> Extractor:
    """The grey levels themselves, without a network."""
    return Pixels()


def averages(length: int, parts: int) -> np.ndarray:
    """The mean over each of `parts` equal stretches of a line of pixels, as a matrix float32
    [parts, length].
    """
    edges = np.arange(parts + 1) * (length / parts)
    pixels = np.arange(length)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    shares: np.ndarray = overlap.clip(min=0) * (parts / length)
    return shares.astype(np.float32)
