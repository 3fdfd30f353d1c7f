"""Pictures that are decoded once: what is kept, what is decoded anew, and what a kill or a full
disk leaves.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from gan_cli.base.errors import DataError
from gan_cli.data.reading import building
from gan_cli.data.reading.building import Recipe
from gan_cli.data.reading.cache import Stored, directory, stored
from gan_cli.data.reading.listing import walk
from gan_cli.data.reading.loading import FileLoader
from gan_cli.data.reading.options import Decode
from gan_cli.data.reading.pictures import Decoded, Look
from gan_cli.data.reading.records import IMAGES, INDEX, Index

from ..made_pictures import RED, encoded, numbered, plain, write


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of all caches."""
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures 0 to 3, and one that is broken."""
    return write(
        tmp_path / "pictures",
        {"broken.png": b"?", **{f"{number}.png": numbered(number) for number in range(4)}},
    )


class Counting:
    """A loader that remembers what it decoded, and fails at one name."""

    def __init__(self, loader: FileLoader, fails_at: str = "") -> None:
        self.loader, self.fails_at, self.names = loader, fails_at, []

    def __call__(self, name: str) -> tuple[Decoded, bytes]:
        self.names.append(name)
        if name == self.fails_at:
            raise KeyboardInterrupt
        return self.loader(name)


def kept(
    folder: Path,
    size: tuple[int, int] | None = (8, 8),
    fails_at: str = "",
    decode: Decode = "ahead",
) -> tuple[Stored, list[str]]:
    """The pictures of a folder, and the names of those that were decoded for it."""
    wanted = Look(size, "crop", "auto", (255, 255, 255))
    loader = Counting(FileLoader(folder, wanted), fails_at)
    row_shape = (*size, 3) if size else None
    how = Recipe(loader, row_shape, True, repr(wanted), decode=decode)
    return stored(folder, walk(folder), how), loader.names


def levels(found: Stored) -> dict[str, list[int]]:
    """Name -> its one colour, checked to be one."""
    pixels = found.images[:]
    assert (pixels == pixels[:, :1, :1]).all()
    return dict(zip(found.names, pixels[:, 0, 0].tolist(), strict=True))


ALL = {f"{number}.png": [number, 0, 9] for number in range(4)}


def test_the_second_time_nothing_is_decoded(folder: Path, cache: Path) -> None:
    first, decoded = kept(folder)
    assert sorted(decoded) == ["0.png", "1.png", "2.png", "3.png", "broken.png"]
    again, decoded = kept(folder)
    assert decoded == []
    for found in (first, again):
        assert levels(found) == ALL
        assert found.images.shape == (4, 8, 8, 3)
        assert found.shapes.tolist() == [[8, 8]] * 4
        assert found.skipped == [("broken.png", "not a jpg, png, bmp, gif, webp or tiff")]
    assert np.array_equal(first.hashes, again.hashes)
    assert len(np.unique(first.hashes, axis=0)) == 4
    (built,) = [path for path in cache.iterdir() if path.is_dir()]
    assert built.name.startswith("pictures-")
    assert sorted(path.name for path in built.iterdir()) == [IMAGES, INDEX]
    assert (built / IMAGES).stat().st_size == 5 * 8 * 8 * 3


def test_rows_are_read_by_slice_and_by_number(folder: Path) -> None:
    images = kept(folder)[0].images
    assert len(images) == 4
    assert images[1:3][:, 0, 0, 0].tolist() == [1, 2]
    assert images[np.array([3, 0, 3])][:, 7, 7, 0].tolist() == [3, 0, 3]
    assert images[np.array([], np.int64)].shape == (0, 8, 8, 3)


def test_only_new_and_changed_files_are_decoded(folder: Path) -> None:
    kept(folder)
    write(folder, {"00.png": numbered(50)})
    found, decoded = kept(folder)
    assert sorted(decoded) == ["00.png", "broken.png"]
    assert levels(found) == {**ALL, "00.png": [50, 0, 9]}
    write(folder, {"1.png": numbered(51, size=16)})
    found, decoded = kept(folder)
    assert sorted(decoded) == ["1.png", "broken.png"]
    assert levels(found) == {**ALL, "00.png": [50, 0, 9], "1.png": [51, 0, 9]}
    os.utime(folder / "2.png", ns=(0, 5))
    assert sorted(kept(folder)[1]) == ["2.png", "broken.png"]
    (folder / "3.png").unlink()
    (folder / "broken.png").unlink()
    found, decoded = kept(folder)
    assert decoded == []
    assert levels(found) == {
        "0.png": [0, 0, 9],
        "00.png": [50, 0, 9],
        "1.png": [51, 0, 9],
        "2.png": [2, 0, 9],
    }
    assert found.skipped == []
    (folder / "0.png").rename(folder / "zero.png")
    found, decoded = kept(folder)
    assert decoded == ["zero.png"]
    assert list(levels(found)) == ["00.png", "1.png", "2.png", "zero.png"]


def test_grey_pictures_are_kept_with_one_channel(tmp_path: Path, cache: Path) -> None:
    folder = write(
        tmp_path / "pictures",
        {f"{level}.png": numbered(level, grey=True) for level in (10, 20, 30)},
    )
    found, _ = kept(folder)
    assert found.images.shape == (3, 8, 8, 1)
    assert levels(found) == {"10.png": [10], "20.png": [20], "30.png": [30]}
    assert sorted(path.stat().st_size for path in cache.glob("*/images*")) == [3 * 64]


def test_a_colour_picture_among_grey_ones_turns_all_to_three_channels_and_back(
    tmp_path: Path,
) -> None:
    folder = write(
        tmp_path / "pictures", {f"{level}.png": numbered(level, grey=True) for level in (10, 20)}
    )
    kept(folder)
    write(folder, {"1.png": encoded(plain(RED))})
    found, decoded = kept(folder)
    assert decoded == ["1.png"]
    assert levels(found) == {"1.png": [255, 0, 0], "10.png": [10] * 3, "20.png": [20] * 3}
    write(folder, {"2.png": numbered(2, grey=True)})
    found, decoded = kept(folder)
    assert decoded == ["2.png"]
    assert levels(found) == {
        "1.png": [255, 0, 0],
        "10.png": [10] * 3,
        "2.png": [2] * 3,
        "20.png": [20] * 3,
    }
    (folder / "1.png").unlink()
    found, decoded = kept(folder)
    assert decoded == []
    assert levels(found) == {"10.png": [10], "2.png": [2], "20.png": [20]}


def test_many_rows_are_copied_and_narrowed_in_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "ROWS", 2)
    folder = write(
        tmp_path / "pictures", {f"{level}.png": numbered(level, grey=True) for level in range(7)}
    )
    expected = {f"{level}.png": [level] for level in range(7)}
    assert levels(kept(folder)[0]) == expected
    write(folder, {"9.png": numbered(9, grey=True)})
    assert levels(kept(folder)[0]) == {**expected, "9.png": [9]}


def test_a_build_that_was_stopped_leaves_nothing(folder: Path, cache: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        kept(folder, fails_at="2.png")
    assert [path.name for path in cache.iterdir() if path.suffix != ".lock"] == []
    assert levels(kept(folder)[0]) == ALL


def test_a_stopped_update_leaves_the_cache_before_it(folder: Path) -> None:
    kept(folder)
    write(folder, {"new.png": numbered(9)})
    with pytest.raises(KeyboardInterrupt):
        kept(folder, fails_at="new.png")
    (folder / "new.png").unlink()
    assert kept(folder)[1] == []


def test_what_a_killed_build_left_is_replaced(folder: Path, cache: Path) -> None:
    kept(folder)
    (built,) = cache.glob("pictures-*")
    built.rename(cache / f".{built.name}.tmp")
    (cache / f".{built.name}.tmp" / INDEX).unlink()
    found, decoded = kept(folder)
    assert (levels(found), len(decoded)) == (ALL, 5)
    assert [path.name for path in cache.iterdir() if path.is_dir()] == [built.name]


def _cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


@pytest.mark.parametrize(
    "harm",
    [
        lambda built: _cut(built / IMAGES, 100),
        lambda built: (built / IMAGES).unlink(),
        lambda built: (built / INDEX).unlink(),
        lambda built: _cut(built / INDEX, 0),
        lambda built: _cut(built / INDEX, 30),
        lambda built: _cut(built / INDEX, 1500),
        lambda built: (built / INDEX).write_bytes(b"not an npz"),
        lambda built: np.savez(built / INDEX, names=np.zeros(3)),
        lambda built: np.savez(
            built / INDEX, **{name: np.zeros(()) for name in Index.__dataclass_fields__}
        ),
        lambda built: np.savez(built / INDEX, names=np.array([{}])),
        lambda built: [shutil.rmtree(built), built.write_bytes(b"a file")],
    ],
)
def test_a_damaged_cache_is_made_anew(harm: object, folder: Path, cache: Path) -> None:
    kept(folder)
    (built,) = cache.glob("pictures-*")
    harm(built)
    found, decoded = kept(folder)
    assert (levels(found), len(decoded)) == (ALL, 5)
    assert kept(folder)[1] == []


def test_rows_that_vanish_during_a_run_are_an_error(folder: Path, cache: Path) -> None:
    found, _ = kept(folder)
    (images,) = cache.glob("*/images.bin")
    os.truncate(images, 3 * 192)
    assert found.images[:3].shape == (3, 8, 8, 3)
    with pytest.raises(DataError) as caught:
        found.images[:]
    assert str(caught.value) == f"{images}: cut off; remove this file, and it is made again"


def _zeroed(cache: Path) -> Path:
    """images.bin overwritten with zeros of the same size."""
    (images,) = cache.glob("*/images.bin")
    size = images.stat().st_size
    images.write_bytes(bytes(size))
    return images


def test_rows_that_were_overwritten_are_decoded_again_with_a_word(
    folder: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept(folder)
    whole = (images := next(cache.glob("*/images.bin"))).read_bytes()
    assert _zeroed(cache) == images
    found, decoded = kept(folder)
    assert (levels(found), decoded) == (ALL, ["0.png", "1.png", "2.png", "3.png"])
    line = f"DAMAGED {images}: not what was decoded; its pictures are decoded again\n"
    assert capsys.readouterr().err == line
    assert images.read_bytes() == whole
    assert (levels(found), levels(kept(folder)[0])) == (ALL, ALL)
    assert capsys.readouterr().err == ""


def test_one_flipped_bit_costs_one_picture(
    folder: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept(folder)
    (images,) = cache.glob("*/images.bin")
    content = bytearray(images.read_bytes())
    content[2 * 192 + 5] ^= 1
    images.write_bytes(content)
    found, decoded = kept(folder)
    found.images[np.array([0, 1, 3])]
    assert (decoded, capsys.readouterr().err) == ([], "")
    assert (levels(found), decoded) == (ALL, ["2.png"])


def test_damaged_rows_of_grey_pictures_are_decoded_to_one_channel(
    tmp_path: Path, cache: Path
) -> None:
    folder = write(
        tmp_path / "pictures",
        {f"{level}.png": numbered(level, grey=True) for level in (10, 20, 30)},
    )
    kept(folder)
    _zeroed(cache)
    assert levels(kept(folder)[0]) == {"10.png": [10], "20.png": [20], "30.png": [30]}


def test_damaged_rows_are_not_taken_over_into_a_new_cache(folder: Path, cache: Path) -> None:
    kept(folder)
    _zeroed(cache)
    write(folder, {"4.png": numbered(4)})
    found, decoded = kept(folder)
    assert sorted(decoded) == ["0.png", "1.png", "2.png", "3.png", "4.png", "broken.png"]
    assert levels(found) == {**ALL, "4.png": [4, 0, 9]}


def test_damaged_rows_of_pictures_that_changed_meanwhile_are_an_error(
    folder: Path, cache: Path
) -> None:
    kept(folder)
    images, found = _zeroed(cache), kept(folder)[0]
    write(folder, {"0.png": numbered(77)})
    with pytest.raises(DataError) as caught:
        found.images[:1]
    assert str(caught.value) == (
        f"{images}: damaged, and the pictures have changed; remove this file, and it is made again"
    )


def test_no_room(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=5 * 192 - 1))
    with pytest.raises(DataError) as caught:
        kept(folder)
    assert str(caught.value) == (
        f"{cache}: the decoded pictures take 0.0 GB, 0.0 GB are free; "
        "data.decode=on_the_fly needs none, GAN_CACHE_DIR=FOLDER takes another disk"
    )
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=5 * 192))
    assert levels(kept(folder)[0]) == ALL


def test_a_disk_that_fills_up_meanwhile(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(building, "scan", full)
    with pytest.raises(DataError) as caught:
        kept(folder)
    assert str(caught.value) == (
        f"{cache}: No space left on device; GAN_CACHE_DIR=FOLDER keeps decoded pictures elsewhere"
    )
    assert not list(cache.glob("pictures-*"))


def test_a_cache_folder_that_cannot_be_made(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write_bytes(b"a file")
    for place in (cache, cache / "below"):
        monkeypatch.setenv("GAN_CACHE_DIR", str(place))
        with pytest.raises(DataError) as caught:
            kept(folder)
        assert str(caught.value).startswith(str(cache))
        assert str(caught.value).endswith("; GAN_CACHE_DIR=FOLDER keeps decoded pictures elsewhere")
        assert "\n" not in str(caught.value)


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setenv("GAN_CACHE_DIR", "~/mine")
    assert directory() == Path("/home/ann/mine")
    monkeypatch.setenv("GAN_CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache")
    assert directory() == Path("/var/cache/gan_cli")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert directory() == Path("/home/ann/.cache/gan_cli")
    monkeypatch.setenv("GAN_CACHE_DIR", "~nobody-of-that-name/x")
    with pytest.raises(DataError, match="GAN_CACHE_DIR=FOLDER"):
        directory()


PROCESS = """
import sys, time
from pathlib import Path
from gan_cli.data.reading.building import Recipe
from gan_cli.data.reading.cache import stored
from gan_cli.data.reading.loading import FileLoader
from gan_cli.data.reading.listing import walk
from gan_cli.data.reading.options import Decode
from gan_cli.data.reading.pictures import Look

root, wanted, decoded = Path(sys.argv[1]), Look((8, 8), "crop", "auto", (255, 255, 255)), 0

def slow(name):
    global decoded
    decoded += 1
    time.sleep(0.1)
    return FileLoader(root, wanted)(name)

found = stored(root, walk(root), Recipe(slow, (8, 8, 3), True, repr(wanted)))
print(decoded, found.images[:][:, 0, 0, 0].tolist())
"""


@pytest.mark.slow
def test_two_processes_at_once_build_it_once(folder: Path) -> None:
    command = [sys.executable, "-c", PROCESS, str(folder)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = sorted(process.communicate(timeout=60)[0] for process in processes)
    assert printed == ["0 [0, 1, 2, 3]\n", "5 [0, 1, 2, 3]\n"]


def test_without_a_size_all_must_share_theirs(folder: Path, cache: Path) -> None:
    found, _ = kept(folder, None)
    assert (found.images.shape, levels(found)) == ((4, 8, 8, 3), ALL)
    assert kept(folder, None)[1] == []
    write(
        folder,
        {
            "4.png": encoded(plain(RED, 8, 9)),
            "5.png": encoded(plain(RED, 9, 9)),
            "6.png": encoded(plain(RED, 9, 9)),
        },
    )
    with pytest.raises(DataError) as caught:
        kept(folder, None)
    assert str(caught.value) == (
        f"{folder}: pictures of 3 sizes (4 of 8x8, 2 of 9x9, 1 of 8x9); give data.size=64 or "
        "data.size=[48,64]"
    )
    for name in ("4.png", "5.png", "6.png"):
        (folder / name).unlink()
    assert kept(folder, None)[1] == []


def test_without_a_size_all_may_get_another(folder: Path) -> None:
    kept(folder, None)
    for number in range(4):
        write(folder, {f"{number}.png": numbered(number, size=12)})
    assert kept(folder, None)[0].images.shape == (4, 12, 12, 3)


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    folder = write(tmp_path / "pictures", {"README.txt": b"text"})
    for size in (None, (8, 8)):
        with pytest.raises(DataError) as caught:
            kept(folder, size)
        assert (
            str(caught.value)
            == f"{folder}: holds no picture that can be read (jpg, png, bmp, gif, webp or tiff)"
        )


def test_each_recipe_and_each_folder_has_a_cache_of_its_own(
    folder: Path, cache: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "other" / "pictures")
    for root, size in (
        (folder, (8, 8)),
        (folder, (8, 9)),
        (tmp_path / "other" / "pictures", (8, 8)),
    ):
        found, decoded = kept(root, size)
        assert (found.images.shape, len(decoded)) == ((4, *size, 3), 5)
    assert len(list(cache.glob("pictures-*"))) == 3
    (tmp_path / "link").symlink_to(folder)
    assert kept(tmp_path / "link")[1] == []


def test_the_folder_of_pictures_is_never_written_to(folder: Path) -> None:
    def state() -> list[tuple[str, int, int]]:
        paths = [folder, *sorted(folder.rglob("*"))]
        return [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in paths]

    before = state()
    kept(folder)
    kept(folder, None)
    assert state() == before
