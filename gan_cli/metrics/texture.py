"""Colours, edges and textures of two sets of images, compared as wholes: statistics of a set ->
distance of two.

Each distance is in [0, 1], 0 for equal statistics, lower is better. All pixels of a set count
alike, so how they are shared out among its images is not seen.
"""

from __future__ import annotations

import numpy as np

from gan_cli.metrics import checks

HUES, SATURATIONS, VALUES = 12, 4, 16
DIRECTIONS = 8
STEEPNESS = np.array([1, 2, 4, 8, 16, 32, 64, 128])
"""Grey levels per pixel at which the classes of edges begin; below the first a pixel is flat."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""RGB -> grey (Rec. 601)."""
BLOCK = 256
"""Images looked at together."""


class Histogram:
    """Counts of classes of pixels; the subclass says which class a pixel is in."""

    bins: int

    def __init__(self) -> None:
        self.counts = np.zeros(self.bins, np.int64)

    def add(self, images: np.ndarray) -> None:
        """Take in uint8 images [N, H, W, C], grey or RGB.

        Raises:
            ValueError: they are not.
        """
        checks.images(images)
        for start in range(0, len(images), BLOCK):
            self.counts += np.bincount(
                self._classes(images[start : start + BLOCK]).ravel(), minlength=self.bins
            )

    @property
    def shares(self) -> np.ndarray:
        """float64 [bins], sums to 1.

        Raises:
            ValueError: nothing was added.
        """
        if not self.counts.any():
            raise ValueError("no images were added")
        shares: np.ndarray = self.counts / self.counts.sum()
        return shares

    def _classes(self, images: np.ndarray) -> np.ndarray:
        raise NotImplementedError


class Colours(Histogram):
    """Joint histogram of hue (12 sectors, the first around red), saturation (4 steps) and value (16
    steps).

    A pixel of the lowest saturation or value has no hue to speak of, one of the lowest value no
    saturation either: they count as grey, so that rounding does not scatter them over all hues.
    Grey images use the 16 values alone.
    """

    bins = HUES * SATURATIONS * VALUES

    def _classes(self, images: np.ndarray) -> np.ndarray:
        hue, saturation, value = hsv(images)
        values = np.minimum(value * VALUES, VALUES - 1).astype(np.int64)
        saturations = np.minimum(saturation * SATURATIONS, SATURATIONS - 1).astype(np.int64) * (
            values > 0
        )
        hues = np.rint(hue * HUES).astype(np.int64) % HUES * (saturations > 0)
        classes: np.ndarray = (hues * SATURATIONS + saturations) * VALUES + values
        return classes


class Edges(Histogram):
    """Joint histogram of the steepness (8 octaves, in grey levels per pixel) and direction (8
    sectors of 180 degrees, the first around a horizontal gradient) of Sobel gradients of the luma;
    all flat pixels are one class."""

    bins = 1 + len(STEEPNESS) * DIRECTIONS

    def add(self, images: np.ndarray) -> None:
        if min(checks.images(images).shape[1:3]) < 3:
            raise ValueError(
                f"edges need images of at least 3 x 3 pixels, not {images.shape[1]} x "
                f"{images.shape[2]}"
            )
        super().add(images)

    def _classes(self, images: np.ndarray) -> np.ndarray:
        grey = images[..., 0].astype(np.float32) if images.shape[-1] == 1 else images @ LUMA
        along, down = sobel(grey)
        octave = np.searchsorted(STEEPNESS, np.hypot(along, down), side="right")
        sector = (
            np.rint(np.arctan2(down, along) * (DIRECTIONS / np.pi)).astype(np.int64) % DIRECTIONS
        )
        return np.where(octave > 0, 1 + (octave - 1) * DIRECTIONS + sector, 0)


class Gram:
    """Mean Gram matrix of feature maps: which channels answer together, wherever in the image
    (Gatys et al., 2016).
    """

    def __init__(self, channels: int) -> None:
        self.count = 0
        self.total = np.zeros((channels, channels))

    def add(self, maps: np.ndarray) -> None:
        """Take in feature maps [N, h, w, C]; the Gram matrix of each is divided by its h w
        places.
        """
        count, height, width, channels = maps.shape
        places = maps.reshape(-1, channels).astype(np.float64)
        self.total += places.T @ places / (height * width)
        self.count += count

    @property
    def mean(self) -> np.ndarray:
        """float64 [C, C].

        Raises:
            ValueError: nothing was added.
        """
        if not self.count:
            raise ValueError("no feature maps were added")
        return self.total / self.count


def histogram_distance(first: Histogram, second: Histogram) -> float:
    """Half the summed differences of the shares (total variation): 1 minus the intersection of
    Swain and Ballard, 1991.
    """
    return float(np.abs(first.shares - second.shares).sum() / 2)


def gram_distance(first: Gram, second: Gram) -> float:
    """|G1 - G2| / (|G1| + |G2|) in the Frobenius norm; 0 where both are 0."""
    size = np.linalg.norm(first.mean) + np.linalg.norm(second.mean)
    return float(np.linalg.norm(first.mean - second.mean) / size) if size else 0.0


def hsv(images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hue in [0, 1), saturation and value in [0, 1], float32 [N, H, W], of uint8 images (hexcone
    model, Smith, 1978).
    """
    red, green, blue = np.moveaxis(
        np.broadcast_to(images, (*images.shape[:-1], 3)).astype(np.float32) / 255, -1, 0
    )
    value = np.maximum(np.maximum(red, green), blue)
    chroma = value - np.minimum(np.minimum(red, green), blue)
    safe = np.where(chroma > 0, chroma, 1)
    after_red, after_green, after_blue = (
        (green - blue) / safe % 6,
        (blue - red) / safe + 2,
        (red - green) / safe + 4,
    )
    sector = np.where(value == red, after_red, np.where(value == green, after_green, after_blue))
    saturation = chroma / np.where(value > 0, value, 1)
    return sector / 6 % 1, saturation, value


def sobel(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradients along the row and down the column of [N, H, W], in units per pixel, [N, H - 2, W -
    2] each.
    """
    rows = grey[:, :-2] + 2 * grey[:, 1:-1] + grey[:, 2:]
    columns = grey[:, :, :-2] + 2 * grey[:, :, 1:-1] + grey[:, :, 2:]
    return (rows[:, :, 2:] - rows[:, :, :-2]) / 8, (columns[:, 2:] - columns[:, :-2]) / 8
