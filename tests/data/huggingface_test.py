"""data=huggingface: small sets of each form on disk, made by `datasets` itself, and one line for
what does not fit.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from gan_cli.base.captions import texts
from gan_cli.base.errors import ConfigError, DataError
from gan_cli.data import load
from gan_cli.data.formats import arrow
from gan_cli.data.huggingface import HuggingFace
from gan_cli.data.reading.source import Source
from tests.web import NOWHERE, serve

from .made_pictures import numbered

hf = pytest.importorskip("datasets")

CLASSES = ["cat", "dog", "eel"]
FEATURES = {"photo": hf.Image(), "label": hf.ClassLabel(names=CLASSES)}


@pytest.fixture(autouse=True)
def own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "hf")


def table(
    numbers: range = range(10), features: dict[str, object] = FEATURES, **more: list
) -> object:
    """Numbered pictures, whose class is their number modulo 3."""
    columns = {
        "photo": [{"bytes": numbered(number), "path": None} for number in numbers],
        "label": [number % 3 for number in numbers],
        **more,
    }
    columns = {name: columns[name] for name in features}
    return hf.Dataset.from_dict(columns, features=hf.Features(features))


def parquet(path: Path, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table(**options).to_parquet(path)
    return path


def read(path: Path, split: str = "train", **options: object) -> Source:
    return load(HuggingFace(**{"path": str(path), "size": 8, "test_share": 0.0, **options}), split)


def refusal(path: Path | None, split: str = "train", **options: object) -> str:
    """The message, one line."""
    given = {"path": str(path)} if path else {}
    with pytest.raises(DataError) as caught:
        load(HuggingFace(**given, size=8, **options), split)
    message = str(caught.value)
    assert message.isprintable()
    return message


def known(source: Source) -> dict[int, str]:
    """Number of the picture -> its class."""
    pairs = zip(source.images[:], source.labels, strict=True)
    return {int(image[0, 0, 0]): source.class_names[label] for image, label in pairs}


def of(numbers: range) -> dict[int, str]:
    return {number: CLASSES[number % 3] for number in numbers}


def test_a_parquet_file(tmp_path: Path):
    source = read(parquet(tmp_path / "a.parquet"))
    assert known(source) == of(range(10))
    assert source.class_names == CLASSES
    assert (source.images.shape, source.labels.dtype) == ((10, 8, 8, 3), np.int64)
    assert source.images[:][:, 3, 3].tolist() == [[number, 0, 9] for number in range(10)]
    assert (source.skipped, source.origin) == ([], f"data.path={tmp_path / 'a.parquet'}")
    assert source.names == [f"train:{number}" for number in range(10)]


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_rows_decoded_on_the_fly_in_threads(tmp_path: Path, form: str):
    if form == "parquet":
        parquet(tmp_path / "a" / "a.parquet")
    else:
        table().save_to_disk(tmp_path / "a", num_shards=3)
    ahead, fly = (read(tmp_path / "a", decode=decode) for decode in ("ahead", "on_the_fly"))
    assert (ahead.on_the_fly, fly.on_the_fly) == (False, True)
    assert fly.fingerprint == ahead.fingerprint
    rows = np.array([9, 0, 4, 4])
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(fly.images.__getitem__, [rows] * 20):
            np.testing.assert_array_equal(found, ahead.images[rows])


def test_a_folder_of_parquet_files_with_its_splits(tmp_path: Path):
    parquet(tmp_path / "a/train-00000-of-00002.parquet", numbers=range(6))
    parquet(tmp_path / "a/train-00001-of-00002.parquet", numbers=range(6, 10))
    parquet(tmp_path / "a/validation-00000-of-00001.parquet", numbers=range(10, 13))
    assert known(read(tmp_path / "a")) == of(range(10))
    assert known(read(tmp_path / "a", "test")) == of(range(10, 13))
    assert known(read(tmp_path / "a", "test", test_split="train")) == of(range(10))
    assert known(read(tmp_path / "a", train_split="validation")) == of(range(10, 13))


@pytest.mark.parametrize("split", ["test", "validation"])
def test_what_save_to_disk_writes(tmp_path: Path, split: str):
    both = hf.DatasetDict({"train": table(), split: table(range(10, 13))})
    both.save_to_disk(tmp_path / "a", num_shards={"train": 3, split: 1})
    assert known(read(tmp_path / "a")) == of(range(10))
    assert known(read(tmp_path / "a", "test")) == of(range(10, 13))


def test_one_split_of_save_to_disk_is_divided(tmp_path: Path):
    table().save_to_disk(tmp_path / "a")
    train, test = (
        known(read(tmp_path / "a", split, test_share=0.5)) for split in ("train", "test")
    )
    assert {**train, **test} == of(range(10))
    assert 1 <= len(test) <= 9
    assert not set(train) & set(test)


def imagefolder(root: Path, numbers: range = range(6), key: str = "label") -> Path:
    """Pictures with a metadata.jsonl."""
    root.mkdir(parents=True)
    lines = []
    for number in numbers:
        (root / f"{number}.png").write_bytes(numbered(number))
        lines.append({"file_name": f"{number}.png", key: CLASSES[number % 3]})
    (root / "metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return root


def test_a_folder_of_pictures_with_metadata(tmp_path: Path):
    imagefolder(tmp_path / "a")
    source = read(tmp_path / "a", label="label")
    assert known(source) == of(range(6))
    assert source.class_names == CLASSES
    assert source.names == [f"{number}.png:{number}" for number in range(6)]
    assert read(tmp_path / "a").labels is None  # text is a class only where it is asked for


def test_a_folder_of_pictures_with_splits_and_classes(tmp_path: Path):
    for split, numbers in (("train", range(6)), ("test", range(6, 9))):
        for number in numbers:
            folder = tmp_path / "a" / split / CLASSES[number % 3]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}.png").write_bytes(numbered(number))
    assert known(read(tmp_path / "a")) == of(range(6))
    assert known(read(tmp_path / "a", "test")) == of(range(6, 9))


def test_a_picture_that_changed_is_read_again(tmp_path: Path):
    imagefolder(tmp_path / "a")
    assert set(known(read(tmp_path / "a", label="label"))) == set(range(6))
    (tmp_path / "a/5.png").write_bytes(numbered(7) + b"longer")
    assert set(known(read(tmp_path / "a", label="label"))) == {0, 1, 2, 3, 4, 7}


def test_a_row_that_names_a_file_elsewhere_is_not_read(tmp_path: Path):
    import pyarrow
    import pyarrow.parquet

    (tmp_path / "secret.png").write_bytes(numbered(0))
    (tmp_path / "a").mkdir()
    photos = [
        {"bytes": None, "path": str(tmp_path / "secret.png")},
        {"bytes": None, "path": str(tmp_path / "a/../secret.png")},
        {"bytes": None, "path": None},
        {"bytes": numbered(1), "path": None},
        {"bytes": numbered(2), "path": None},
    ]
    pyarrow.parquet.write_table(pyarrow.table({"photo": photos}), tmp_path / "a/a.parquet")
    source = read(tmp_path / "a", max_bad_fraction=0.6)
    assert len(source) == 2
    assert source.skipped == [
        ("secret.png:0", "names a file outside of the data set, which is not read"),
        ("secret.png:1", "names a file outside of the data set, which is not read"),
        ("train:2", "the row holds no picture"),
    ]


def test_plain_bytes_and_whole_numbers(tmp_path: Path):
    """As other tools write parquet: without the features of `datasets`."""
    import pyarrow
    import pyarrow.parquet

    rows = {
        "png": [numbered(number) for number in range(6)],
        "n": [number % 3 for number in range(6)],
    }
    pyarrow.parquet.write_table(pyarrow.table(rows), tmp_path / "a.parquet")
    source = read(tmp_path / "a.parquet", label="n")
    assert source.class_names == ["0", "1", "2"]
    assert source.labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert source.images[:][:, 0, 0, 0].tolist() == list(range(6))


def test_broken_pictures_are_counted_and_left_out(tmp_path: Path):
    photos = [{"bytes": numbered(number), "path": None} for number in range(10)]
    photos[4] = {"bytes": b"?", "path": "four.png"}
    path = parquet(tmp_path / "a.parquet", photo=photos)
    source = read(path, max_bad_fraction=0.1)
    assert known(source) == {number: name for number, name in of(range(10)).items() if number != 4}
    assert source.skipped == [("four.png:4", "not a jpg, png, bmp, gif, webp or tiff")]
    assert "1 of 10 files cannot be read, the first: four.png:4" in refusal(path)


def test_sizes_channels_and_columns(tmp_path: Path):
    features = {**FEATURES, "second": hf.Image()}
    other = [{"bytes": numbered(9 - number, size=12), "path": None} for number in range(10)]
    path = parquet(tmp_path / "a.parquet", features=features, second=other)
    source = read(path, image="second", size=None, label=False)
    assert (source.images.shape, source.labels, source.class_names) == ((10, 12, 12, 3), None, [])
    assert source.images[:][:, 0, 0, 0].tolist() == list(range(9, -1, -1))
    assert read(path, size=[16, 24], channels=1).images.shape == (10, 16, 24, 1)


def test_the_second_time_no_picture_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = parquet(tmp_path / "a.parquet")
    first = read(path)
    monkeypatch.delattr(arrow.RowLoader, "__call__")
    assert read(path).fingerprint == first.fingerprint


TEXT, TEXTS = hf.Value("string"), hf.Sequence(hf.Value("string"))


def said(source: Source) -> dict[int, list[str]]:
    """Number of the picture -> its captions."""
    assert source.captions is not None
    rows = zip(source.images[:], source.captions, strict=True)
    return {
        int(image[0, 0, 0]): [each for each in texts(tokens, source.vocabulary) if each]
        for image, tokens in rows
    }


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_captions_of_a_column(form: str, tmp_path: Path):
    made = table(
        range(3),
        {**FEATURES, "text": TEXT, "short": TEXTS},
        text=["A cat.", "a big dog", "an eel"],
        short=[["cat", "pet"], ["dog"], ["fish", ""]],
    )
    made.to_parquet(tmp_path / "a") if form == "parquet" else made.save_to_disk(tmp_path / "a")
    path = tmp_path / "a"
    if form == "parquet":
        path = path.rename(tmp_path / "a.parquet")
    source = read(path)
    assert said(source) == {0: ["a cat"], 1: ["a big dog"], 2: ["an eel"]}
    assert known(source) == of(range(3))
    short = said(read(path, caption_column="short"))
    assert short == {0: ["cat", "pet"], 1: ["dog"], 2: ["fish"]}
    without = read(path, caption_column=False)
    assert without.captions is None
    assert without.fingerprint == read(path, caption_column="short").without_captions().fingerprint


def test_words_are_those_of_training(tmp_path: Path):
    features = {**FEATURES, "caption": TEXT}
    parts = {name: table(range(2), features, caption=[name, "both"]) for name in ("train", "test")}
    hf.DatasetDict(parts).save_to_disk(tmp_path / "a")
    assert read(tmp_path / "a").vocabulary == ["both", "train"]
    assert read(tmp_path / "a", "test").captions is None


def test_a_column_of_numbers_called_text_is_none(tmp_path: Path):
    path = parquet(
        tmp_path / "a.parquet", features={**FEATURES, "text": hf.Value("int64")}, text=[*range(10)]
    )
    assert read(path).captions is None
    for name in ("text", "none"):
        assert refusal(path, caption_column=name) == (
            f"data.path={path}: no column of texts is called {name!r} (columns: photo, label, "
            "text); data.caption_column=NAME takes another, false none"
        )


def test_a_picture_without_a_caption_is_named(tmp_path: Path):
    path = parquet(
        tmp_path / "a.parquet",
        numbers=range(3),
        features={**FEATURES, "text": TEXT},
        text=["one", None, "..."],
    )
    assert refusal(path) == (
        f"data.path={path}: column 'text' (data.caption_column=false does without): no caption of "
        "2 pictures, the first: train:1; add it or remove the picture"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"image": "label"},
            "column 'label' holds no pictures (pictures: photo; columns: photo, label); "
            "data.image=NAME takes another",
        ),
        (
            {"label": "class"},
            "no column 'class' (it has photo, label); data.label=NAME takes another, "
            "data.label=false none",
        ),
        (
            {"train_split": "all"},
            "no split 'all' (it has train); data.train_split=NAME takes another",
        ),
        (
            {"test_split": "dev"},
            "no split 'dev' (it has train); data.test_split=NAME takes another",
        ),
    ],
)
def test_columns_and_splits_that_are_not_there(
    tmp_path: Path, options: dict[str, str], message: str
):
    path = parquet(tmp_path / "a.parquet")
    assert refusal(path, **options) == f"data.path={path}: {message}"


@pytest.mark.parametrize(
    ("kind", "labels", "message"),
    [
        (hf.ClassLabel(names=CLASSES), [-1, 0, 1], " goes from -1 to 1, not 0 to 2"),
        (hf.ClassLabel(names=CLASSES), [None, 0, 1], ": 1 rows have no label"),
        (hf.Value("float32"), [0.0, 0.5, 1.0], " is Value('float32'), no class"),
        (hf.Value("int64"), [0, 1, 100_000], " go from 0 to 100000"),
    ],
)
def test_labels_that_are_no_classes(tmp_path: Path, kind: object, labels: list, message: str):
    features = {"photo": hf.Image(), "label": kind}
    path = parquet(tmp_path / "a.parquet", numbers=range(3), features=features, label=labels)
    line = refusal(path, label="label")
    assert line.startswith(f"data.path={path}: column 'label' of train{message}")
    assert len(read(path, label=False)) == 3


def test_a_class_that_is_not_trained(tmp_path: Path):
    features = {"photo": hf.Image(), "label": hf.Value("string")}
    for name, labels in (("train", ["a", "b", "b"]), ("test", ["b", "c", "a"])):
        parquet(tmp_path / f"a/{name}.parquet", numbers=range(3), features=features, label=labels)
    assert refusal(tmp_path / "a", "test", label="label").endswith(
        "column 'label' of test has c, which the training split has not"
    )
    assert read(tmp_path / "a", label="label").labels.tolist() == [0, 1, 1]


def test_what_is_damaged_or_something_else(tmp_path: Path):
    (tmp_path / "a.parquet").write_bytes(b"?" * 100)
    assert refusal(tmp_path / "a.parquet").startswith(
        f"data.path={tmp_path / 'a.parquet'}: Parquet magic bytes not found"
    )
    (tmp_path / "a.csv").write_text("x\n")
    assert refusal(tmp_path / "a.csv") == (
        f"data.path={tmp_path / 'a.csv'}: is a .csv file; expected parquet, an arrow folder or a "
        "folder of pictures"
    )
    (tmp_path / "empty").mkdir()
    assert "doesn't contain any data files; expected parquet" in refusal(tmp_path / "empty")
    assert refusal(tmp_path / "no") == f"data.path={tmp_path / 'no'}: no such file or folder"


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_arrow_files_that_are_cut_off(tmp_path: Path, cut: float):
    table().save_to_disk(tmp_path / "a")
    path = tmp_path / "a/data-00000-of-00001.arrow"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * cut)])
    assert refusal(tmp_path / "a").startswith(f"data.path={tmp_path / 'a'}: ")


def test_neither_or_both_are_given(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"^data=huggingface needs data.dataset=, a name on the"):
        load(HuggingFace())
    with pytest.raises(ConfigError, match=r"; give one of them$"):
        load(HuggingFace(dataset="mnist", path=str(tmp_path)))


def test_it_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert refusal(tmp_path) == (
        "data=huggingface needs the package datasets; pip install 'gan_cli[hf]'"
    )


def test_the_hub_cannot_be_reached(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", NOWHERE)
    assert refusal(None, dataset="ylecun/mnist") == (
        "data.dataset=ylecun/mnist: the Hub cannot be reached ([Errno 111] Connection refused); "
        "HF_HUB_OFFLINE=1 takes what was fetched before, data.path= a copy on this machine"
    )


def test_a_name_that_is_not_on_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    message = ": no such data set on the Hub, or one that needs `hf auth login`"
    with serve(tmp_path) as server:
        server.headers_of_404 = {"X-Error-Code": "RepoNotFound"}
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server.address)
        assert refusal(None, dataset="no/such") == f"data.dataset=no/such{message}"
        assert refusal(None, dataset="../etc") == f"data.dataset=../etc{message}"


def test_offline_what_was_not_fetched(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    line = refusal(None, dataset="no/such")
    assert line.startswith("data.dataset=no/such: Couldn't reach 'no/such' on the Hub (")
    assert line.endswith("; HF_HUB_OFFLINE is set, and it was not fetched before")


@pytest.mark.slow
def test_tensorflow_is_not_imported(tmp_path: Path):
    import subprocess

    path = parquet(tmp_path / "a.parquet")
    code = (
        "import sys; from gan_cli.data.huggingface import HuggingFace\n"
        "from gan_cli.data import load\n"
        f"source = load(HuggingFace(path={str(path)!r}, size=8, test_share=0.0))\n"
        "print(len(source.images[:]), sorted({'tensorflow', 'keras', 'torch'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert (answer.stdout.strip(), answer.stderr) == ("10 []", "")
