"""data=tfds: records, splits and features of a small data set, read without TensorFlow, and one
line for what does not fit.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.data import load, tfds
from gan_cli.data.formats import tfrecord
from gan_cli.data.formats.array_record import ArrayLoader
from gan_cli.data.formats.tfrecord import RecordLoader
from gan_cli.data.reading.pictures import BadPicture, Look
from gan_cli.data.reading.source import Source
from gan_cli.data.tfds import Tfds

from .made_pictures import numbered

datasets = pytest.importorskip("tensorflow_datasets")

FEATURES = {
    "image": datasets.features.Image(shape=(None, None, 3)),
    "mask": datasets.features.Image(shape=(9, 12, 1)),
    "depth": datasets.features.Image(shape=(8, 8, 1), dtype=np.float32),
    "label": datasets.features.ClassLabel(names=["cat", "dog", "eel"]),
    "id": datasets.features.Scalar(np.int64),
}


class GanCliTiny(datasets.core.GeneratorBasedBuilder):
    """Ten examples to train and three to test, whose pictures are numbered."""

    VERSION = datasets.core.Version("1.0.0")
    SPLITS = ("train", "test")

    def _info(self) -> object:
        return datasets.core.DatasetInfo(
            builder=self, features=datasets.features.FeaturesDict(FEATURES)
        )

    def _split_generators(self, _: object) -> dict[str, object]:
        ranges = {
            "train": range(10),
            "test": range(10, 13),
            "validation": range(10, 13),
            "other": range(0),
        }
        return {name: self._generate_examples(ranges[name]) for name in self.SPLITS}

    def _generate_examples(self, numbers: range) -> Iterator[tuple[int, dict[str, object]]]:
        import io

        for number in numbers:
            pictures = {
                "image": io.BytesIO(numbered(number)),
                "mask": np.full((9, 12, 1), number, np.uint8),
            }
            yield (
                number,
                {
                    **pictures,
                    "depth": np.zeros((8, 8, 1), np.float32),
                    "label": number % 3,
                    "id": number,
                },
            )


class GanCliValidated(GanCliTiny):
    SPLITS = ("train", "validation")


class GanCliWhole(GanCliTiny):
    SPLITS = ("train",)


class GanCliUnlabelled(GanCliTiny):
    """As some catalogs have it, test images whose label is -1."""

    def _generate_examples(self, numbers: range) -> Iterator[tuple[int, dict[str, object]]]:
        for number, example in super()._generate_examples(numbers):
            yield number, {**example, "label": -1 if number > 10 else 1}


class GanCliOdd(GanCliTiny):
    SPLITS = ("test",)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data_dir with all of them, made once."""
    folder = tmp_path_factory.mktemp("tfds")
    for builder in (GanCliTiny, GanCliValidated, GanCliWhole, GanCliUnlabelled, GanCliOdd):
        builder(data_dir=folder).download_and_prepare()
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def own(prepared: Path, tmp_path: Path) -> Path:
    """A data_dir to spoil."""
    return Path(shutil.copytree(prepared, tmp_path / "own"))


def shard(folder: Path) -> Path:
    return folder / "gan_cli_tiny/1.0.0/gan_cli_tiny-train.tfrecord-00000-of-00001"


def rewrite(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Other records, with the checksums of TensorFlow."""
    import tensorflow as tf

    records = [record.numpy() for record in tf.data.TFRecordDataset(str(path))]
    with tf.io.TFRecordWriter(str(path)) as file:
        for record in change(records):
            file.write(record)


def read(folder: Path, split: str = "train", **options: object) -> Source:
    return load(
        Tfds(
            **{
                "dataset": "gan_cli_tiny",
                "path": str(folder),
                "size": 8,
                "download": False,
                **options,
            }
        ),
        split,
    )


def refusal(folder: Path, **options: object) -> str:
    """The message, one line."""
    with pytest.raises(DataError) as caught:
        read(folder, **options)
    message = str(caught.value)
    assert message.isprintable()
    return message


def known(source: Source) -> dict[int, str]:
    """Number of the picture -> its class."""
    return {
        int(image[0, 0, 0]): source.class_names[label]
        for image, label in zip(source.images[:], source.labels, strict=True)
    }


def test_what_the_source_holds(prepared: Path):
    source = read(prepared)
    assert known(source) == {number: ["cat", "dog", "eel"][number % 3] for number in range(10)}
    assert source.class_names == ["cat", "dog", "eel"]
    assert (source.images.shape, source.labels.dtype) == ((10, 8, 8, 3), np.int64)
    assert source.images[:][:, 3, 3].tolist() == [
        [number, 0, 9] for number in source.images[:][:, 0, 0, 0].tolist()
    ]
    assert (source.skipped, source.origin) == ([], str(prepared / "gan_cli_tiny/1.0.0"))


def test_its_test_split(prepared: Path):
    for dataset in ("gan_cli_tiny", "gan_cli_validated"):
        assert known(read(prepared, "test", dataset=dataset)) == {10: "dog", 11: "eel", 12: "cat"}
        assert len(read(prepared, dataset=dataset)) == 10


def test_without_a_test_split_some_are_held_out(prepared: Path):
    train, test = (
        known(read(prepared, split, dataset="gan_cli_whole", test_share=0.5))
        for split in ("train", "test")
    )
    assert sorted([*train, *test]) == list(range(10))
    assert 1 <= len(test) <= 9


def test_other_features_sizes_and_channels(prepared: Path):
    source = read(prepared, image="mask", size=None, label=None)
    assert (source.images.shape, source.labels, source.class_names) == ((10, 9, 12, 1), None, [])
    assert sorted(source.images[:][:, 0, 0, 0].tolist()) == list(range(10))
    assert read(prepared, size=[16, 24], channels=1).images.shape == (10, 16, 24, 1)
    assert len(np.unique(read(prepared, image="mask").images[:])) == 10


def test_the_second_time_no_record_is_read(prepared: Path, monkeypatch: pytest.MonkeyPatch):
    first = read(prepared)
    monkeypatch.delattr(RecordLoader, "__call__")
    monkeypatch.setattr(tfrecord, "walk", lambda *_: pytest.fail("it was read"))
    assert read(prepared).fingerprint == first.fingerprint


def test_a_data_set_that_was_prepared_anew_is_read_again(own: Path):
    assert len(read(own)) == 10
    content = shard(own).read_bytes()
    size = int.from_bytes(content[:8], "little") + 16
    shard(own).write_bytes(content[size:])
    assert len(read(own)) == 9


def test_an_index_that_is_damaged_is_made_again(prepared: Path, cache: Path):
    read(prepared)
    (index,) = cache.glob("*.records.npz")
    index.write_bytes(b"?")
    assert len(read(prepared)) == 10


@pytest.mark.slow
def test_tensorflow_is_not_imported(prepared: Path):
    code = (
        "import sys; from gan_cli.data.tfds import Tfds; from gan_cli.data import load\n"
        f"source = load(Tfds(dataset='gan_cli_tiny', path={str(prepared)!r}, size=8))\n"
        "print(len(source.images[:]), sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "10 []"


def test_it_is_not_installed(prepared: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    assert refusal(prepared) == "data=tfds needs TensorFlow Datasets; pip install 'gan_cli[tfds]'"


def test_no_data_set_is_named():
    with pytest.raises(
        ConfigError,
        match=r"^data=tfds needs data.dataset=, a name in the catalog of TensorFlow Datasets$",
    ):
        load(Tfds())


@pytest.mark.parametrize(
    ("dataset", "reason"),
    [
        ("no_such_set", "Dataset no_such_set not found; see the catalog of TensorFlow Datasets"),
        ("../x", "Parsing builder name string ../x failed; see the catalog of TensorFlow Datasets"),
    ],
)
def test_unknown_data_sets(prepared: Path, dataset: str, reason: str):
    assert refusal(prepared, dataset=dataset) == f"data.dataset={dataset}: {reason}"


def test_what_is_not_prepared(tmp_path: Path):
    message = refusal(tmp_path / "none")
    assert message == (
        f"{tmp_path / 'none/gan_cli_tiny/1.0.0'}: gan_cli_tiny is not prepared there; "
        "data.download=true fetches it"
    )


class Here:
    """Stands for multiprocessing: a process that knows the data sets of this file, for it is this
    one.
    """

    def __init__(self, target, args) -> None:
        self.start, self.kill, self.join = (
            partial(target, *args),
            lambda: None,
            lambda seconds=None: None,
        )


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tfds, "begin", lambda: None)
    monkeypatch.setattr(
        multiprocessing,
        "get_context",
        lambda _: SimpleNamespace(Pipe=multiprocessing.Pipe, Process=Here),
    )


def test_what_is_missing_is_prepared(tmp_path: Path, here: None):
    assert len(read(tmp_path / "new", download=True)) == 10


def test_what_cannot_be_prepared(tmp_path: Path, here: None, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise ConnectionError("no route\nto host")

    monkeypatch.setattr(GanCliTiny, "download_and_prepare", fail)
    assert (
        refusal(tmp_path, download=True)
        == "data.dataset=gan_cli_tiny: cannot be prepared (no route)"
    )


def _vanish(*_: object) -> None:
    os._exit(1)


@pytest.mark.slow
def test_preparing_in_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """That process does not know the data sets of this file, and says so."""
    assert tfds._prepared_elsewhere("gan_cli_tiny", str(tmp_path)).startswith(
        "data.dataset=gan_cli_tiny: Dataset gan_cli_tiny not"
    )
    monkeypatch.setattr(tfds, "prepare", _vanish)
    assert refusal(tmp_path, download=True).endswith(
        ": cannot be prepared (the process that did it was killed)"
    )


def test_splits_that_do_not_fit(prepared: Path):
    assert refusal(prepared, dataset="gan_cli_odd") == (
        "data.dataset=gan_cli_odd: no split 'train' (it has test); take another one"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"image": "photo"},
            "data.image=photo: no such feature (gan_cli_tiny has image, mask, depth, label, id); "
            "give another",
        ),
        (
            {"label": "class"},
            "data.label=class: no such feature (gan_cli_tiny has image, mask, depth, label, id); "
            "give another or data.label=null",
        ),
        (
            {"image": "depth"},
            "data.image=depth: is Image(shape=(8, 8, 1), dtype=float32), no image of whole "
            "numbers; "
            "data.image=NAME takes another feature (images: image, mask, depth)",
        ),
        (
            {"image": "id"},
            "data.image=id: is Scalar(shape=(), dtype=int64), no image of whole numbers; "
            "data.image=NAME takes another feature (images: image, mask, depth)",
        ),
        (
            {"label": "id"},
            "data.label=id: is Scalar(shape=(), dtype=int64), not a ClassLabel of up to 100,000 "
            "classes; "
            "data.label=null is without labels",
        ),
    ],
)
def test_features_that_do_not_fit(prepared: Path, options: dict[str, str], message: str):
    assert refusal(prepared, **options) == message


def test_labels_out_of_range(prepared: Path):
    with pytest.raises(DataError) as caught:
        read(prepared, "test", dataset="gan_cli_unlabelled")
    place = prepared / "gan_cli_unlabelled/1.0.0"
    assert (
        str(caught.value)
        == f"{place}: test has labels from -1 to 1, not 0 to 2; data.label=null is without labels"
    )
    assert set(known(read(prepared, dataset="gan_cli_unlabelled")).values()) == {"dog"}
    assert len(read(prepared, "test", dataset="gan_cli_unlabelled", label=None)) == 3


def test_array_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """They hold what the TFRecords hold, and are read by TensorFlow Datasets itself."""
    folder = tmp_path / "arrays"
    GanCliTiny(data_dir=folder, file_format="array_record").download_and_prepare()
    for split, count in (("train", 10), ("test", 3)):
        source = read(folder, split)
        first = 0 if split == "train" else 10
        names = {
            number: ["cat", "dog", "eel"][number % 3] for number in range(first, first + count)
        }
        assert known(source) == names
    monkeypatch.delattr(ArrayLoader, "__call__")
    assert len(read(folder)) == 10
    monkeypatch.undo()
    mask = read(folder, image="mask", size=None, label=None)
    assert (mask.images.shape, mask.labels) == ((10, 9, 12, 1), None)


@pytest.mark.parametrize("form", ["tfrecord", "array_record"])
def test_records_decoded_on_the_fly_in_threads(tmp_path: Path, form: str):
    GanCliTiny(data_dir=tmp_path, file_format=form).download_and_prepare()
    ahead, fly = (read(tmp_path, decode=decode) for decode in ("ahead", "on_the_fly"))
    assert (ahead.on_the_fly, fly.on_the_fly) == (False, True)
    assert fly.fingerprint == ahead.fingerprint
    rows = np.array([9, 0, 4, 4])
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(fly.images.__getitem__, [rows] * 20):
            np.testing.assert_array_equal(found, ahead.images[rows])


def test_an_array_record_that_is_damaged(tmp_path: Path):
    GanCliTiny(data_dir=tmp_path, file_format="array_record").download_and_prepare()
    (path,) = (tmp_path / "gan_cli_tiny/1.0.0").glob("*train.array_record*")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + b"?" * (len(whole) - len(whole) // 2))
    assert refusal(tmp_path).endswith("; prepare the data set again")


def test_other_formats_of_records(own: Path):
    info = own / "gan_cli_tiny/1.0.0/dataset_info.json"
    info.write_text(info.read_text().replace('"fileFormat": "tfrecord"', '"fileFormat": "riegeli"'))
    assert refusal(own).endswith(
        "is prepared as riegeli, which is not read; prepare it as tfrecord or array_record in "
        "another data.path"
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole[:-1],
        lambda whole: whole[:50],
        lambda whole: whole + b"?",
        lambda whole: b"\xff" * 8 + whole[8:],
        lambda whole: bytes([whole[0] ^ 1]) + whole[1:],
        lambda whole: whole[:8] + bytes([whole[8] ^ 1]) + whole[9:],
    ],
)
def test_records_whose_length_is_damaged(own: Path, change):
    shard(own).write_bytes(change(shard(own).read_bytes()))
    assert (
        refusal(own) == f"{shard(own)}: a record is damaged or cut off; prepare the data set again"
    )


def test_records_that_are_gone(own: Path):
    shard(own).write_bytes(b"")
    assert refusal(own) == f"{shard(own)}: holds no record; prepare the data set again"
    shard(own).unlink()
    assert refusal(own) == f"{shard(own)}: No such file or directory; prepare the data set again"


@pytest.mark.parametrize("place", [12, 60, -5])
def test_a_record_with_a_changed_byte_is_left_out(own: Path, place: int):
    """At its beginning, in its picture, and in its checksum; the record after it can be read."""
    content = bytearray(shard(own).read_bytes())
    size = int.from_bytes(content[:8], "little")
    content[place % (size + 17)] ^= 1
    shard(own).write_bytes(content)
    source = read(own, max_bad_fraction=0.1)
    assert len(source) == 9
    assert source.skipped == [
        (f"{shard(own).name}:0", "a damaged record (its checksum is another)")
    ]
    assert refusal(own).startswith(f"{own}/gan_cli_tiny/1.0.0: 1 of 10 files cannot be read")


def test_a_record_that_is_no_example(own: Path):
    rewrite(shard(own), lambda records: [b"\xff" * len(records[0]), *records[1:]])
    assert refusal(own).endswith("; prepare the data set again")
    source = read(own, label=None, max_bad_fraction=0.1)
    assert len(source) == 9
    ((name, reason),) = source.skipped
    assert name == f"{shard(own).name}:0"
    assert reason.startswith("a damaged record (")


def test_an_image_that_is_damaged(own: Path):
    spoiled = b"?" * len(numbered(4))
    rewrite(shard(own), lambda records: [each.replace(numbered(4), spoiled) for each in records])
    source = read(own, max_bad_fraction=0.1)
    assert sorted(known(source)) == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert known(source)[5] == "eel"
    assert refusal(own).startswith(
        f"{own}/gan_cli_tiny/1.0.0: 1 of 10 files cannot be read, the first: "
        "gan_cli_tiny-train.tfrecord"
    )


def test_a_cache_that_cannot_be_written(
    prepared: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "file"))
    assert refusal(prepared).endswith("; GAN_CACHE_DIR=FOLDER keeps decoded pictures elsewhere")


def _levels(loader: RecordLoader, name: str) -> int:
    return int(loader(name)[0].pixels[0, 0, 0])


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_the_loader_works_in_other_processes(prepared: Path, method: str):
    loader = pickle.loads(
        pickle.dumps(
            RecordLoader(shard(prepared).parent, "image", Look((8, 8), "crop", 3, (0, 0, 0)))
        )
    )
    names = read(prepared).names
    with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
        assert sorted(pool.map(_levels, [loader] * 10, names)) == list(range(10))
    with pytest.raises(BadPicture, match=r"^a damaged record \(a record is damaged or cut off\)$"):
        loader(f"{shard(prepared).name}:1")
    with pytest.raises(BadPicture, match=r"^cannot be read \(No such file or directory\)$"):
        loader("none:0")
