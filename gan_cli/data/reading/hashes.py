"""What tells items apart: the hash of each, which also says the split that an item is in."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from gan_cli.base.lazy import np

if TYPE_CHECKING:
    from gan_cli.data.reading.source import Images, Split

DIGEST = 16
"""Bytes of the hash of an item."""


def digest(content: bytes | memoryview) -> bytes:
    """The hash of one item."""
    return hashlib.blake2b(content, digest_size=DIGEST).digest()


def digests(images: Images) -> np.ndarray:
    """uint8 [N, 16]: the hash of each row's pixels."""
    found = b"".join(
        digest(row.tobytes())
        for start in range(0, len(images), 1024)
        for row in images[start : start + 1024]
    )
    return np.frombuffer(found, np.uint8).reshape(-1, DIGEST)


def held_out(hashes: np.ndarray, share: float, split: Split) -> np.ndarray:
    """The rows of a split, for data without a test split of its own.

    An item's hash alone decides, so that it never changes sides when others come or go, and equal
    items are on one side.

    Args:
        hashes: uint8 [N, 16].
        share: of the items that are held out for the test split, 0 to 1.
    """
    draws = np.ascontiguousarray(hashes[:, :8]).view(np.uint64).ravel() / 2.0**64
    return np.flatnonzero((draws < share) == (split == "test"))
