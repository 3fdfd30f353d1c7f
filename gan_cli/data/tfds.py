"""`data=tfds`: a data set of TensorFlow Datasets. Its records are read and its pictures decoded
without TensorFlow.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.lazy import np
from gan_cli.config.options import Size, option, options
from gan_cli.data import data_source
from gan_cli.data.formats import array_record, tfrecord
from gan_cli.data.formats.array_record import ArrayLoader
from gan_cli.data.formats.examples import Index, indexed, listed
from gan_cli.data.formats.tfrecord import RecordLoader
from gan_cli.data.reading.arrays import first_line
from gan_cli.data.reading.cache import stored
from gan_cli.data.reading.labels import MOST_CLASSES
from gan_cli.data.reading.loading import recipe, source
from gan_cli.data.reading.options import SIDE, Pictures
from gan_cli.data.reading.pictures import look
from gan_cli.data.reading.scan import begin
from gan_cli.data.reading.source import Source, Split

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


@options
class Tfds(Pictures):
    """Options of `data=tfds` (extra: tfds)."""

    name: str = "tfds"
    dataset: str | None = option(
        "name in the catalog of TensorFlow Datasets, e.g. oxford_flowers102 (required)", None
    )
    path: str | None = option("its data_dir; null: TensorFlow Datasets' own folder", None)
    size: Size = option(f"{SIDE}; null: the files' own, where all share one", 64)
    image: str = option("feature that holds the image", "image")
    label: str | None = option("feature that holds the label; null: without labels", "label")
    download: bool = option("fetch and prepare the data set if it is not there yet", True)


TESTS = ("test", "validation")
FORMATS = ("tfrecord", "array_record")


@data_source("tfds", Tfds)
def load(options: Tfds, split: Split) -> Source:
    """A data set of the catalog; without a split test, its split validation is used."""
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
    loader: ArrayLoader | RecordLoader
    if info.file_format.value == "array_record":
        loader = ArrayLoader(shards[0].parent, chosen, options.image, wanted)
        walk = partial(array_record.walk, shards, chosen, options.label)
    else:
        loader = RecordLoader(shards[0].parent, options.image, wanted)
        walk = partial(tfrecord.walk, shards, options.label)
    index = indexed(info.name, shards, options.label, walk, Index)
    listing, numbers = listed(index, shards), index.labels
    if options.label and not 0 <= numbers.min() <= numbers.max() < len(class_names):
        raise DataError(
            f"{loader.folder}: {chosen} has labels from {numbers.min()} to {numbers.max()}, not 0 "
            f"to {len(class_names) - 1}; "
            "data.label=null is without labels"
        )
    how = recipe(loader, wanted, options.decode)._replace(
        key=f"{wanted} {chosen} {options.image}", chosen=True
    )
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
    if kind not in FORMATS:
        raise DataError(
            f"{builder.data_dir}: is prepared as {kind}, which is not read; prepare it as "
            f"{' or '.join(FORMATS)} in another data.path"
        )
    return builder.info


def _builder(dataset: str, path: str | None) -> Any:
    try:
        import google_crc32c  # noqa: F401 (checked here, before records are read in other processes)
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
    import multiprocessing

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
