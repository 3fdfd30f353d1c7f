"""Ways from one point to another, and means of several."""

from __future__ import annotations

from gan_cli.base.lazy import np

PARALLEL = 1e-6
"""Radians between vectors, or to their opposite, below which a great circle is not defined."""


def linear(first: np.ndarray, second: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Points [K, ...] on the line from one [...] (share 0) to another (share 1)."""
    t = shares.reshape(-1, *[1] * first.ndim)
    found: np.ndarray = ((1.0 - t) * first + t * second).astype(np.float32)
    return found


def spherical(first: np.ndarray, second: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The same on the great circle (Shoemake 1985; of latents White 2016): between vectors of one
    norm all have that norm.
    """
    a, b = (each.ravel().astype(np.float64) for each in (first, second))
    norms = np.linalg.norm(a) * np.linalg.norm(b)
    angle = np.arccos(np.clip(a @ b / norms, -1.0, 1.0)) if norms else 0.0
    if angle < PARALLEL or np.pi - angle < PARALLEL:
        return linear(first, second, shares)
    t = shares[:, None]
    points = (np.sin((1.0 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    found: np.ndarray = points.reshape(-1, *first.shape).astype(np.float32)
    return found


def mean(points: np.ndarray, weights: np.ndarray, keep_norm: bool) -> np.ndarray:
    """The weighted mean [...] of points [N, ...].

    Args:
        keep_norm: give it the mean of their norms: the mean of independent normal vectors is
            shorter than any vector that a generator was trained on.
    """
    shares = (weights / weights.sum()).astype(np.float64)
    found = np.tensordot(shares, points.astype(np.float64), 1)
    if keep_norm and (norm := np.linalg.norm(found)) > 0.0:
        norms = np.linalg.norm(points.reshape(len(points), -1).astype(np.float64), axis=1)
        found *= shares @ norms / norm
    return found.astype(np.float32)


PATHS = {"linear": linear, "spherical": spherical}
