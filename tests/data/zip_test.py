"""data=zip: members and their classes, one line for each zip that does not fit, and none of it
unpacked to disk.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.data import load
from gan_cli.data.folder import Folder
from gan_cli.data.formats import zip_labels, zip_members
from gan_cli.data.formats.zip_members import MemberLoader
from gan_cli.data.reading import labels, pictures
from gan_cli.data.reading.pictures import BadPicture, Look
from gan_cli.data.reading.source import Source
from gan_cli.data.zip import Zip

from .made_pictures import numbered, write

LOOK = Look((8, 8), "crop", "auto", (255, 255, 255))
CLASSES = {
    f"{name}/{number}.png": numbered(number)
    for number, name in enumerate(["cat", "cat", "dog", "eel", "eel"])
}
FLAT = {f"{number}.png": numbered(number) for number in range(4)}
IGNORE = "correct it, or data.labels=false ignores it"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def packed(path: Path, members: dict[str, bytes | str], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content, method)
    return path


def read(path: Path, split: str = "train", **options: object) -> Source:
    return load(Zip(path=str(path), **{"size": 8, "test_share": 0.0, **options}), split)


def refusal(path: Path, **options: object) -> str:
    """The message, one line that begins with the file."""
    with pytest.raises(DataError) as caught:
        read(path, **options)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def known(source: Source) -> dict[int, str]:
    """Number of the picture -> its class."""
    assert source.labels is not None
    return {
        int(image[0, 0, 0]): source.class_names[label]
        for image, label in zip(source.images[:], source.labels, strict=True)
    }


def numbers(source: Source) -> list[int]:
    return sorted(source.images[:][:, 0, 0, 0].tolist())


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
@pytest.mark.parametrize("top", ["", "data/"])
def test_folders_are_classes(tmp_path: Path, method: int, top: str):
    path = packed(
        tmp_path / "a.zip", {f"{top}{name}": content for name, content in CLASSES.items()}, method
    )
    source = read(path)
    assert known(source) == {0: "cat", 1: "cat", 2: "dog", 3: "eel", 4: "eel"}
    assert source.class_names == ["cat", "dog", "eel"]
    assert source.images.shape == (5, 8, 8, 3)
    assert source.origin == str(path)


def test_it_holds_what_the_folder_holds(tmp_path: Path):
    zipped = read(packed(tmp_path / "a.zip", CLASSES), test_share=0.4)
    folder = load(Folder(path=str(write(tmp_path / "folder", CLASSES)), size=8, test_share=0.4))
    np.testing.assert_array_equal(zipped.images[:], folder.images[:])
    np.testing.assert_array_equal(zipped.digests, folder.digests)
    assert zipped.labels.tolist() == folder.labels.tolist()


def test_what_is_no_picture_is_passed_over(tmp_path: Path):
    junk = {
        "__MACOSX/cat/._0.png": b"?",
        "cat/.DS_Store": b"?",
        "README.txt": b"?",
        "empty/": b"",
        "cat/Thumbs.db": b"?",
    }
    source = read(packed(tmp_path / "a.zip", {**junk, **CLASSES}))
    assert (len(source), source.skipped) == (5, [])


def test_without_labels(tmp_path: Path):
    source = read(packed(tmp_path / "a.zip", {**CLASSES, "dataset.json": "{}"}), labels=False)
    assert (len(source), source.labels, source.class_names, source.skipped) == (5, None, [], [])
    assert read(packed(tmp_path / "b.zip", FLAT)).labels is None


@pytest.mark.parametrize("top", ["", "data/"])
def test_folders_train_and_val_are_the_splits(tmp_path: Path, top: str):
    parts = {"train/cat/0.png": 0, "train/dog/1.png": 1, "val/cat/2.png": 2, "val/dog/3.png": 3}
    path = packed(
        tmp_path / "a.zip", {f"{top}{name}": numbered(number) for name, number in parts.items()}
    )
    assert known(read(path)) == {0: "cat", 1: "dog"}
    assert known(read(path, "test")) == {2: "cat", 3: "dog"}


def test_classes_are_numbered_alike_in_both_splits(tmp_path: Path):
    parts = {
        "train/cat/0.png": 0,
        "train/dog/1.png": 1,
        "train/eel/2.png": 2,
        "test/cat/3.png": 3,
        "test/eel/4.png": 4,
    }
    path = packed(tmp_path / "a.zip", {name: numbered(number) for name, number in parts.items()})
    assert read(path, "test").labels.tolist() == [0, 2]
    assert read(path, "test").class_names == read(path).class_names == ["cat", "dog", "eel"]


def stylegan(**changes: object) -> dict[str, bytes | str]:
    """A zip as dataset_tool.py of StyleGAN writes it."""
    labelled = [
        ["00000/img00000000.png", 6],
        ["00000/img00000001.png", 0],
        ["00001/img00000002.png", 6],
    ]
    pictures = {name: numbered(number) for number, (name, _) in enumerate(labelled)}
    return {**pictures, "dataset.json": json.dumps({"labels": labelled, **changes})}


def test_labels_of_stylegan(tmp_path: Path):
    source = read(packed(tmp_path / "a.zip", stylegan()))
    assert known(source) == {0: "6", 1: "0", 2: "6"}
    assert source.class_names == ["0", "1", "2", "3", "4", "5", "6"]


def test_stylegan_without_labels_has_no_classes(tmp_path: Path):
    source = read(packed(tmp_path / "a.zip", stylegan(labels=None)))
    assert (source.labels, source.class_names, numbers(source)) == (None, [], [0, 1, 2])


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("file,class", {0: "a", 1: "b", 2: "b", 3: "a"}),
        ("Image;note;Label", {0: "a", 1: "b", 2: "b", 3: "a"}),
        ("what,ever,label", {0: "a", 1: "b", 2: "b", 3: "a"}),
    ],
)
def test_labels_of_a_csv(tmp_path: Path, head: str, expected: dict[int, str]):
    delimiter = ";" if ";" in head else ","
    middle = ["x"] if "note" in head else []
    rows = [
        delimiter.join([f"{number}.png", *middle, label]) for number, label in enumerate("abba")
    ]
    if head.startswith("what"):
        rows = [f"{row},z" for row in rows]
    assert (
        known(read(packed(tmp_path / "a.zip", {**FLAT, "list.CSV": "\n".join([head, *rows])})))
        == expected
    )


def test_a_labelled_member_that_is_no_picture_is_broken_whatever_its_name(tmp_path: Path):
    members = {
        "notes": b"?",
        "seven": numbered(7),
        "README": b"?",
        "a.csv": "path,label\nnotes,a\nseven,b\n",
    }
    source = read(packed(tmp_path / "a.zip", members), max_bad_fraction=0.5)
    assert source.skipped == [("notes", "not a jpg, png, bmp, gif, webp or tiff")]
    assert known(source) == {7: "b"}


def test_a_label_file_in_the_folder_that_all_share(tmp_path: Path):
    members = {f"data/{name}": content for name, content in FLAT.items()}
    sheet = "path,label\n" + "".join(f"{number}.png,{number % 2}\n" for number in range(4))
    assert known(read(packed(tmp_path / "a.zip", {**members, "data/labels.csv": sheet}))) == {
        0: "0",
        1: "1",
        2: "0",
        3: "1",
    }


def test_dataset_json_comes_before_csv_files(tmp_path: Path):
    assert (
        known(read(packed(tmp_path / "a.zip", {**stylegan(), "a.csv": "?", "b.csv": "?"})))[0]
        == "6"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[]",
        "{}",
        '"labels"',
        "7",
        '{"classes": []}',
        "[" * 100_000,
        b"\xff\xfe",
        '{"labels": ' + "9" * 5000 + "}",
    ],
)
def test_a_dataset_json_that_is_something_else(tmp_path: Path, text: str | bytes):
    message = refusal(packed(tmp_path / "a.zip", {**FLAT, "dataset.json": text}))
    assert message == (
        'dataset.json: expected JSON, {"labels": [["picture.png", 0], ...]}; data.labels=false '
        "ignores it"
    )


@pytest.mark.parametrize(
    "entry",
    [
        *(["1.png", label] for label in (-1, 100_000, 2**70, 1.0, True, "1", [0, 1], None)),
        ["1.png"],
        "1.png",
        [1, "1.png"],
        None,
    ],
)
def test_an_entry_of_dataset_json_that_does_not_fit(tmp_path: Path, entry: object):
    text = json.dumps({"labels": [["0.png", 0], entry]})
    assert refusal(packed(tmp_path / "a.zip", {**FLAT, "dataset.json": text})) == (
        f'dataset.json: entry 1 of "labels" is {json.dumps(entry)}, expected ["picture.png", '
        "class] "
        "with a class from 0 to 99,999; data.labels=false ignores it"
    )


def sheet(rows: list[tuple[str, object]]) -> dict[str, bytes | str]:
    return {
        **FLAT,
        "labels.csv": "\n".join(["path,label", *(f"{name},{label}" for name, label in rows)]),
    }


ROWS = [(name, 0) for name in FLAT]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS[:2], f"labels.csv has no label for 2 pictures, the first: 2.png; {IGNORE}"),
        (
            [*ROWS, ("5.png", 1), ("6.png", 1)],
            f"labels.csv names 2 pictures not in the zip, the first: 5.png; {IGNORE}",
        ),
        (
            [*ROWS, ("1.png", 1)],
            "labels.csv: row 6 names 1.png a second time; remove one of the two",
        ),
        (
            [*ROWS[1:], ("0.png", "")],
            "labels.csv: row 5 has nothing in column 'label'; complete or remove it",
        ),
        ([], "labels.csv: no rows below the header path, label"),
    ],
)
def test_a_csv_that_does_not_fit(tmp_path: Path, rows: list[tuple[str, object]], message: str):
    assert refusal(packed(tmp_path / "a.zip", sheet(rows))) == message


def test_rows_of_dataset_json_that_do_not_fit(tmp_path: Path):
    pairs = [[name, 0] for name in FLAT]
    for changed, message in (
        (pairs[1:], f"dataset.json has no label for 1 picture, the first: 0.png; {IGNORE}"),
        (
            [*pairs, ["9.png", 0]],
            f"dataset.json names 1 picture not in the zip, the first: 9.png; {IGNORE}",
        ),
        (
            [*pairs, pairs[0]],
            "dataset.json: entry 4 names 0.png a second time; remove one of the two",
        ),
    ):
        text = json.dumps({"labels": changed})
        assert refusal(packed(tmp_path / "a.zip", {**FLAT, "dataset.json": text})) == message


def test_other_label_files_that_do_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = packed(tmp_path / "a.zip", {**FLAT, "a.csv": "?", "b.csv": "?"})
    assert (
        refusal(path) == "holds a.csv, b.csv; leave the CSV with the labels, or data.labels=false"
    )
    assert refusal(packed(path, {**FLAT, "a.csv": "path\n0.png\n"})) == (
        f"a.csv has one column, path; expected a name and a label; {IGNORE}"
    )
    assert (
        refusal(packed(path, {**FLAT, "a.csv": b"\0"}))
        == "a.csv: holds zero bytes, as no text does; save it as CSV in UTF-8"
    )
    monkeypatch.setattr(zip_labels, "LARGEST_LABELS", 20)
    assert (
        refusal(packed(path, sheet(ROWS)))
        == "labels.csv is larger than 20 bytes; data.labels=false ignores it"
    )


def test_too_many_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(labels, "MOST_CLASSES", 3)
    path = packed(tmp_path / "a.zip", sheet([(name, number) for number, name in enumerate(FLAT)]))
    assert (
        refusal(path)
        == "labels.csv: 4 different labels, more than 3 classes; is this the right column?"
    )


@pytest.mark.parametrize(
    "name",
    ["../0.png", "cat/../../0.png", "/etc/0.png", "..\\0.png", "C:\\0.png", "C:/0.png", "a/.."],
)
def test_names_that_lead_out_of_it(tmp_path: Path, name: str):
    path = packed(tmp_path / "a.zip", {**FLAT, name: b"?"})
    assert refusal(path) == f"holds a name that leads out of it, {name}; pack it again"


def test_names_that_only_look_so(tmp_path: Path):
    assert (
        len(
            read(
                packed(
                    tmp_path / "a.zip",
                    {"a/x..png": numbered(1), "a/..b/y.png": b"?", "b/12:30.png": numbered(2)},
                )
            )
        )
        == 2
    )


def test_encrypted(tmp_path: Path):
    path = packed(tmp_path / "a.zip", FLAT)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert refusal(path) == "0.png is encrypted; pack it again without a password"


def test_a_bomb_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = packed(tmp_path / "a.zip", {"0.png": b"\0" * 1_000_000}, zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(zip_members, "BOMB_BYTES", 1_000_000)
    refusal(path)  # within the bound: what is wrong is the picture
    monkeypatch.setattr(zip_members, "BOMB_BYTES", 999_999)
    monkeypatch.delattr(zipfile.ZipFile, "open")
    size = path.stat().st_size
    assert refusal(path) == (
        f"{size:,} bytes that unpack to 1,000,000; where that is right, unpack it and use "
        "data=folder"
    )


def test_much_that_is_not_packed_is_no_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(zip_members, "BOMB_BYTES", 10)
    assert len(read(packed(tmp_path / "a.zip", FLAT))) == 4


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 and no more", b"path,label\n", b"Rar!\x1a\x07\x00"]
)
def test_what_is_no_zip(tmp_path: Path, content: bytes):
    (tmp_path / "a.zip").write_bytes(content)
    assert (
        refusal(tmp_path / "a.zip")
        == "not a readable zip (File is not a zip file); fetch or copy it again"
    )


def test_paths(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"^data=zip needs data.path=, a zip of pictures$"):
        load(Zip())
    os.mkfifo(tmp_path / "pipe.zip")
    for name in (".", "pipe.zip"):
        with pytest.raises(
            DataError, match=r": is no file; data=folder reads a folder of pictures$"
        ):
            load(Zip(path=str(tmp_path / name)))


def test_no_picture_in_it(tmp_path: Path):
    assert refusal(packed(tmp_path / "a.zip", {"a.txt": "?"})).startswith(
        "holds no picture that can be read"
    )
    assert refusal(packed(tmp_path / "b.zip", {})).startswith("holds no picture that can be read")


def test_damaged_members_are_left_out_with_their_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = packed(tmp_path / "a.zip", {**FLAT, "4.png": b"?", "5.png": b""})
    content = bytearray(path.read_bytes())
    content[content.index(numbered(1)) + 40] ^= 1
    path.write_bytes(content)
    source = read(path, max_bad_fraction=0.5)
    assert numbers(source) == [0, 2, 3]
    assert dict(source.skipped) == {
        "1.png": "cannot be unpacked (Bad CRC-32 for file '1.png')",
        "4.png": "not a jpg, png, bmp, gif, webp or tiff",
        "5.png": "empty file",
    }
    assert refusal(path).startswith(
        "3 of 6 files cannot be read, the first: 1.png: cannot be unpacked (Bad CRC-32"
    )


def test_a_member_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = packed(
        tmp_path / "a.zip", {"0.png": bytes(1001), "1.png": bytes(1000)}, zipfile.ZIP_DEFLATED
    )
    monkeypatch.setattr(zip_members, "LARGEST_BYTES", 1000)
    monkeypatch.setattr(pictures, "LARGEST_BYTES", 1000)
    loader = MemberLoader(path, (), LOOK)
    with pytest.raises(BadPicture, match=r"^larger than 1,000 bytes$"):
        loader("0.png")
    with pytest.raises(BadPicture, match=r"^not a jpg"):
        loader("1.png")


def test_a_size_that_the_zip_lies_about(tmp_path: Path):
    path = packed(tmp_path / "a.zip", {"0.png": numbered(1) + bytes(5000)}, zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    where = content.index(b"PK\x01\x02") + 24
    content[where : where + 4] = (100).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(BadPicture, match="Bad CRC-32"):
        MemberLoader(path, (), LOOK)("0.png")


def test_a_zip_that_changed_is_read_again(tmp_path: Path):
    path = packed(tmp_path / "a.zip", FLAT)
    status = path.stat()
    assert numbers(read(path)) == [0, 1, 2, 3]
    packed(path, {**FLAT, "2.png": numbered(7)})
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert numbers(read(path)) == [0, 1, 3, 7]


def test_the_second_time_no_member_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = packed(tmp_path / "a.zip", CLASSES)
    first = read(path)
    monkeypatch.delattr(MemberLoader, "__call__")
    assert read(path).fingerprint == first.fingerprint


def test_nothing_is_unpacked(tmp_path: Path, cache: Path):
    read(packed(tmp_path / "a.zip", CLASSES))
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "cache"}
    assert {path.suffix for path in cache.rglob("*") if path.is_file()} == {".bin", ".npz", ".lock"}


def _all(loader: MemberLoader, names: list[str]) -> list[int]:
    return [int(loader(name)[0].pixels[0, 0, 0]) for name in names for _ in range(20)]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_open_the_zip_each_for_itself(tmp_path: Path, method: str):
    path = packed(tmp_path / "a.zip", {f"{number}.png": numbered(number) for number in range(50)})
    loader = pickle.loads(pickle.dumps(MemberLoader(path, (), LOOK)))
    names = [f"{number}.png" for number in range(50)]
    assert _all(loader, names[:1]) == [0] * 20  # open here before the fork
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
        halves = pool.map(_all, [loader] * 4, [names, names[::-1], names, names[::-1]])
        expected = [number for number in range(50) for _ in range(20)]
        assert list(halves) == [expected, expected[::-1], expected, expected[::-1]]
