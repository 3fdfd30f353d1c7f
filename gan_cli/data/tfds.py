"""`data=tfds`: a data set of TensorFlow Datasets. Its records are read and its pictures decoded
without TensorFlow.
"""

from __future__ import annotations

import multiprocessing
import re
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.config.options import option, options
from gan_cli.data import data_source
from gan_cli.data.folder import recipe, source
from gan_cli.data.reading.arrays import first_line
from gan_cli.data.reading.cache import stored
from gan_cli.data.reading.labels import MOST_CLASSES
from gan_cli.data.reading.listing import Listing
from gan_cli.data.reading.options import Pictures
from gan_cli.data.reading.pictures import LARGEST_BYTES, BadPicture, Decoded, Look, decode, look
from gan_cli.data.reading.scan import begin
from gan_cli.data.reading.source import Source, Split, digest
from gan_cli.data.reading.tfrecord import features, indexed, record_at


@options
class Tfds(Pictures):
    """Options of `data=tfds` (extra: tfds)."""

    name: str = "tfds"
    dataset: str | None = option(
        "name in the catalog of TensorFlow Datasets, e.g. oxford_flowers102 (required)", None
    )
    path: str | None = option("its data_dir; null: TensorFlow Datasets' own folder", None)
    image: str = option("feature that holds the image", "image")
    label: str | None = option("feature that holds the label; null: without labels", "label")
    download: bool = option("fetch and prepare the data set where it is not there yet", True)


TESTS = ("test", "validation")


@dataclass(frozen=True)
class RecordLoader:
    """Reads and decodes the image of a record, 'FILE:OFFSET'."""

    folder: Path
    feature: str
    look: Look

    def __call__(self, name: str) -> tuple[Decoded, bytes]:
        file, _, offset = name.rpartition(":")
        try:
            (content,) = features(record_at(self.folder / file, int(offset)))[
                self.feature
            ].bytes_list.value
        except OSError as error:
            raise BadPicture(f"cannot be read ({error.strerror})") from None
        except Exception as error:  # protobuf's own DecodeError is one of several
            raise BadPicture(f"a damaged record ({first_line(error)})") from None
        if len(content) > LARGEST_BYTES:
            raise BadPicture(f"larger than {LARGEST_BYTES:,} bytes")
        return decode(content, self.look), digest(content)


@data_source("tfds", Tfds)
def load(options: Tfds, split: Split) -> Source:
    """The split train, or test (validation where there is no test) of a data set of the catalog."""
    wanted, info = look(options), _info(options)
    _refuse_other_images(info, options)
    class_names = _class_names(info, options) if options.label else []
    test = next((name for name in TESTS if name in info.splits), None)
    chosen = test if split == "test" and test else "train"
    if chosen not in info.splits:
        raise DataError(
            f"data.dataset={options.dataset}: no split 'train' (it has {', '.join(info.splits)}); "
            "take another one"
        )
    shards = [Path(shard) for shard in info.splits[chosen].filepaths]
    if not shards:
        raise DataError(
            f"data.dataset={options.dataset}: split {chosen!r} is empty; take another data set"
        )
    listing, numbers = _listing(info, shards, options.label)
    loader = RecordLoader(shards[0].parent, options.image, wanted)
    if options.label and not 0 <= numbers.min() <= numbers.max() < len(class_names):
        raise DataError(
            f"{loader.folder}: {chosen} has labels from {numbers.min()} to {numbers.max()}, not 0 "
            f"to {len(class_names) - 1}; "
            "data.label=null is without labels"
        )
    how = recipe(loader, wanted)._replace(key=f"{wanted} {chosen} {options.image}", chosen=True)
    found = stored(loader.folder, listing, how)
    of_name = dict(zip(listing.names, numbers.tolist(), strict=True))
    labels = np.array([of_name[name] for name in found.names], np.int64) if options.label else None
    return source(
        found, options, split, str(loader.folder), labels, class_names, own_split=test is not None
    )


def _info(options: Tfds) -> Any:
    """What is known of a data set that is prepared, or is now.

    Raises:
        ConfigError: no data set is named.
        DataError: TensorFlow Datasets or the data set is missing.
    """
    if not options.dataset:
        raise ConfigError(
            "data=tfds needs data.dataset=, a name in the catalog of TensorFlow Datasets"
        )
    builder = _builder(options.dataset, options.path)
    if not builder.is_prepared():
        if not options.download:
            raise DataError(
                f"{builder.data_dir}: {options.dataset} is not prepared there; data.download=true "
                "fetches it"
            )
        if reason := _prepared_elsewhere(options.dataset, options.path):
            raise DataError(f"data.dataset={options.dataset}: cannot be prepared ({reason})")
        builder = _builder(options.dataset, options.path)
    kind = builder.info.file_format.value
    if kind != "tfrecord":
        raise DataError(
            f"{builder.data_dir}: is prepared as {kind}, which is not read; prepare it as "
            "tfrecord in another data.path"
        )
    return builder.info


def _builder(dataset: str, path: str | None) -> Any:
    try:
        import tensorflow_datasets
    except ImportError:
        raise DataError(
            "data=tfds needs TensorFlow Datasets; pip install 'gan_cli[tfds]'"
        ) from None
    try:
        return tensorflow_datasets.builder(dataset, data_dir=path)
    except Exception as error:  # of many kinds, from modules of the catalog
        raise DataError(
            f"data.dataset={dataset}: {first_line(error).rstrip('.')}; see the catalog of "
            "TensorFlow Datasets"
        ) from None


def _prepared_elsewhere(dataset: str, path: str | None) -> str:
    """Prepare in a process of its own: here it would start TensorFlow before the run can choose its
    threads and memory.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    worker = context.Process(target=prepare, args=(dataset, path, sender))
    worker.start()
    sender.close()
    try:
        reason: str = receiver.recv()
        worker.join(10)
        return reason
    except EOFError:
        return "the process that did it was killed"
    finally:  # Ctrl-C too: downloads in threads would go on
        worker.kill()
        worker.join()


def prepare(dataset: str, path: str | None, answer: Connection) -> None:
    """Download a data set, write its records, and send the reason where that fails, else ''."""
    begin()
    try:
        _builder(dataset, path).download_and_prepare()
    except (
        Exception
    ) as error:  # the network's, the disk's, and those of packages that a data set needs
        answer.send(first_line(error))
    else:
        answer.send("")


def _refuse_other_images(info: Any, options: Tfds) -> None:
    from tensorflow_datasets import features as kinds

    feature = _feature(info, options.image, "image")
    if not isinstance(feature, kinds.Image) or feature.np_dtype not in (np.uint8, np.uint16):
        images = [name for name, each in info.features.items() if isinstance(each, kinds.Image)]
        raise DataError(
            f"data.image={options.image}: is {_one_line(feature)}, no image of whole numbers; "
            f"data.image=NAME takes another feature (images: {', '.join(images) or 'none'})"
        )


def _class_names(info: Any, options: Tfds) -> list[str]:
    from tensorflow_datasets import features as kinds

    feature = _feature(info, options.label, "label")
    if (
        not isinstance(feature, kinds.ClassLabel)
        or not feature.num_classes
        or feature.num_classes > MOST_CLASSES
    ):
        raise DataError(
            f"data.label={options.label}: is {_one_line(feature)}, not a ClassLabel of up to "
            f"{MOST_CLASSES:,} classes; "
            "data.label=null is without labels"
        )
    return list(feature.names)


def _feature(info: Any, name: str | None, option: str) -> Any:
    if name not in info.features:
        null = " or data.label=null" if option == "label" else ""
        raise DataError(
            f"data.{option}={name}: no such feature ({info.name} has {', '.join(info.features)}); "
            f"give another{null}"
        )
    return info.features[name]


def _one_line(feature: Any) -> str:
    return re.sub(r"\s+", " ", repr(feature))


def _listing(info: Any, shards: list[Path], label: str | None) -> tuple[Listing, np.ndarray]:
    """All records of a split, and their labels where there is a feature of them."""
    found = indexed(info.name, shards, label)
    times = [shard.stat().st_mtime_ns for shard in shards]
    listing = Listing()
    for shard, offset, size in zip(
        found.shards.tolist(), found.offsets.tolist(), found.sizes.tolist(), strict=True
    ):
        listing.add(f"{shards[shard].name}:{offset}", size, times[shard])
    return listing, found.labels
