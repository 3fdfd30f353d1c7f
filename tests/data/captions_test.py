"""Captions of pictures: where they come from, and how they travel."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gan_cli import data
from gan_cli.base.captions import texts
from gan_cli.base.errors import DataError
from gan_cli.data.csv import Csv
from gan_cli.data.digits import Digits
from gan_cli.data.folder import Folder
from gan_cli.data.pipeline.feed import DeviceFeed, StreamFeed
from gan_cli.data.reading.captions import captioned, fitting
from gan_cli.data.reading.source import Source
from gan_cli.data.zip import Zip

from .made_pictures import BLUE, RED, encoded, plain

PICTURES = {"a.png": "A red picture.", "sub/b.png": "the BLUE one"}


def fill(folder: Path) -> None:
    """Two pictures, of which one lies deeper."""
    (folder / "sub").mkdir(parents=True)
    (folder / "a.png").write_bytes(encoded(plain(RED)))
    (folder / "sub" / "b.png").write_bytes(encoded(plain(BLUE)))


def lines(*entries: dict[str, object]) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in entries)


def said(source: Source) -> list[list[str]]:
    """Of each picture its captions, by its words."""
    assert source.captions is not None
    return [[text for text in texts(each, source.vocabulary) if text] for each in source.captions]


METADATA = lines(
    {"file_name": "a.png", "text": ["A red picture.", "red"]},
    {"file_name": "sub/b.png", "text": "the BLUE one", "other": 3},
)
EXPECTED = [["a red picture", "red"], ["the blue one"]]


def test_metadata_of_a_folder(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "metadata.jsonl").write_text(METADATA)
    source = data.load(Folder(path=str(tmp_path), size=8, test_share=0, labels=False))
    assert said(source) == EXPECTED
    assert source.vocabulary == ["a", "blue", "one", "picture", "red", "the"]
    assert source.spec.vocabulary == source.vocabulary
    assert source.spec.caption_length == 3
    assert set(source.spec.captions) == {"a red picture", "red", "the blue one"}
    assert not source.skipped
    assert source.captions is not None
    assert source.captions.dtype == np.int32
    np.testing.assert_array_equal(source.captions[1], [[6, 2, 3], [0, 0, 0]])


def test_text_files_beside_pictures(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "README.txt").write_text("of no picture")
    (tmp_path / "a.txt").write_text("A red picture.\n\nred\n")
    (tmp_path / "sub" / "b.txt").write_text("the BLUE one")
    options = Folder(path=str(tmp_path), size=8, test_share=0, labels=False)
    assert said(data.load(options)) == EXPECTED
    (tmp_path / "a.txt").unlink()
    with pytest.raises(DataError, match=r"no caption of 1 pictures, the first: a\.png"):
        data.load(options)
    (tmp_path / "sub" / "b.txt").unlink()
    assert data.load(options).captions is None


def test_a_column_of_a_csv(tmp_path: Path) -> None:
    fill(tmp_path)
    rows = "".join(f"{name},{text}\n" for name, text in PICTURES.items())
    path = tmp_path / "list.csv"
    path.write_text(f"path,captions\n{rows}")
    options = {"path": str(path), "size": 8, "test_share": 0, "label_column": None}
    assert said(data.load(Csv(**options))) == [["a red picture"], ["the blue one"]]
    path.write_text(f"path,words\n{rows}")
    assert data.load(Csv(**options)).captions is None
    found = data.load(Csv(**options, caption_column="words"))
    assert said(found) == [["a red picture"], ["the blue one"]]
    with pytest.raises(DataError, match=r"no column 'said' .* data\.caption_column=NAME"):
        data.load(Csv(**options, caption_column="said"))


def test_metadata_of_a_zip(tmp_path: Path) -> None:
    fill(tmp_path / "in")
    path = tmp_path / "pictures.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in PICTURES:
            archive.write(tmp_path / "in" / name, f"top/{name}")
        archive.writestr("top/metadata.jsonl", METADATA)
    assert said(data.load(Zip(path=str(path), size=8, test_share=0, labels=False))) == EXPECTED


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("{}\n", "line 1 is no"),
        (lines({"file_name": "a.png", "text": "red"}) + "nonsense\n", "line 2 is no"),
        (lines({"file_name": "a.png", "text": 3}), "line 1 is no"),
        (lines({"file_name": "a.png", "text": "red"}), r"the first: sub/b\.png"),
        (lines({"file_name": "a.png", "text": "!"}), r"2 pictures, the first: a\.png"),
    ],
)
def test_metadata_that_does_not_fit(tmp_path: Path, content: str, line: str) -> None:
    fill(tmp_path)
    (tmp_path / "metadata.jsonl").write_text(content)
    with pytest.raises(DataError, match=line):
        data.load(Folder(path=str(tmp_path), size=8, test_share=0, labels=False))


def test_metadata_without_texts_gives_no_captions(tmp_path: Path) -> None:
    fill(tmp_path)
    entries = [{"file_name": name, "id": 1} for name in PICTURES]
    (tmp_path / "metadata.jsonl").write_text(lines(*entries))
    options = Folder(path=str(tmp_path), size=8, test_share=0, labels=False)
    assert data.load(options).captions is None


def test_classes_are_captions_where_a_model_wants_some() -> None:
    digits = data.load(Digits())
    assert digits.captions is None
    found = fitting(digits, wanted=True)
    assert digits.labels is not None
    names = ["a zero", "a one", "a two", "a three", "a four", "a five", "a six", "a seven"]
    expected = [[[*names, "an eight", "a nine"][label]] for label in digits.labels.tolist()]
    assert said(found) == expected
    assert fitting(found, wanted=False).fingerprint == digits.fingerprint != found.fingerprint
    named = Source(np.zeros((2, 8, 8, 1), np.uint8), np.array([1, 0]), ["air_plane", "T-shirt/top"])
    assert said(fitting(named, wanted=True)) == [["a t shirt top"], ["an air plane"]]


def several(count: int = 6) -> Source:
    """Pictures of their own number, the even ones with two captions, the others with one."""
    pixels = np.arange(count, dtype=np.uint8)[:, None, None, None].repeat(8, 1).repeat(8, 2)
    captions = [[f"n{row}", f"m{row}"] if row % 2 == 0 else [f"n{row}"] for row in range(count)]
    return captioned(Source(pixels), captions)


def test_one_caption_of_each_picture_is_drawn_and_stays_with_it() -> None:
    source = several()
    feeds = [kind(source, 3, 7) for kind in (DeviceFeed, StreamFeed)]
    seen: dict[int, set[str]] = {}
    for position in range(40):
        resident, streamed = (feed.batch(tf.constant(position, tf.int64)) for feed in feeds)
        assert resident["captions"].dtype == tf.int32
        np.testing.assert_array_equal(resident["captions"], streamed["captions"])
        np.testing.assert_array_equal(resident["images"], streamed["images"])
        numbers = np.rint((resident["images"].numpy()[:, 0, 0, 0] + 1) * 127.5).astype(int)
        words = texts(resident["captions"].numpy(), source.vocabulary)
        for number, word in zip(numbers.tolist(), words, strict=True):
            seen.setdefault(number, set()).add(word)
    assert seen == {
        row: {f"n{row}", f"m{row}"} if row % 2 == 0 else {f"n{row}"} for row in range(6)
    }


def test_captions_change_no_order_and_follow_what_is_taken() -> None:
    source = several()
    plain_source = source.without_captions()
    for position in range(4):
        with_them, without = (
            DeviceFeed(each, 3, 7).batch(tf.constant(position, tf.int64))
            for each in (source, plain_source)
        )
        np.testing.assert_array_equal(with_them["images"], without["images"])
        assert "captions" not in without
    taken = source.take(np.array([4, 1]))
    assert said(taken) == [["n4", "m4"], ["n1"]]
    assert taken.vocabulary == source.vocabulary
