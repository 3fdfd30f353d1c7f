"""`data=folder` from its options to a split."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from gan_cli import data
from gan_cli.base.errors import ConfigError, DataError
from gan_cli.data.folder import Folder
from gan_cli.data.reading.source import Source, Split

from .made_pictures import BLUE, GREEN, RED, encoded, numbered, plain, write

MANY = 2000


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def read(folder: Path, split: Split = "train", **options: object) -> Source:
    """A split; without options nothing is held out of the training split."""
    return data.load(
        Folder(**{"path": str(folder), "size": 8, "test_share": 0.0, **options}), split
    )


def numbers(source: Source) -> list[int]:
    """What `numbered` put into each picture."""
    first = source.images[:][:, 0, 0].astype(int)
    return (first[:, 0] + 256 * first[:, 1]).tolist()


def refused(folder: Path, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_flat_folder_has_no_labels(tmp_path: Path) -> None:
    source = read(
        write(tmp_path / "flat", {f"{number}.png": numbered(number) for number in range(5)})
    )
    assert (len(source), source.images.shape, source.labels, source.class_names) == (
        5,
        (5, 8, 8, 3),
        None,
        [],
    )
    assert numbers(source) == [0, 1, 2, 3, 4]
    assert (source.spec.image_shape, source.spec.num_classes, source.skipped) == ((8, 8, 3), 0, [])
    assert source.origin == str(tmp_path / "flat")
    assert source.notes == ["pictures of 8x8 to 8x8 pixels, most often 8x8 (5)"]


def test_sizes_of_the_files_are_told(tmp_path: Path) -> None:
    shapes = {"a": (9, 20), "b": (30, 10), "c": (9, 20)}
    source = read(
        write(
            tmp_path / "mixed",
            {f"{name}.png": encoded(plain(RED, *shape)) for name, shape in shapes.items()},
        )
    )
    assert source.images.shape == (3, 8, 8, 3)
    assert source.notes == ["pictures of 9x10 to 30x20 pixels, most often 9x20 (2), 30x10 (1)"]


def test_folders_are_classes(tmp_path: Path) -> None:
    colours = {"green/2/a": GREEN, "Blue/a": BLUE, "red/b": RED, "green/1": GREEN}
    folder = write(
        tmp_path / "classes",
        {f"{name}.png": encoded(plain(colour)) for name, colour in colours.items()},
    )
    write(
        folder,
        {"README.txt": b"text beside the classes", "notes/list.txt": b"a folder without pictures"},
    )
    source = read(folder)
    assert source.class_names == ["Blue", "green", "red"]
    assert source.labels is not None
    assert source.labels.tolist() == [0, 1, 1, 2]
    assert source.images[:][:, 4, 4].tolist() == [list(BLUE), list(GREEN), list(GREEN), list(RED)]
    assert (source.spec.num_classes, source.skipped) == (3, [])
    unlabelled = read(folder, labels=False)
    assert (len(unlabelled), unlabelled.labels, unlabelled.class_names) == (4, None, [])
    write(folder, {"loose.png": encoded(plain(RED))})
    assert (
        refused(folder)
        == "loose.png lies beside the class folders Blue, green, red; move it, or data.labels=false"
    )
    assert len(read(folder, labels=False)) == 5


def test_labels_stay_with_their_pictures_in_both_splits(tmp_path: Path) -> None:
    names = {f"{number % 3}/{number}.png": numbered(number) for number in range(200)}
    folder = write(tmp_path / "classes", names)
    for split in ("train", "test"):
        source = read(folder, split, test_share=0.3)
        assert source.labels is not None
        assert source.labels.tolist() == [number % 3 for number in numbers(source)]
        assert source.class_names == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("train", "test"),
    [("train", "test"), ("training", "val"), ("train", "valid"), ("train", "validation")],
)
def test_folders_for_training_and_test_are_the_splits(
    train: str, test: str, tmp_path: Path
) -> None:
    names = [f"{train}/cat/0", f"{train}/dog/1", f"{train}/eel/2", f"{test}/dog/3", f"{test}/eel/4"]
    folder = write(tmp_path / "split", {f"{name}.png": numbered(int(name[-1])) for name in names})
    learnt, held = read(folder, test_share=0.5), read(folder, "test", test_share=0.5)
    assert (numbers(learnt), numbers(held)) == ([0, 1, 2], [3, 4])
    assert learnt.class_names == held.class_names == ["cat", "dog", "eel"]
    assert learnt.labels is not None
    assert held.labels is not None
    assert (learnt.labels.tolist(), held.labels.tolist()) == ([0, 1, 2], [1, 2])
    assert read(folder, "test", labels=False).labels is None


def test_a_test_folder_with_a_class_of_its_own(tmp_path: Path) -> None:
    names = ["train/cat/0", "train/dog/1", "test/cow/2"]
    folder = write(tmp_path / "split", {f"{name}.png": numbered(int(name[-1])) for name in names})
    assert len(read(folder)) == 2
    with pytest.raises(
        DataError,
        match=r"^class cow of the test pictures is none of the training pictures \(cat, dog\)$",
    ):
        read(folder, "test")


def test_a_folder_for_training_alone_is_divided(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "split", {f"train/{number}.png": numbered(number) for number in range(50)}
    )
    assert sorted(
        numbers(read(folder, test_share=0.5)) + numbers(read(folder, "test", test_share=0.5))
    ) == list(range(50))


def test_the_held_out_share(tmp_path: Path) -> None:
    folder = write(tmp_path / "many", {f"{number}.png": numbered(number) for number in range(MANY)})
    learnt, held = (numbers(read(folder, split, test_share=0.1)) for split in ("train", "test"))
    assert sorted(learnt + held) == list(range(MANY))
    assert 160 <= len(held) <= 240  # three deviations of 13.4
    assert set(numbers(read(folder, "test", test_share=0.2))) > set(held)
    assert len(read(folder)) == MANY

    write(folder, {f"more-{number}.png": numbered(number) for number in range(MANY, MANY + 200)})
    write(folder, {f"again-{number}.png": numbered(number) for number in held[:3] + learnt[:3]})
    (folder / f"{held[5]}.png").unlink()
    more_learnt, more_held = (
        numbers(read(folder, split, test_share=0.1)) for split in ("train", "test")
    )
    assert set(more_learnt) & set(range(MANY)) == set(learnt)
    assert set(more_held) & set(range(MANY)) == set(held) - {held[5]}
    assert [more_held.count(number) for number in held[:3]] == [2, 2, 2]
    assert [more_learnt.count(number) for number in learnt[:3]] == [2, 2, 2]


def test_nothing_is_held_out_where_nothing_is_asked_for(tmp_path: Path) -> None:
    folder = write(tmp_path / "few", {f"{number}.png": numbered(number) for number in range(5)})
    assert (len(read(folder)), len(read(folder, "test"))) == (5, 0)


def test_the_fingerprint_is_of_files_and_options(tmp_path: Path) -> None:
    folder = write(tmp_path / "one", {"a.png": numbered(1), "b.png": numbered(2)})
    base = read(folder).fingerprint
    assert read(folder, max_bad_fraction=0.5).fingerprint == base
    moved = write(tmp_path / "two", {"a.png": numbered(1), "b.png": numbered(2)})
    assert read(moved).fingerprint == base
    others = [
        read(folder, size=9),
        read(folder, fit="pad"),
        read(folder, background="black"),
        read(folder, channels=1),
    ]
    others.append(read(write(tmp_path / "three", {"a.png": numbered(2), "b.png": numbered(1)})))
    others.append(read(write(tmp_path / "four", {"a.png": numbered(1), "b.png": numbered(3)})))
    assert len({base, *(other.fingerprint for other in others)}) == 7


def test_options_decide_the_pixels(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "one", {"a.png": encoded(plain(RED, 8, 16)), "b.png": encoded(plain(100, 16, 8))}
    )
    assert read(folder, size=[8, 16]).images.shape == (2, 8, 16, 3)
    assert read(folder, channels=1).images[:][:, 0, 0].tolist() == [[76], [100]]
    padded = read(folder, size=16, fit="pad", background="#0000ff").images[:]
    assert padded[:, 0, 0].tolist() == [list(BLUE), list(BLUE)]
    assert padded[:, 8, 8].tolist() == [list(RED), [100, 100, 100]]


def test_one_percent_of_broken_files_is_left_out(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "most", {f"{number:03}.png": numbered(number) for number in range(99)}
    )
    write(folder, {"broken\n.png": b"text"})
    source = read(folder)
    assert numbers(source) == list(range(99))
    assert source.skipped == [("broken\\n.png", "not a jpg, png, bmp, gif, webp or tiff")]
    write(folder, {"a.jpg": b""})
    assert refused(folder) == (
        f"{folder}: 2 of 101 files cannot be read, the first: a.jpg: empty file; gan-data lists "
        "them; "
        "remove them or raise data.max_bad_fraction=0.01"
    )
    assert len(read(folder, max_bad_fraction=0.02).skipped) == 2


@pytest.mark.parametrize(
    ("good", "broken", "share"), [(71, 29, 0.29), (93, 7, 0.07), (2, 1, 1 / 3)]
)
def test_the_share_itself_is_allowed(good: int, broken: int, share: float, tmp_path: Path) -> None:
    folder = write(tmp_path / "some", {f"{number}.png": numbered(number) for number in range(good)})
    write(folder, {f"broken-{number}.png": b"?" for number in range(broken)})
    assert len(read(folder, max_bad_fraction=share)) == good
    assert refused(folder, max_bad_fraction=share - 1e-9).startswith(
        f"{folder}: {broken} of {good + broken} files cannot"
    )


def test_files_not_meant_as_pictures_are_no_broken_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan_cli.data.reading.loading.LARGEST_BYTES", 1000)
    folder = write(
        tmp_path / "beside",
        {"a.png": numbered(1), "_SUCCESS": b"", "README.txt": b"text", "all.zip": bytes(1001)},
    )
    assert read(folder).skipped == []
    write(
        folder,
        {
            "empty.png": b"",
            "large.jpg": bytes(1001),
            "text.WEBP": b"text",
            "cut.dat": numbered(2)[:-30],
        },
    )
    assert read(folder, max_bad_fraction=0.8).skipped == [
        ("cut.dat", "damaged (image file is truncated)"),
        ("empty.png", "empty file"),
        ("large.jpg", "larger than 1,000 bytes"),
        ("text.WEBP", "not a jpg, png, bmp, gif, webp or tiff"),
    ]


def test_the_name_says_nothing_of_the_format(tmp_path: Path) -> None:
    files = {
        "a.jpg": encoded(plain(RED)),
        "b.txt": encoded(plain(GREEN), "BMP"),
        "c": encoded(plain(BLUE), "GIF"),
    }
    assert read(write(tmp_path / "odd", files)).images[:][:, 0, 0].tolist() == [
        list(RED),
        list(GREEN),
        list(BLUE),
    ]


def test_links_and_pipes_are_told_first(tmp_path: Path) -> None:
    folder = write(tmp_path / "odd", {"a.png": numbered(1), "b.png": b"?"})
    os.mkfifo(folder / "pipe.png")
    (folder / "gone.png").symlink_to("nothing")
    assert [name for name, _ in read(folder, max_bad_fraction=0.9).skipped] == [
        "gone.png",
        "pipe.png",
        "b.png",
    ]
    assert "3 of 4 files cannot be read, the first: gone.png: a link that leads nowhere" in refused(
        folder
    )


def test_a_path_is_needed() -> None:
    with pytest.raises(ConfigError) as caught:
        data.load(Folder())
    assert str(caught.value) == "data=folder needs data.path=, a folder of pictures"


def test_a_path_that_is_no_folder(tmp_path: Path) -> None:
    write(tmp_path, {"file.zip": b"PK"})
    os.mkfifo(tmp_path / "pipe")
    assert (
        refused(tmp_path / "nothing") == f"data.path={tmp_path / 'nothing'}: no such file or folder"
    )
    for name in ("file.zip", "pipe"):
        assert refused(tmp_path / name) == (
            f"data.path={tmp_path / name}: is a file; data=zip, data=npz and data=csv read files"
        )


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    nothing = "holds no picture that can be read (jpg, png, bmp, gif, webp or tiff)"
    folder = write(tmp_path / "empty", {})
    assert refused(folder) == f"{folder}: {nothing}"
    write(folder, {"README.txt": b"text"})
    assert refused(folder) == f"{folder}: {nothing}"
    write(folder, {"a.png": b"text"})
    assert (
        refused(folder)
        == f"{folder}: {nothing}; left out: a.png, not a jpg, png, bmp, gif, webp or tiff"
    )


def test_files_of_several_sizes_need_one(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "mixed", {"a.png": encoded(plain(RED, 9, 9)), "b.png": encoded(plain(RED, 9, 8))}
    )
    assert refused(folder, size=None) == (
        f"{folder}: pictures of 2 sizes (1 of 9x9, 1 of 9x8); give data.size=64 or "
        "data.size=[48,64]"
    )
    (folder / "b.png").unlink()
    assert read(folder, size=None).images.shape == (1, 9, 9, 3)


def test_rows_are_the_same_whatever_way_they_are_asked_for(tmp_path: Path) -> None:
    source = read(
        write(tmp_path / "flat", {f"{number}.png": numbered(number) for number in range(30)}),
        test_share=0.5,
    )
    whole = source.images[:]
    assert 5 < len(whole) < 25
    assert np.array_equal(source.images[np.arange(len(whole))[::-1]], whole[::-1])
    assert np.array_equal(source.images[2:4], whole[2:4])
    assert len(source.some(4)) == 4
