"""What every metric asks of its arrays."""

from __future__ import annotations

from gan_cli.base.lazy import np


def features(values: np.ndarray, at_least: int = 1) -> np.ndarray:
    """The array itself, checked to be finite features [N, D] of at least that many samples.

    Raises:
        ValueError: it is not.
    """
    if values.ndim != 2:
        raise ValueError(f"features must be [N, D]; these have shape {values.shape}")
    if len(values) < at_least:
        raise ValueError(f"{len(values)} samples are too few; at least {at_least} are needed")
    if not np.isfinite(values).all():
        raise ValueError("features contain NaN or infinite values")
    return values


def same_width(first: np.ndarray, second: np.ndarray) -> None:
    """Raises ValueError where features [N, D] and [M, D] do not have the same D."""
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"features of {first.shape[1]} and of {second.shape[1]} dimensions cannot be compared"
        )


def images(values: np.ndarray) -> np.ndarray:
    """The array itself, checked to be uint8 images [N, H, W, C], grey or RGB, at least one.

    Raises:
        ValueError: it is not.
    """
    if (
        values.dtype != np.uint8
        or values.ndim != 4
        or values.shape[-1] not in (1, 3)
        or not values.size
    ):
        raise ValueError(
            f"images must be uint8 [N, H, W, 1 or 3], not {values.dtype} {values.shape}"
        )
    return values
