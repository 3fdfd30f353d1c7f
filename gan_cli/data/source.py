"""What a data source is: images, labels and what they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from PIL import Image

from gan_cli.errors import DataError
from gan_cli.spec import DataSpec


@dataclass(frozen=True)
class ArraySource:
    """Images that fit in memory.

    Attributes:
        images: uint8 [N, H, W, C].
        labels: int64 [N] in [0, num_classes), or None.
        class_names: one per class; empty where the data has no labels.
        origin: where the data was found, for people.
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    class_names: list[str] = field(default_factory=list)
    origin: str = ""

    @property
    def spec(self) -> DataSpec:
        height, width, channels = self.images.shape[1:]
        return DataSpec(height, width, channels, len(self.class_names), list(self.class_names))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of shape, pixels and labels: tells whether a resumed run sees the same data."""
        digest = hashlib.sha256(repr(self.images.shape).encode())
        digest.update(np.ascontiguousarray(self.images).data)
        if self.labels is not None:
            digest.update(np.ascontiguousarray(self.labels).data)
        return digest.hexdigest()


def resize(images: np.ndarray, size: int | list[int] | None) -> np.ndarray:
    """uint8 [N, H, W, C] -> [N, *size, C], antialiased (Pillow's bicubic filter, whose support grows when shrinking)."""
    if size is None:
        return images
    height, width = (size, size) if isinstance(size, int) else size
    if images.shape[1:3] == (height, width):
        return images
    resized = np.empty((len(images), height, width, images.shape[3]), np.uint8)
    for index, image in enumerate(images):
        picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
        scaled = np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))
        resized[index] = scaled.reshape(height, width, -1)
    return resized


def batches_per_epoch(count: int, batch_size: int) -> int:
    """Full batches in `count` images; the rest of an epoch is dropped.

    Raises:
        DataError: not even one batch.
    """
    if count < batch_size:
        raise DataError(f"the data set holds {count} images, fewer than one batch: training.batch_size={batch_size}")
    return count // batch_size
