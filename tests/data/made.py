"""Small files in the formats that the readers read."""

import hashlib
import struct
from pathlib import Path

import numpy as np

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def digits(level: int, count: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Images [N, 28, 28] of one grey level, labels 0, 1, 2, ..."""
    return np.full((count, 28, 28), level, np.uint8), np.arange(count, dtype=np.uint8) % 10


def write_npz(path: Path, level: int = 7, **changes: np.ndarray) -> str:
    """A small mnist.npz; its SHA-256."""
    images, labels = digits(level)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{"x_train": images, "y_train": labels, **changes})
    return hashlib.sha256(path.read_bytes()).hexdigest()


def idx(array: np.ndarray) -> bytes:
    """An array of bytes in the IDX format."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()
