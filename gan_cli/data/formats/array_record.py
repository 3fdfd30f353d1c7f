"""Examples that TensorFlow Datasets prepared as array_record, which it reads itself: by number, and
without TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gan_cli.base.errors import DataError
from gan_cli.base.lazy import np
from gan_cli.data.formats.examples import Index, label_of, picture_of
from gan_cli.data.reading.arrays import first_line
from gan_cli.data.reading.pictures import BadPicture, Decoded, Look


@dataclass(frozen=True)
class ArrayLoader:
    """Reads and decodes the image of an example, 'FILE:NUMBER'; the number is that in the split."""

    folder: Path
    split: str
    feature: str
    look: Look

    def __call__(self, name: str) -> tuple[Decoded, bytes]:
        try:
            record = _records(self.folder, self.split)[int(name.rpartition(":")[2])]
        except Exception as error:  # of array_record's C++ code
            raise BadPicture(f"a damaged record ({first_line(error)})") from None
        return picture_of(record, self.feature, self.look)


def walk(shards: Sequence[Path], split: str, label: str | None) -> Index:
    """All examples of a split, which are counted as lying in its first file.

    Raises:
        DataError: one of them is damaged.
    """
    folder = shards[0].parent
    try:
        labels = np.array([label_of(record, label) for record in _records(folder, split)], np.int64)
    except Exception as error:  # of array_record's C++ code
        raise DataError(f"{folder}: {first_line(error)}; prepare the data set again") from None
    if not len(labels):
        raise DataError(f"{shards[0]}: holds no record; prepare the data set again")
    size = sum(shard.stat().st_size for shard in shards) // len(labels)
    numbers = np.arange(len(labels))
    return Index(np.zeros_like(numbers), numbers, np.full_like(numbers, size), labels)


@lru_cache(maxsize=1)
def _records(folder: Path, split: str) -> Sequence[bytes]:
    """The serialized examples of a split by number."""
    import tensorflow_datasets
    from tensorflow_datasets.core.decode import DeserializeMethod

    found: Sequence[bytes] = tensorflow_datasets.builder_from_directory(folder).as_data_source(
        split, deserialize_method=DeserializeMethod.RAW_BYTES
    )
    return found
