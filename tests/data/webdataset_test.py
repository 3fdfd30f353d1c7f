"""data=webdataset: samples in tars, their classes and captions, tars made to do harm, and one line
for each that does not fit.
"""

from __future__ import annotations

import gzip
import json
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest

from gan_cli.base.captions import texts
from gan_cli.base.errors import ConfigError, DataError
from gan_cli.data import load
from gan_cli.data.reading.source import Source
from gan_cli.data.webdataset import WebDataset

from .made_pictures import numbered
from .made_tars import END, FORMATS, entry, extended, packed

CLASSES = ["cat", "dog", "eel"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def samples(numbers: range, **told: str) -> dict[str, bytes | str]:
    """Pictures and what is beside each: an ending -> its text, in which {0} is the number and {1}
    its class.
    """
    return {
        f"{number:04}.{ending}": text
        for number in numbers
        for ending, text in {
            "png": numbered(number),
            **{end: each.format(number, CLASSES[number % 3]) for end, each in told.items()},
        }.items()
    }


def read(path: Path | str, split: str = "train", **options: object) -> Source:
    given = {"path": str(path), "size": 8, "test_share": 0.0, **options}
    return load(WebDataset(**given), split)


def refusal(path: Path | str, split: str = "train", **options: object) -> str:
    """The message, one line."""
    with pytest.raises(DataError) as caught:
        read(path, split, **options)
    assert str(caught.value).isprintable()
    return str(caught.value)


def numbers(source: Source) -> list[int]:
    return source.images[:][:, 0, 0, 0].tolist()


def known(source: Source) -> dict[int, str]:
    """Number of the picture -> its class."""
    assert source.labels is not None
    return {
        number: source.class_names[label]
        for number, label in zip(numbers(source), source.labels, strict=True)
    }


def shards(folder: Path, **told: str) -> Path:
    for start in (0, 4, 8):
        packed(folder / f"{start}.tar", samples(range(start, min(start + 4, 10)), **told))
    return folder


@pytest.mark.parametrize("decode", ["ahead", "on_the_fly"])
@pytest.mark.parametrize("pattern", ["a", "a/*.tar", "*/[0-9].tar"])
def test_tars_in_order_with_their_classes(tmp_path: Path, pattern: str, decode: str) -> None:
    shards(tmp_path / "a", cls="{1}")
    packed(tmp_path / "other.tar", samples(range(20, 22), cls="cow"))
    source = read(tmp_path / pattern, decode=decode)
    assert numbers(source) == list(range(10))
    assert known(source) == {number: CLASSES[number % 3] for number in range(10)}
    assert source.class_names == CLASSES
    assert (source.images.shape, source.on_the_fly) == ((10, 8, 8, 3), decode == "on_the_fly")
    assert source.names[4].startswith("4.tar:512:")
    assert source.names[4].endswith(":0004.png")
    assert list(tmp_path.rglob("*.png")) == []


@pytest.mark.parametrize("form", FORMATS)
def test_forms_of_tar_and_long_names(tmp_path: Path, form: str) -> None:
    long = "folder " * 12 + "/" + "ü" * 40
    files = {
        f"{long}{number}.{end}": content
        for number in range(3)
        for end, content in (("png", numbered(number)), ("cls", str(7 - number)))
    }
    source = read(packed(tmp_path / "a.tar", files, form))
    assert known(source) == {0: "7", 1: "6", 2: "5"}
    assert source.class_names == ["5", "6", "7"]
    assert source.names[2].endswith(f":{long}2.png")


def test_what_gnu_tar_writes(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, content in samples(range(3), cls="{1}").items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert os.system(f"tar --sort=name -C {folder} -cf {tmp_path / 'a.tar'} .") == 0
    assert known(read(tmp_path / "a.tar")) == {0: "cat", 1: "dog", 2: "eel"}


def test_classes_and_captions_in_json(tmp_path: Path) -> None:
    told = '{{"kind": "{1}", "size": {0}, "text": ["number {0}", "a {1}"]}}'
    path = packed(tmp_path / "a.tar", samples(range(3), json=told))
    source = read(path, label="kind")
    assert known(source) == {0: "cat", 1: "dog", 2: "eel"}
    assert texts(source.captions[1], source.vocabulary) == ["number 1", "a dog"]
    assert known(read(path, label="size")) == {0: "0", 1: "1", 2: "2"}
    assert read(path).labels is None
    assert read(path, label=False).labels is None
    assert refusal(path, label="sort") == (
        f"data.path={path}: no class (sort) of 3 of 3 pictures, the first: "
        f"{source.names[0]}; data.label=NAME takes it from elsewhere, data.label=false is without "
        "labels"
    )


def test_names_of_classes_are_one_line_each(tmp_path: Path) -> None:
    told = ['"a\\nb"', '"\\ud800"', '"\\u0000"', "7", "true"]
    files = {
        name: content
        for number, value in enumerate(told)
        for name, content in samples(
            range(number, number + 1), json=f'{{{{"k": {value}}}}}'
        ).items()
    }
    path = packed(tmp_path / "a.tar", files)
    assert "no class (k) of 1 of 5 pictures, the first: a.tar:" in refusal(path, label="k")
    del files["0004.json"], files["0004.png"]
    source = read(packed(path, files), label="k")
    assert sorted(source.class_names) == ["7", "\\ud800", "\\x00", "a\\nb"]


def test_captions_in_text_files(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.tar", samples(range(3), txt="a {1}\n\nnumber {0}\n"))
    source = read(path)
    assert texts(source.captions[2], source.vocabulary) == ["a eel", "number 2"]
    some = {**samples(range(3), txt="a {1}"), **samples(range(3, 4))}
    assert "no caption of 1 pictures, the first: a.tar:" in refusal(
        packed(tmp_path / "some" / "a.tar", some)
    )


def test_a_test_split_of_its_own_has_the_classes_of_training(tmp_path: Path) -> None:
    train = packed(tmp_path / "train.tar", samples(range(6), cls="{1}"))
    test = packed(tmp_path / "test.tar", samples(range(7, 9), cls="{1}"))
    source = read(train, "test", test_path=str(test))
    assert known(source) == {7: "dog", 8: "eel"}
    assert source.class_names == CLASSES
    assert numbers(read(train, test_path=str(test), test_share=0.5)) == list(range(6))
    strange = packed(tmp_path / "strange.tar", samples(range(7, 9), cls="cow"))
    assert refusal(train, "test", test_path=str(strange)) == (
        f"data.test_path={strange}: class cow is none of the training pictures (cat, dog, eel)"
    )


def test_a_share_is_held_out_by_the_pictures_bytes(tmp_path: Path) -> None:
    """Equal pictures of several tars are on one side."""
    for name in ("a", "b"):
        packed(tmp_path / f"{name}.tar", samples(range(20)))
    train, test = (set(numbers(read(tmp_path, each, test_share=0.5))) for each in ("train", "test"))
    assert train | test == set(range(20))
    assert not train & test
    assert 1 <= len(test) <= 19


def test_the_second_time_headers_are_not_read(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shards(tmp_path / "a", cls="{1}")
    first = read(path)
    monkeypatch.setattr(tarfile.TarInfo, "frombuf", None)
    assert read(path).fingerprint == first.fingerprint
    status = (path / "4.tar").stat()
    os.utime(path / "4.tar", ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    with pytest.raises(TypeError):
        read(path)


def test_shards_that_change_are_other_data(tmp_path: Path) -> None:
    path = shards(tmp_path / "a")
    first = {decode: read(path, decode=decode).fingerprint for decode in ("ahead", "on_the_fly")}
    assert first["ahead"] == first["on_the_fly"]
    packed(path / "4.tar", samples(range(104, 108)))
    assert {read(path, decode=each).fingerprint for each in first} != set(first.values())
    assert numbers(read(path, decode="on_the_fly"))[3:6] == [3, 104, 105]
    packed(path / "4.tar", samples(range(4, 8)))
    assert read(path).fingerprint == first["ahead"]
    (path / "8.tar").rename(path / "3.tar")  # another order
    assert read(path).fingerprint != first["ahead"]


def test_samples_without_a_picture_and_broken_pictures(tmp_path: Path) -> None:
    files = {**samples(range(9)), "words.txt": "a", ".hidden.png": b"?", "0009.png": b"broken"}
    path = packed(tmp_path / "a.tar", files)
    source = read(path, max_bad_fraction=0.1, decode="on_the_fly")
    assert numbers(source) == list(range(9))
    assert [each.reason for each in source.skipped] == ["not a jpg, png, bmp, gif, webp or tiff"]
    assert "1 of 10 files cannot be read, the first: a.tar:" in refusal(path)


# Tars made to do harm


def test_names_that_lead_out_lead_nowhere(tmp_path: Path) -> None:
    """They name no file: where bytes lie is what is read."""
    names = ["/etc/passwd.png", "../../up.png", "a/../../../b.png", "C:\\x.png", "x:9:9:.png"]
    whole = b"".join(entry(name, numbered(each)) for each, name in enumerate(names))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "a.tar").write_bytes(whole + END)
    before = sorted(tmp_path.iterdir())
    for decode in ("ahead", "on_the_fly"):
        assert numbers(read(tmp_path / "a", decode=decode)) == list(range(len(names)))
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "cache"])


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, b"S"],
)
def test_links_devices_and_sparse_files_are_left_out(tmp_path: Path, kind: bytes) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(numbered(99))
    bad = entry("bad.png", kind=kind, linkname=str(secret))
    (tmp_path / "a.tar").write_bytes(bad + entry("0.png", numbered(1)) + END)
    assert numbers(read(tmp_path / "a.tar")) == [1]


def test_a_sparse_file_in_pax_headers_is_left_out(tmp_path: Path) -> None:
    sparse = extended(GNU_sparse_major="1", GNU_sparse_realsize="9999999999")
    whole = sparse + entry("0.png", numbered(0)) + entry("1.png", numbered(1)) + END
    (tmp_path / "a.tar").write_bytes(whole)
    assert numbers(read(tmp_path / "a.tar")) == [1]


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_an_extended_header_may_not_be_large(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(entry("x", b"9" * 70_000, kind) + entry("0.png", numbered(0)) + END)
    assert refusal(path) == f"{path}: holds a header of 70,000 bytes, more than 65,536"


@pytest.mark.parametrize("size", [10**6, 8**12, -512, -(10**9)])
def test_sizes_beyond_the_file(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.tar"
    good = entry("0.png", numbered(0))
    path.write_bytes(good + entry("1.png", size=size) + END)
    assert refusal(path) == f"{path}: damaged or cut off at byte {len(good):,}"


@pytest.mark.parametrize("size", ["-1", "9" * 30, "9" * 400, "1e3", "", "٣"])
def test_sizes_in_pax_headers(tmp_path: Path, size: str) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(extended(size=size) + entry("0.png", numbered(0)) + END)
    assert "a.tar: damaged or cut off at byte 1,024" in refusal(path)


@pytest.mark.parametrize("content", [b"0 a=b\n", b"999", b"a", b"5 abc\n", b"12345678 a=b\n"])
def test_a_damaged_pax_header(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(entry("x", content, tarfile.XHDTYPE) + entry("0.png", numbered(0)) + END)
    assert refusal(path) == f"{path}: holds a damaged header"


def test_a_picture_that_claims_to_be_huge(tmp_path: Path) -> None:
    from .made_pictures import png

    bomb = png(100_000, 100_000, 8, 0, b"\0")
    path = packed(tmp_path / "a.tar", {**samples(range(3)), "9999.png": bomb})
    source = read(path, max_bad_fraction=0.5, decode="on_the_fly")
    assert numbers(source) == [0, 1, 2]
    assert "more than 50 megapixels" in source.skipped[0].reason


# Tars that do not fit, in one line each


def test_damaged_and_cut_off(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.tar", samples(range(4)))
    whole = path.read_bytes()
    path.write_bytes(whole[:1500])
    assert refusal(path).startswith(f"{path}: damaged or cut off at byte 1,024")
    path.write_bytes(whole[:1024])
    assert refusal(path).startswith(f"{path}: damaged or cut off at byte 1,024")
    path.write_bytes(whole[:1024] + b"#" * 512 + whole[1536:])
    assert refusal(path).startswith(f"{path}: damaged or cut off at byte 1,024")
    path.write_bytes(b"")
    assert refusal(path).startswith(f"{path}: no tar")
    path.write_bytes(numbered(0) * 20)
    assert refusal(path).startswith(f"{path}: no tar")
    path.write_bytes(END)
    assert refusal(path) == f"{path}: holds no picture (0001.jpg, and beside it 0001.cls)"
    path.write_bytes(gzip.compress(whole))
    assert refusal(path) == (
        f"{path}: is compressed (gzip), so that no single picture can be read; make it a plain "
        "tar: gunzip FILE"
    )


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"0000.json": "{"}, "0000.json is no JSON; correct it"),
        ({"0000.json": "[" * 60_000}, "0000.json is no JSON; correct it"),
        ({"0000.cls": b"\xff"}, "0000.cls is no UTF-8 text; save it in UTF-8"),
        ({"0000.txt": "a" * 65_537}, "0000.txt is larger than 65,536 bytes"),
    ],
)
def test_files_beside_pictures_that_cannot_be_read(
    tmp_path: Path, told: dict[str, bytes | str], reason: str
) -> None:
    path = packed(tmp_path / "a.tar", {**samples(range(1)), **told})
    assert refusal(path) == f"{path}: {reason}"


def test_nothing_there(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "*.tar", tmp_path / "none.tar"):
        assert refusal(path) == (
            f"data.path={path}: no tar is there; give a tar, a folder of tars, or a pattern: "
            "data.path='shards/*.tar'"
        )
    with pytest.raises(ConfigError) as caught:
        load(WebDataset())
    assert str(caught.value) == ("data=webdataset needs data.path=, tars: data.path='shards/*.tar'")


def test_braces_name_shards(tmp_path: Path) -> None:
    for place in range(9, 12):
        packed(tmp_path / f"part {place:03d}.tar", samples(range(place, place + 1)))
    assert numbers(read(tmp_path / "part {009..011}.tar")) == [9, 10, 11]
    assert numbers(read(tmp_path / "{part 01{0,1},part 009}.tar")) == [9, 10, 11]
    assert numbers(read(tmp_path / "p* {009,01?}.tar")) == [9, 10, 11]
    packed(tmp_path / "{a}.tar", samples(range(1)))
    assert numbers(read(tmp_path / "{a}.tar")) == [0]  # its name
    path = tmp_path / "part {009..099}.tar"
    assert refusal(path) == (
        f"data.path={path}: 88 of 91 are missing, the first: {tmp_path}/part 012.tar"
    )
    path = tmp_path / "none {1..3}.tar"
    assert refusal(path).startswith(f"data.path={path}: no tar is there")
    assert "exceeded the limit" in refusal(tmp_path / "{1..9999999}.tar")


def test_a_folder_of_compressed_tars_says_what_to_do(tmp_path: Path) -> None:
    whole = packed(tmp_path / "a.tar", samples(range(2)))
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(whole.read_bytes()))
    assert numbers(read(tmp_path)) == [0, 1]
    whole.unlink()
    assert refusal(tmp_path).endswith("make it a plain tar: gunzip FILE")


def test_json_that_is_no_object_tells_nothing(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.tar", samples(range(2), json=json.dumps([1])))
    source = read(path)
    assert (source.labels, source.captions) == (None, None)
    np.testing.assert_array_equal(source.images[:][:, 0, 0], [[0, 0, 9], [1, 0, 9]])
