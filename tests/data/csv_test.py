"""data=csv: the rows, the pictures and classes they name, and one line for each that does not
fit.
"""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.data import load
from gan_cli.data.csv import Csv
from gan_cli.data.reading import labels
from gan_cli.data.reading.loading import FileLoader
from gan_cli.data.reading.pictures import look
from gan_cli.data.reading.source import Source

from .made_pictures import numbered, write


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures 0.png to 4.png, and 5.png in a folder."""
    return write(
        tmp_path / "pictures",
        {**{f"{number}.png": numbered(number) for number in range(5)}, "sub/5.png": numbered(5)},
    )


def read(folder: Path, text: str | bytes, **options: object) -> Source:
    (folder / "a.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(Csv(path=str(folder / "a.csv"), **{"size": 8, "test_share": 0.0, **options}))


def refusal(folder: Path, text: str | bytes, **options: object) -> str:
    """The message, one line that begins with the file."""
    with pytest.raises(DataError) as caught:
        read(folder, text, **options)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(f"{folder / 'a.csv'}: ")
    return message.removeprefix(f"{folder / 'a.csv'}: ")


def known(source: Source) -> dict[int, str]:
    """Number of the picture -> its class."""
    return {
        int(image[0, 0, 0]): source.class_names[label]
        for image, label in zip(source.images[:], source.labels, strict=True)
    }


def test_pictures_and_their_labels(folder: Path):
    source = read(folder, "path,label\n3.png,dog\n0.png,cat\nsub/5.png,dog\n1.png,eel\n")
    assert known(source) == {0: "cat", 1: "eel", 3: "dog", 5: "dog"}
    assert source.class_names == ["cat", "dog", "eel"]
    assert (source.images.shape, source.labels.dtype) == ((4, 8, 8, 3), np.int64)
    assert (source.origin, source.skipped) == (str(folder / "a.csv"), [])


def test_numbers_are_classes_by_value(folder: Path):
    source = read(folder, "path,label\n0.png,10\n1.png,9\n2.png,010\n3.png,0\n")
    assert source.class_names == ["0", "9", "10"]
    assert known(source) == {0: "10", 1: "9", 2: "10", 3: "0"}


def test_one_text_makes_all_labels_texts(folder: Path):
    assert read(folder, "path,label\n0.png,10\n1.png,9\n2.png,-1\n").class_names == [
        "-1",
        "10",
        "9",
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_dialects(folder: Path, delimiter: str, mark: bytes, end: str):
    rows = [
        ["who", "path", "label"],
        ["x", "0.png", '"é, ; of ""b"""'],
        ["y", " 1.png", "a "],
        ["", "", ""],
    ]
    source = read(
        folder, mark + end.join(delimiter.join(row) for row in rows if any(row)).encode() + b"\n\n"
    )
    assert known(source) == {0: 'é, ; of "b"', 1: "a"}


def test_columns_by_name(folder: Path):
    text = "file,path,class\n0.png,1.png,a\n2.png,3.png,b\n"
    assert known(read(folder, text, path_column="file", label_column="class")) == {0: "a", 2: "b"}


def test_without_labels(folder: Path):
    source = read(folder, "path\n0.png\n4.png\n", label_column=None)
    assert (source.labels, source.class_names, len(source)) == (None, [], 2)


def test_paths_outside_its_folder(folder: Path, tmp_path: Path):
    write(tmp_path / "elsewhere", {"7.png": numbered(7), "8.png": numbered(8)})
    assert known(
        read(folder, f"path,label\n../elsewhere/7.png,a\n{tmp_path}/elsewhere/8.png,b\n")
    ) == {7: "a", 8: "b"}


def test_what_is_missing_or_broken_is_left_out_with_its_reason(folder: Path):
    write(folder, {"broken.png": b"?"})
    text = "path,label\nnone.png,a\n0.png,a\nbroken.png,c\n1.png,b\nsub,d\n"
    source = read(folder, text, max_bad_fraction=0.6)
    assert known(source) == {0: "a", 1: "b"}
    assert dict(source.skipped) == {
        "none.png": "cannot be read (No such file or directory)",
        "sub": "not a plain file",
        "broken.png": "not a jpg, png, bmp, gif, webp or tiff",
    }
    assert refusal(folder, text, max_bad_fraction=0.59) == (
        "3 of 5 files cannot be read, the first: none.png: cannot be read (No such file or "
        "directory); "
        "gan-data lists them; remove them or raise data.max_bad_fraction=0.59"
    )


def test_a_named_file_that_is_no_picture_is_broken_whatever_its_name(folder: Path):
    write(folder, {"notes": b"?", "seven": numbered(7)})
    source = read(folder, "path,label\nnotes,a\nseven,b\n", max_bad_fraction=0.5)
    assert source.skipped == [("notes", "not a jpg, png, bmp, gif, webp or tiff")]
    assert known(source) == {7: "b"}


def test_nothing_that_is_named_is_there(folder: Path):
    message = refusal(folder, "path,label\nnone.png,a\n")
    assert message.startswith("holds no picture that can be read")
    assert message.endswith("; left out: none.png, cannot be read (No such file or directory)")


def test_a_changed_label_needs_no_new_decoding(folder: Path, monkeypatch: pytest.MonkeyPatch):
    read(folder, "path,label\n0.png,a\n1.png,b\n")
    monkeypatch.delattr(FileLoader, "__call__")
    assert known(read(folder, "path,label\n0.png,c\n1.png,b\n")) == {0: "c", 1: "b"}


def test_held_out_by_the_file(folder: Path):
    (folder / "b.csv").write_text(
        "path,label\n" + "".join(f"{number}.png,a\n" for number in range(5))
    )
    parts = [
        load(Csv(path=str(folder / "b.csv"), size=8, test_share=0.5), split)
        for split in ("train", "test")
    ]
    assert sorted(number for part in parts for number in known(part)) == [0, 1, 2, 3, 4]
    before = set(known(parts[0]))
    (folder / "b.csv").write_text(
        "path,label\nsub/5.png,a\n" + "".join(f"{number}.png,a\n" for number in range(5))
    )
    assert set(known(load(Csv(path=str(folder / "b.csv"), size=8, test_share=0.5)))) - {5} == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "file,label\n0.png,a\n",
            "no column 'path' (it has file, label); data.path_column=NAME takes another",
        ),
        (
            "path,class\n0.png,a\n",
            "no column 'label' (it has path, class); data.label_column=NAME takes another",
        ),
        (
            "path,label\n0.png,a\n1.png,\n",
            "row 3 has nothing in column 'label'; complete or remove it",
        ),
        (
            "path,label\n0.png,a\n1.png\n",
            "row 3 has nothing in column 'label'; complete or remove it",
        ),
        (
            "path,label\n0.png,a\n\n ,b\n",
            "row 4 has nothing in column 'path'; complete or remove it",
        ),
        (
            "path,label\n0.png,a\n1.png,b\n0.png,a\n",
            "row 4 names 0.png a second time; remove one of the two",
        ),
        ("path,label\n", "no rows below the header path, label"),
        ("", "is empty"),
        (" \n\n", "is empty"),
        (
            b"path,label\n0.png,\x00a\n",
            "holds zero bytes, as no text does; save it as CSV in UTF-8",
        ),
        ("path,label\n0.png,a\n".encode("utf-16"), "is no UTF-8 text; save it as CSV in UTF-8"),
        (b"\x89PNG\r\n\x1a\n", "is no UTF-8 text; save it as CSV in UTF-8"),
        (b"path,label\n0.png,caf\xe9\n", "is no UTF-8 text; save it as CSV in UTF-8"),
        ('path,label\n0.png,"a\n', "not a readable CSV (unexpected end of data); save it again"),
        (
            "path,label\n0.png," + "a" * 200_000,
            "not a readable CSV (field larger than field limit (131072)); save it again",
        ),
    ],
)
def test_what_does_not_fit(folder: Path, text: str | bytes, message: str):
    assert refusal(folder, text) == message


def test_too_many_classes(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(labels, "MOST_CLASSES", 2)
    assert len(read(folder, "path,label\n0.png,a\n1.png,b\n").class_names) == 2
    message = refusal(folder, "path,label\n0.png,a\n1.png,b\n2.png,c\n")
    assert (
        message
        == "column 'label': 3 different labels, more than 2 classes; is this the right column?"
    )


def test_paths_of_the_csv(folder: Path):
    with pytest.raises(
        ConfigError, match=r"^data=csv needs data.path=, a CSV file whose rows name pictures$"
    ):
        load(Csv())
    with pytest.raises(DataError, match=r"none.csv: no such file or folder$"):
        load(Csv(path=str(folder / "none.csv")))
    with pytest.raises(
        DataError,
        match=r"pictures: .*; expected a CSV file \(data=folder reads a folder of pictures\)$",
    ):
        load(Csv(path=str(folder)))
    os.mkfifo(folder / "pipe.csv")
    with pytest.raises(DataError, match=r"pipe.csv: not a plain file; expected a CSV file"):
        load(Csv(path=str(folder / "pipe.csv")))


def test_the_loader_can_be_sent_to_another_process(folder: Path):
    loader = FileLoader(folder, look(Csv(size=8)))
    assert pickle.loads(pickle.dumps(loader))("3.png")[0].pixels[0, 0].tolist() == [3, 0, 9]
