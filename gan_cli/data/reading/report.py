"""What a data set is, in numbers and pictures, before hours are spent on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from gan_cli.base.lazy import np
from gan_cli.base.terminal import printable
from gan_cli.data.reading.source import Images, Source

ROWS = 1024
"""Images that are read at once."""


@dataclass(frozen=True)
class Statistics:
    """Of all pixels of a split: least, greatest and mean level (0 to 255) per channel, and the mean
    image [H, W, C].
    """

    lowest: list[int]
    highest: list[int]
    mean: list[float]
    deviation: list[float]
    mean_image: np.ndarray


def statistics(images: Images) -> Statistics:
    """Read every image once; of sequences every frame."""
    from tqdm import tqdm

    channels = images.shape[-1]
    total, squares = np.zeros(images.shape[-3:]), np.zeros(channels)
    lowest, highest = np.full(channels, 255), np.zeros(channels, int)
    axes = tuple(range(len(images.shape) - 1))
    with tqdm(total=len(images), unit="img", desc="reading", delay=2, leave=False) as bar:
        for start in range(0, len(images), ROWS):
            block = images[start : start + ROWS]
            total += block.sum(axis=tuple(range(block.ndim - 3)), dtype=np.float64)
            squares += np.square(block, dtype=np.float64).sum(axis=axes)
            lowest = np.minimum(lowest, block.min(axis=axes))
            highest = np.maximum(highest, block.max(axis=axes))
            bar.update(len(block))
    frames = int(np.prod(images.shape[:-3]))
    mean_image = total / frames
    mean = mean_image.mean(axis=(0, 1))
    deviation = np.sqrt(np.maximum(squares / (frames * total.size / channels) - mean**2, 0))
    return Statistics(
        lowest.tolist(), highest.tolist(), mean.tolist(), deviation.tolist(), mean_image
    )


def duplicates(source: Source) -> list[list[int]]:
    """The rows of equal items, a list for each item that is there more than once."""
    keys = np.ascontiguousarray(source.digests).view(f"V{source.digests.shape[1]}").ravel()
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    order = np.argsort(inverse, kind="stable")
    groups = np.split(order, np.cumsum(counts)[:-1])
    return [group.tolist() for group, count in zip(groups, counts, strict=True) if count > 1]


def shared(train: Source, test: Source) -> int:
    """How many items of the test split are also in the training split."""
    seen = {row.tobytes() for row in train.digests}
    return sum(row.tobytes() in seen for row in test.digests)


def facts(train: Source, test: Source | None, numbers: Statistics) -> dict[str, Any]:
    """report.json: all that `gan-data` found, as plain values."""
    equal = duplicates(train)
    classes = Counter() if train.labels is None else Counter(train.labels.tolist())

    def name(row: int) -> str:
        return printable(train.names[row]) if train.names else str(row)

    return {
        "origin": train.origin,
        "images": len(train),
        "evaluation_images": 0 if test is None else len(test),
        "evaluation_images_also_in_training": 0 if test is None else shared(train, test),
        "height": train.spec.height,
        "width": train.spec.width,
        "channels": train.spec.channels,
        "sequence_length": train.spec.sequence_length,
        "classes": {
            class_name: classes[label] for label, class_name in enumerate(train.class_names)
        },
        "captions": {
            "words": len(train.vocabulary),
            "length": train.spec.caption_length,
            "examples": train.spec.captions[:3],
        },
        "lowest": numbers.lowest,
        "highest": numbers.highest,
        "mean": numbers.mean,
        "deviation": numbers.deviation,
        "bytes": train.nbytes,
        "duplicates": [[name(row) for row in group] for group in equal],
        "broken": [each._asdict() for each in train.skipped],
        "notes": train.notes,
        "fingerprint": train.fingerprint,
    }
