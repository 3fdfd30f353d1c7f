"""What a data source is: images by row, in memory or on disk, labels, and what they are."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

from gan_cli.base.captions import texts
from gan_cli.base.errors import DataError
from gan_cli.base.lazy import Image, np
from gan_cli.base.spec import MOST_CAPTIONS, DataSpec
from gan_cli.data.reading.hashes import digests

Split = Literal["train", "test"]


class Examples(NamedTuple):
    """Pictures of one thing each, to learn to read and to ask for.

    Attributes:
        images: uint8 [N, H, W, C].
        captions: one of each, which says all attributes.
        attributes: name -> int64 [N], what it is of each image, from 0.
    """

    images: np.ndarray
    captions: list[str]
    attributes: dict[str, np.ndarray]


class Images(Protocol):
    """Rows of uint8 [N, H, W, C], or of sequences [N, T, H, W, C]; a NumPy array is one."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray: ...


class Skipped(NamedTuple):
    """A file that is left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Source:
    """One split of a data set.

    Attributes:
        images: uint8 rows, in memory or read when asked for.
        labels: int64 [N] in [0, num_classes), or None.
        class_names: one per class; empty where the data has no labels.
        origin: where the data was found, for people.
        hashes: uint8 [N, 16], the hash of each item; None: of its pixels, computed when needed.
        recipe: what else the pixels depend on, where the hashes are those of files.
        names: of the files, one for each item; empty where the items are no files.
        skipped: files that could not be read.
        notes: what else there is to know about the files, a line each.
        captions: int32 [N, K, L], the tokens of up to K captions of each item; 0: no more. None:
            there are none.
        vocabulary: the words that tokens stand for, from 1.
        on_the_fly: images are decoded each time they are asked for.
    """

    images: Images
    labels: np.ndarray | None = None
    class_names: list[str] = field(default_factory=list)
    origin: str = ""
    hashes: np.ndarray | None = None
    recipe: str = ""
    names: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    captions: np.ndarray | None = None
    vocabulary: list[str] = field(default_factory=list)
    on_the_fly: bool = False

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def spec(self) -> DataSpec:
        *frames, height, width, channels = self.images.shape[1:]
        grey_or_rgb: Literal[1, 3] = 1 if channels == 1 else 3
        names, length = list(self.class_names), sum(frames)  # of one number, or none
        spec = DataSpec(height, width, grey_or_rgb, len(names), names, length)
        if self.captions is None:
            return spec
        some = texts(different(self.captions, MOST_CAPTIONS), self.vocabulary)
        return replace(
            spec,
            vocabulary=self.vocabulary,
            caption_length=self.captions.shape[-1],
            captions=some,
        )

    @property
    def nbytes(self) -> int:
        """Bytes of all pixels."""
        return math.prod(self.images.shape)

    @property
    def single_images(self) -> Images:
        """The images, or the frames of all sequences: [N, H, W, C] either way."""
        return Frames(self.images) if self.spec.sequence_length else self.images

    def some(self, count: int) -> np.ndarray:
        """Up to `count` items to look at, uint8: the same ones every time, from all over the
        data.
        """
        return self.images[self.rows_of_some(count)]

    def rows_of_some(self, count: int) -> np.ndarray:
        """Their rows, in order."""
        return np.sort(np.random.default_rng(0).permutation(len(self))[:count])

    def batches(self, batch_size: int) -> int:
        """Full batches of an epoch; the rest is dropped.

        Raises:
            DataError: not even one.
        """
        if not len(self):
            raise DataError(
                f"{self.origin}: all of it is held out for evaluation; data.test_share=0 trains "
                "on it"
            )
        if len(self) < batch_size:
            raise DataError(
                f"{self.origin}: {len(self):,} {'image' if len(self) == 1 else 'images'} to train "
                "on, fewer than "
                f"training.batch_size={batch_size}; set that to {len(self)} or less"
            )
        return len(self) // batch_size

    @cached_property
    def digests(self) -> np.ndarray:
        """uint8 [N, 16]: equal for equal items only."""
        return digests(self.images) if self.hashes is None else self.hashes

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of shape, items and labels: tells whether a resumed run sees the same data."""
        digest = hashlib.sha256(f"{tuple(self.images.shape)} {self.recipe}".encode())
        digest.update(self.digests.tobytes())
        if self.labels is not None:
            digest.update(self.labels.tobytes())
        if self.captions is not None:
            digest.update(f"{self.captions.shape} {self.vocabulary}".encode())
            digest.update(self.captions.tobytes())
        return digest.hexdigest()

    def take(self, rows: np.ndarray) -> Source:
        """Some of the items, in the order of `rows`."""
        images = (
            self.images[rows] if isinstance(self.images, np.ndarray) else Chosen(self.images, rows)
        )
        labels = None if self.labels is None else self.labels[rows]
        hashes = None if self.hashes is None else self.hashes[rows]
        names = [self.names[row] for row in rows] if self.names else []
        captions = None if self.captions is None else self.captions[rows]
        return replace(
            self, images=images, labels=labels, hashes=hashes, names=names, captions=captions
        )

    def without_captions(self) -> Source:
        """The same items for what looks at images alone."""
        return replace(self, captions=None, vocabulary=[])


class Chosen:
    """Some rows of images that are not in memory."""

    def __init__(self, images: Images, rows: np.ndarray) -> None:
        self._images, self._rows = images, rows
        self.shape = (len(rows), *images.shape[1:])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        return self._images[self._rows[rows]]


class Frames:
    """The frames of sequences as single images, in order; a call reads each sequence that it wants
    some of once.
    """

    def __init__(self, sequences: Images) -> None:
        self._sequences = sequences
        self.shape = (len(sequences) * sequences.shape[1], *sequences.shape[2:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        numbers, frames = np.divmod(np.arange(len(self))[rows], self._sequences.shape[1])
        wanted, places = np.unique(numbers, return_inverse=True)
        return self._sequences[wanted][places, frames]


def different(captions: np.ndarray, count: int) -> np.ndarray:
    """Up to `count` of the captions [N, K, L] that differ, the same ones every time: [n, L]."""
    rows = captions.reshape(-1, captions.shape[-1])
    found = np.unique(rows[rows.any(axis=1)], axis=0)
    chosen = np.random.default_rng(0).permutation(len(found))[:count]
    return found[np.sort(chosen)]


def resize(images: np.ndarray, size: int | list[int] | None) -> np.ndarray:
    """uint8 [N, H, W, C] -> [N, *size, C], antialiased (Pillow's bicubic filter, whose support
    grows when shrinking).
    """
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
