"""Which files a folder holds, before any is opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.terminal import printable
from gan_cli.data.folder import Folder
from gan_cli.data.reading.listing import Listing, classes, read_file, required, walk
from gan_cli.data.reading.loading import FileLoader
from gan_cli.data.reading.pictures import BadPicture, look

from ..made_pictures import write


def test_files_of_nested_folders_in_order_without_hidden_ones(tmp_path: Path) -> None:
    names = ["b.png", "a/z.png", "a/b/deep.png", "B.png", "a.png", "é.png"]
    hidden = [".hidden.png", ".folder/a.png", "a/._z.png", ".DS_Store"]
    write(tmp_path, {name: name.encode() for name in [*names, *hidden]})
    os.utime(tmp_path / "b.png", ns=(1, 1_700_000_000_123_456_700))
    found = walk(tmp_path)
    assert found.names == ["B.png", "a.png", "a/b/deep.png", "a/z.png", "b.png", "é.png"]
    assert found.sizes == [5, 5, 12, 7, 5, 6]
    assert found.mtimes[4] == 1_700_000_000_123_456_700
    assert found.skipped == []


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "nothing" / "in it").mkdir(parents=True)
    assert walk(tmp_path) == Listing()


def test_a_pipe_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, {"a.png": b"1"})
    os.mkfifo(tmp_path / "b.png")
    found = walk(tmp_path)
    assert (found.names, found.skipped) == (["a.png"], [("b.png", "not a plain file")])


def test_a_pipe_that_took_the_place_of_a_file_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(BadPicture, match=r"^not a plain file$"):
        FileLoader(tmp_path, look(Folder()))("a.png")


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "gone.png").symlink_to("nothing")
    (tmp_path / "self.png").symlink_to("self.png")
    found = walk(tmp_path)
    assert found.names == []
    assert found.skipped == [
        ("gone.png", "a link that leads nowhere (No such file or directory)"),
        ("self.png", "a link that leads nowhere (Too many levels of symbolic links)"),
    ]


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    write(tmp_path, {"outside.png": b"12345", "root/a.png": b"1"})
    (tmp_path / "root" / "link.png").symlink_to(tmp_path / "outside.png")
    found = walk(tmp_path / "root")
    assert list(zip(found.names, found.sizes, strict=True)) == [("a.png", 1), ("link.png", 5)]


def test_a_link_to_a_folder_around_it_ends(tmp_path: Path) -> None:
    write(tmp_path, {"a.png": b"1", "b/c.png": b"1"})
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    (tmp_path / "b" / "own").symlink_to(".")
    found = walk(tmp_path)
    assert found.names == ["a.png", "b/c.png"]
    assert found.skipped == [
        (f"b/{name}", "a link to a folder that was read already") for name in ("loop", "own")
    ]


@pytest.mark.parametrize("names", [("link 1", "link 2"), ("link 2", "link 1")])
def test_a_folder_with_several_names_is_read_once_under_the_same_one(
    names: tuple[str, str], tmp_path: Path
) -> None:
    write(tmp_path, {"outside/a.png": b"1", "root/b.png": b"1"})
    for name in names:
        (tmp_path / "root" / name).symlink_to(tmp_path / "outside")
    found = walk(tmp_path / "root")
    assert found.names == ["b.png", "link 1/a.png"]
    assert found.skipped == [("link 2", "a link to a folder that was read already")]


def test_a_folder_goes_by_its_own_name_where_a_link_beside_it_comes_first(tmp_path: Path) -> None:
    (tmp_path / "a link").symlink_to("folder")
    write(tmp_path, {"folder/a.png": b"1"})
    assert walk(tmp_path).names == ["folder/a.png"]


@pytest.mark.parametrize("hidden", ["root", "root/secret\n"])
def test_a_folder_that_cannot_be_read_is_an_error(
    hidden: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"root/a.png": b"1", "root/secret\n/b.png": b"1"})
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path) == tmp_path / hidden:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DataError) as caught:
        walk(tmp_path / "root")
    assert (
        str(caught.value)
        == f"{printable(str(tmp_path / hidden))}: Permission denied; nothing in it can be read"
    )


def test_names_of_any_bytes_are_listed_and_shown_on_one_line(tmp_path: Path) -> None:
    for name in (b"\xff.png", b"two\nlines.png", b"tab\t.png", "ü 中.png".encode()):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"1")
    names = walk(tmp_path).names
    assert [os.fsencode(name) for name in names] == [
        b"tab\t.png",
        b"two\nlines.png",
        "ü 中.png".encode(),
        b"\xff.png",
    ]
    assert [printable(name) for name in names] == [
        "tab\\t.png",
        "two\\nlines.png",
        "ü 中.png",
        "\\udcff.png",
    ]
    assert printable("\x1b[31mred\x7f\u2028\u202e") == "\\x1b[31mred\\x7f\\u2028\\u202e"


def test_names_without_two_folders_have_no_classes() -> None:
    assert classes([]) == (None, [])
    assert classes(["a.png", "b.png"]) == (None, [])
    assert classes(["cat/a.png", "cat/deep/b.png"]) == (None, [])


def test_classes_are_the_first_folders_in_order() -> None:
    labels, names = classes(["Dog/a.png", "cat/1/a.png", "cat/2/b.png", "dog\n/a.png"])
    assert labels is not None
    assert (labels.tolist(), str(labels.dtype), names) == (
        [0, 1, 1, 2],
        "int64",
        ["Dog", "cat", "dog\\n"],
    )


def test_a_picture_beside_class_folders_is_an_error() -> None:
    with pytest.raises(DataError) as caught:
        classes(["a/1.png", "b/1.png", "c/1.png", "d/1.png", "loose\n.png"])
    assert (
        str(caught.value)
        == "loose\\n.png lies beside the class folders a, b, c; move it, or data.labels=false"
    )
    with pytest.raises(DataError, match=r"^1\.png lies beside the class folders a; "):
        classes(["1.png", "a/1.png"])


def test_classes_of_a_test_split_have_the_numbers_of_training() -> None:
    labels, names = classes(["dog/1.png", "dog/2.png"], ["cat", "dog"])
    assert labels is not None
    assert (labels.tolist(), names) == ([1, 1], ["cat", "dog"])
    assert classes(["dog/1.png", "eel/2.png"], []) == (None, [])
    with pytest.raises(DataError) as caught:
        classes(["dog/1.png", "eel/2.png"], ["cat", "dog"])
    assert (
        str(caught.value)
        == "class eel of the test pictures is none of the training pictures (cat, dog)"
    )
    with pytest.raises(DataError, match=r"^2\.png lies beside the class folders cat, dog; "):
        classes(["dog/1.png", "2.png"], ["cat", "dog"])


def test_a_path_is_required(tmp_path: Path) -> None:
    assert required(str(tmp_path), "folder", "a folder") == tmp_path
    for nothing in (None, ""):
        with pytest.raises(ConfigError) as caught:
            required(nothing, "folder", "a folder of pictures")
        assert str(caught.value) == "data=folder needs data.path=, a folder of pictures"


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    missing = "no such file or folder"
    for path, why in [("nothing", missing), ("loop", missing), ("x" * 300, "File name too long")]:
        with pytest.raises(DataError) as caught:
            required(f"{tmp_path}/{path}", "folder", "a folder")
        assert str(caught.value) == f"data.path={tmp_path}/{path}: {why}"
    with pytest.raises(DataError, match=r"^data\.path=~nobody-of-that-name/x: "):
        required("~nobody-of-that-name/x", "folder", "a folder")


def test_the_home_folder_may_be_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert required("~", "folder", "a folder") == tmp_path


def test_a_file_up_to_a_size(tmp_path: Path) -> None:
    write(tmp_path, {"a": b"12345"})
    assert read_file(tmp_path / "a", 5) == b"12345"
    with pytest.raises(ValueError, match=r"^larger than 4 bytes$"):
        read_file(tmp_path / "a", 4)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "b", 4)
