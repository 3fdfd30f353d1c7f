"""Toy sets with one fault each: features around eight centres, and pictures of coloured bars."""

from __future__ import annotations

import numpy as np

MODES = 8
CENTRES = np.random.default_rng(7).normal(size=(MODES, 16))
PALETTE = np.array([[220, 40, 40], [40, 220, 40], [40, 40, 220]])


def drawn(seed: int, count: int = 1200, modes: int = MODES, spread: float = 0.25) -> np.ndarray:
    """Features [count, 16] around the first `modes` centres, equally often."""
    random = np.random.default_rng(seed)
    return CENTRES[random.integers(modes, size=count)] + spread * random.normal(size=(count, 16))


def nearest_centre(features: np.ndarray) -> np.ndarray:
    """The mode of each sample, int [N]."""
    closest: np.ndarray = ((features[:, None] - CENTRES) ** 2).sum(axis=2).argmin(axis=1)
    return closest


def bars(seed: int, count: int = 300, colours: int = 3) -> np.ndarray:
    """Upright bars of the first `colours` of red, green and blue on grey, uint8 [count, 24, 24,
    3].
    """
    random = np.random.default_rng(seed)
    down, across = np.mgrid[:24, :24]
    top, left = random.integers(2, 8, size=(2, count, 1, 1))
    inside = (down >= top) & (down < top + 13) & (across >= left) & (across < left + 6)
    colour = PALETTE[np.arange(count) % colours][:, None, None]
    return np.where(inside[..., None], colour, 70).astype(np.uint8)


def blurred(images: np.ndarray) -> np.ndarray:
    """Means of 3 x 3 pixels."""
    levels = images.astype(np.float64)
    for axis in (1, 2):
        levels = (np.roll(levels, 1, axis) + levels + np.roll(levels, -1, axis)) / 3
    return np.rint(levels).astype(np.uint8)


def noisy(images: np.ndarray, deviation: float, seed: int = 0) -> np.ndarray:
    """With Gaussian noise of that many grey levels."""
    noise = np.random.default_rng(seed).normal(0, deviation, images.shape)
    return np.clip(np.rint(images + noise), 0, 255).astype(np.uint8)
