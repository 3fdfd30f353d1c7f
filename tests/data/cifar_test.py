"""CIFAR from an npz, its binary files or their archive, and one line for whatever is wrong with
them.
"""

import gzip
import hashlib
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from gan_cli.base.download import Download
from gan_cli.base.errors import DataError
from gan_cli.data import cifar10, cifar100, load
from gan_cli.data.cifar10 import Cifar10
from gan_cli.data.cifar100 import Cifar100
from gan_cli.data.formats import cifar_binary
from gan_cli.data.reading.source import Source
from tests.data.made import HTML, no_other_places, record, tar_gz, tar_of
from tests.web import serve

Publish = Callable[..., None]
SOURCES = {"cifar10": cifar10, "cifar100": cifar100}

REAL = Path(os.environ.get("GAN_DATA_DIR") or "nowhere")
BATCHES = [f"data_batch_{number}.bin" for number in range(1, 6)]
FOLDER, ARCHIVE = "cifar-10-batches-bin", "cifar-10-binary.tar.gz"
FOLDER_100, ARCHIVE_100 = "cifar-100-binary", "cifar-100-binary.tar.gz"
SIZE = 2 * 3073


@pytest.fixture(autouse=True)
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publish]:
    """Let the download be a file of ours; there is none yet, and files hold two records."""
    with serve(tmp_path) as server:

        def publish(name: str, path: Path, sha256: str = "") -> None:
            sha256 = sha256 or hashlib.sha256(path.read_bytes()).hexdigest()
            source = SOURCES[name]
            download = Download(f"{server.address}/{path.name}", sha256)
            monkeypatch.setattr(source, "PUBLISHED", source.PUBLISHED._replace(download=download))

        for name, source in SOURCES.items():
            layout = source.PUBLISHED.layout._replace(records={"train": 2, "test": 2})
            monkeypatch.setattr(source, "PUBLISHED", source.PUBLISHED._replace(layout=layout))
            publish(name, tmp_path / "unpublished", "0" * 64)
        yield publish


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of Keras's, and no folder of the user's."""
    return no_other_places(tmp_path, monkeypatch)


def batches(level: int = 10) -> dict[str, bytes]:
    """The six files of CIFAR-10: image i is of `level` + i and class i % 10; those of the test
    split are 11 and 12.
    """
    files = {
        name: record((2 * number,), level + 2 * number)
        + record((2 * number + 1,), level + 2 * number + 1)
        for number, name in enumerate(BATCHES)
    }
    return {**files, "test_batch.bin": record((1,), level + 11) + record((2,), level + 12)}


def binary_100() -> dict[str, bytes]:
    return {
        "train.bin": record((19, 99), 5) + record((0, 3), 6),
        "test.bin": record((4, 50), 7) + record((1, 0), 8),
    }


def write_folder(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def archive(path: Path, files: dict[str, bytes], folder: str = FOLDER) -> Path:
    return tar_gz(path, {f"{folder}/{name}": content for name, content in files.items()})


def write_npz(path: Path, level: int = 7, **changes: np.ndarray) -> Path:
    """Three images of one level, in the test split of the next one."""
    images = np.full((3, 32, 32, 3), level, np.uint8)
    arrays = {
        "x_train": images,
        "y_train": np.arange(3),
        "x_test": images + 1,
        "y_test": np.arange(3) + 4,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{**arrays, **changes})
    return path


def first_level(source: Source) -> int:
    """The red of the first image, which tells the made files apart."""
    return int(source.images[0, 0, 0, 0])


def refusal(path: Path, schema: type = Cifar10, split: str = "train", **options: object) -> str:
    with pytest.raises(DataError) as caught:
        load(schema(path=str(path), **options), split)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_the_binary_version_by_the_bytes_of_its_definition(tmp_path: Path):
    """Red before green before blue, each plane row by row."""
    pixels = (np.arange(3072) % 251).astype(np.uint8)
    files = batches() | {"test_batch.bin": record((1,), 0) + b"\x09" + pixels.tobytes()}
    source = load(Cifar10(path=str(write_folder(tmp_path, files))), "test")
    assert source.labels.tolist() == [1, 9]
    assert source.images[0, 5, 6].tolist() == [0, 1, 2]
    for row, column, channel in [
        (0, 0, 0),
        (0, 1, 0),
        (1, 0, 0),
        (0, 0, 1),
        (31, 31, 2),
        (7, 20, 1),
    ]:
        assert source.images[1, row, column, channel] == (1024 * channel + 32 * row + column) % 251


def test_what_the_source_holds(tmp_path: Path):
    source = load(Cifar10(path=str(write_folder(tmp_path, batches()))))
    assert (source.images.shape, source.images.dtype) == ((10, 32, 32, 3), np.uint8)
    assert (source.labels.tolist(), source.labels.dtype) == (list(range(10)), np.int64)
    assert source.images[:, 3, 4].tolist() == [
        [10 + index, 11 + index, 12 + index] for index in range(10)
    ]
    assert source.class_names == [
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ]
    assert (source.spec.image_shape, source.spec.num_classes) == ((32, 32, 3), 10)
    assert (source.origin, source.notes) == (str(tmp_path), [])
    test = load(Cifar10(path=str(tmp_path)), "test")
    assert (test.labels.tolist(), first_level(test)) == ([1, 2], 21)
    assert test.fingerprint != source.fingerprint


@pytest.mark.parametrize("block", [1, 2, 3])
def test_blocks_of_records_do_not_change_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
):
    write_folder(tmp_path, batches())
    expected = load(Cifar10(path=str(tmp_path))).fingerprint
    monkeypatch.setattr(cifar_binary, "BLOCK", block)
    assert load(Cifar10(path=str(tmp_path))).fingerprint == expected


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_archive_holds_what_the_folder_holds(tmp_path: Path, split: str):
    """Also when its files are in another order, between others, as in the official one."""
    folder = load(Cifar10(path=str(write_folder(tmp_path / "folder", batches()))), split)
    shuffled = {
        "readme.html": b"<html>",
        **dict(reversed(batches().items())),
        "batches.meta.txt": b"airplane\n",
    }
    source = load(Cifar10(path=str(archive(tmp_path / ARCHIVE, shuffled))), split)
    assert source.fingerprint == folder.fingerprint
    assert source.origin == str(tmp_path / ARCHIVE)
    assert sorted(path.name for path in tmp_path.iterdir()) == [ARCHIVE, "folder"]


def test_an_archive_with_its_folder_as_a_member(tmp_path: Path):
    for name, (top, prefix) in {"a.tgz": (".", "./"), "b.tar.gz": (FOLDER, "")}.items():
        folder = tarfile.TarInfo(top)
        folder.type = tarfile.DIRTYPE
        members = [(folder, b"")]
        for file, content in batches().items():
            member = tarfile.TarInfo(f"{prefix}{FOLDER}/{file}")
            member.size = len(content)
            members.append((member, content))
        assert first_level(load(Cifar10(path=str(tar_of(tmp_path / name, members))))) == 10


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
@pytest.mark.parametrize("kind", [np.uint8, np.int64])
def test_npz(tmp_path: Path, shape: tuple[int, ...], kind: type):
    write_npz(tmp_path / "mine.npz", y_train=np.array([9, 0, 4]).reshape(shape).astype(kind))
    source = load(Cifar10(path=str(tmp_path / "mine.npz")))
    assert (source.labels.tolist(), source.labels.dtype) == ([9, 0, 4], np.int64)
    assert (source.images.shape, first_level(source)) == ((3, 32, 32, 3), 7)
    test = load(Cifar10(path=str(tmp_path / "mine.npz")), "test")
    assert (test.labels.tolist(), first_level(test)) == ([4, 5, 6], 8)


def test_a_part_of_the_set_says_so(tmp_path: Path):
    source = load(Cifar10(path=str(write_npz(tmp_path / "cifar10_subset.npz").parent)))
    assert source.origin == str(tmp_path / "cifar10_subset.npz")
    assert source.notes == ["3 of the 10 train images of cifar10"]


@pytest.mark.parametrize(
    ("size", "shape"), [(None, (32, 32)), (16, (16, 16)), ([20, 48], (20, 48))]
)
def test_size(tmp_path: Path, size: object, shape: tuple[int, int]):
    images = load(Cifar10(path=str(write_folder(tmp_path, batches())), size=size)).images
    assert images.shape == (10, *shape, 3)
    assert [np.unique(image).tolist() for image in images[:2]] == [[10, 11, 12], [11, 12, 13]]


def test_the_order_of_the_places(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, publish: Publish
):
    """data.path before GAN_DATA_DIR before Keras's cache before the network."""
    publish("cifar10", archive(tmp_path / "published.tar.gz", batches(60)))
    write_folder(
        cache / "cifar-10-batches-py", {name.removesuffix(".bin"): b"a pickle" for name in BATCHES}
    )
    assert first_level(load(Cifar10())) == 60
    assert (cache / ARCHIVE).is_file()
    write_folder(cache / FOLDER, batches(50))
    assert first_level(load(Cifar10())) == 50
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    assert first_level(load(Cifar10())) == 50
    write_npz(tmp_path / "mine" / "cifar10_subset.npz", level=40)
    assert first_level(load(Cifar10())) == 40
    archive(tmp_path / "mine" / ARCHIVE, batches(35))
    assert first_level(load(Cifar10())) == 35
    write_folder(tmp_path / "mine" / FOLDER, batches(30))
    assert first_level(load(Cifar10())) == 30
    write_npz(tmp_path / "mine" / "cifar10.npz", level=20)
    assert first_level(load(Cifar10())) == 20
    write_folder(tmp_path / "given", batches(10))
    assert first_level(load(Cifar10(path=str(tmp_path / "given")))) == 10


def test_the_second_run_needs_no_network(tmp_path: Path, publish: Publish):
    publish("cifar10", archive(tmp_path / "published.tar.gz", batches()))
    first = load(Cifar10())
    (tmp_path / "published.tar.gz").unlink()
    assert load(Cifar10()).fingerprint == first.fingerprint
    assert load(Cifar10(), "test").labels.tolist() == [1, 2]


def test_a_download_that_is_not_the_published_file(tmp_path: Path, cache: Path, publish: Publish):
    publish("cifar10", archive(tmp_path / "published.tar.gz", batches()), "0" * 64)
    with pytest.raises(DataError, match="what arrived is not the published file"):
        load(Cifar10())
    assert list(cache.iterdir()) == []


def test_no_network(cache: Path):
    with pytest.raises(DataError) as caught:
        load(Cifar100())
    assert str(caught.value).startswith(
        f"data=cifar100: no {ARCHIVE_100} in {cache}, and the download failed ("
    )


def test_binary_files_of_no_folder_of_their_own_are_taken_only_where_they_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_folder(tmp_path / "mine", batches() | binary_100())
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    for schema in (Cifar10, Cifar100):
        with pytest.raises(DataError, match="the download failed"):
            load(schema())
        assert len(load(schema(path=str(tmp_path / "mine")), "test")) == 2


def test_a_folder_with_part_of_the_files_is_passed_over(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    write_folder(cache / FOLDER, batches(50))
    (write_folder(tmp_path / "mine" / FOLDER, batches()) / BATCHES[3]).unlink()
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    assert first_level(load(Cifar10())) == 50
    assert refusal(tmp_path / "mine") == (
        f"data.path={tmp_path / 'mine'}: neither cifar10.npz nor {ARCHIVE} nor its files "
        f"{', '.join(BATCHES)}"
    )


def test_fine_and_coarse_classes(tmp_path: Path):
    write_folder(tmp_path, binary_100())
    fine, coarse = (
        load(Cifar100(path=str(tmp_path), labels=labels)) for labels in ("fine", "coarse")
    )
    assert (fine.labels.tolist(), fine.spec.num_classes) == ([99, 3], 100)
    assert [fine.class_names[label] for label in fine.labels] == ["worm", "bear"]
    assert (coarse.labels.tolist(), coarse.spec.num_classes) == ([19, 0], 20)
    assert [coarse.class_names[label] for label in coarse.labels] == [
        "vehicles_2",
        "aquatic_mammals",
    ]
    assert [first_level(fine), first_level(coarse)] == [5, 5]
    assert load(Cifar100(path=str(tmp_path), labels="coarse"), "test").labels.tolist() == [4, 1]
    packed = archive(tmp_path / ARCHIVE_100, binary_100(), FOLDER_100)
    assert load(Cifar100(path=str(packed))).fingerprint == fine.fingerprint


def test_coarse_classes_are_not_in_an_npz(tmp_path: Path):
    path = write_npz(tmp_path / "cifar100.npz", y_train=np.array([99, 0, 1]))
    assert load(Cifar100(path=str(path))).labels.tolist() == [99, 0, 1]
    message = refusal(path, Cifar100, labels="coarse")
    assert message.startswith(
        f"{path}: an npz has the fine labels alone; for data.labels=coarse give data.path=FILE "
        "with "
    )
    assert ARCHIVE_100 in message


def test_class_names_are_in_the_official_order():
    fine, coarse = cifar100.FINE.split(), cifar100.COARSE.split()
    assert (len(set(fine)), len(set(coarse))) == (100, 20)
    assert (fine, coarse) == (sorted(fine), sorted(coarse))
    assert [fine[index] for index in (0, 19, 39, 50, 71, 99)] == [
        "apple",
        "cattle",
        "keyboard",
        "mouse",
        "sea",
        "worm",
    ]
    assert [coarse[index] for index in (1, 9, 14)] == [
        "fish",
        "large_man-made_outdoor_things",
        "people",
    ]


def changed(**arrays: np.ndarray):
    return lambda path: write_npz(path, **arrays)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: path.write_bytes(HTML), "not a readable npz (File is not a zip file)"),
        (lambda path: np.savez(path, x=np.zeros(3)), "no array 'x_train' (it holds x.npy)"),
        (changed(y_train=np.array([1, {}, 2], dtype=object)), "holds pickled objects"),
        (changed(y_train=np.arange(4)), "3 images but labels of shape [4], int64"),
        (changed(y_train=np.zeros((3, 2), np.uint8)), "3 images but labels of shape [3, 2], uint8"),
        (changed(y_train=np.zeros(3)), "3 images but labels of shape [3], float64"),
        (changed(y_train=np.array([0, 10, 1])), "labels from 0 to 10, expected 0 to 9"),
        (changed(y_train=np.array([0, -1, 1])), "labels from -1 to 1, expected 0 to 9"),
        (
            changed(x_train=np.zeros((3, 3, 32, 32), np.uint8)),
            "images [N, 32, 32, 3], found uint8 [3, 3, 32, 32]",
        ),
        (
            changed(x_train=np.zeros((3, 32, 32, 3))),
            "images [N, 32, 32, 3], found float64 [3, 32, 32, 3]",
        ),
        (
            changed(x_train=np.zeros((0, 32, 32, 3), np.uint8)),
            "images [N, 32, 32, 3], found uint8 [0, 32, 32, 3]",
        ),
    ],
)
def test_an_npz_that_is_not_cifar(tmp_path: Path, write, message: str):
    write(tmp_path / "cifar10.npz")
    assert message in refusal(tmp_path / "cifar10.npz")


def test_an_npz_without_a_test_split(tmp_path: Path):
    np.savez(
        tmp_path / "a.npz",
        x_train=np.zeros((1, 32, 32, 3), np.uint8),
        y_train=np.zeros(1, np.uint8),
    )
    assert "no array 'x_test'" in refusal(tmp_path / "a.npz", split="test")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", f"holds 0 bytes, expected {SIZE:,}; fetch or copy it again"),
        (HTML, f"holds {len(HTML)} bytes, expected {SIZE:,}; fetch or copy it again"),
        (
            batches()["data_batch_2.bin"][:-1],
            f"holds {SIZE - 1:,} bytes, expected {SIZE:,}; fetch or copy it again",
        ),
        (
            batches()["data_batch_2.bin"] + b"!",
            f"holds {SIZE + 1:,} bytes, expected {SIZE:,}; fetch or copy it again",
        ),
        (record((3,), 0) + record((10,), 0), "labels from 3 to 10, expected 0 to 9"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_damaged_binary_files(tmp_path: Path, packed: bool, content: bytes, message: str):
    files = batches() | {"data_batch_2.bin": content}
    if packed:
        path = archive(tmp_path / ARCHIVE, files)
        assert refusal(path) == f"{path}: {FOLDER}/data_batch_2.bin: {message}"
    else:
        folder = write_folder(tmp_path / FOLDER, files)
        assert refusal(folder) == f"{folder / 'data_batch_2.bin'}: {message}"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ((20, 0), "labels from 0 to 20, expected 0 to 19"),
        ((0, 100), "labels from 3 to 100, expected 0 to 99"),
    ],
)
@pytest.mark.parametrize("chosen", ["fine", "coarse"])
def test_labels_out_of_range(tmp_path: Path, labels: tuple[int, int], message: str, chosen: str):
    write_folder(tmp_path, binary_100() | {"train.bin": record(labels, 0) + record((0, 3), 0)})
    assert refusal(tmp_path, Cifar100, labels=chosen) == f"{tmp_path / 'train.bin'}: {message}"


def test_a_file_of_another_name(tmp_path: Path):
    path = tmp_path / "data_batch_1.bin"
    path.write_bytes(batches()["data_batch_1.bin"])
    assert refusal(path) == f"{path}: expected cifar10.npz, {ARCHIVE} or a folder with its files"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        HTML,
        b"\x1f\x8bno gzip",
        gzip.compress(b"", mtime=0),
        gzip.compress(HTML * 100, mtime=0),
    ],
)
def test_what_is_no_archive(tmp_path: Path, content: bytes):
    (tmp_path / ARCHIVE).write_bytes(content)
    message = refusal(tmp_path / ARCHIVE).removeprefix(f"{tmp_path / ARCHIVE}: ")
    assert re.fullmatch(r"not a readable tar\.gz \(.+\); fetch or copy it again", message)


@pytest.mark.parametrize("left", [0.1, 0.5, 0.9, 0.99])
def test_an_archive_cut_off(tmp_path: Path, left: float):
    noise = np.random.default_rng(0).integers(0, 10, SIZE, np.uint8).tobytes()
    whole = archive(tmp_path / ARCHIVE, dict.fromkeys(BATCHES, noise)).read_bytes()
    (tmp_path / ARCHIVE).write_bytes(whole[: int(len(whole) * left)])
    assert refusal(tmp_path / ARCHIVE).endswith("; fetch or copy it again")


def test_a_short_archive_in_a_sound_gzip(tmp_path: Path):
    whole = gzip.decompress(archive(tmp_path / ARCHIVE, batches()).read_bytes())
    (tmp_path / ARCHIVE).write_bytes(gzip.compress(whole[:20_000]))
    assert refusal(tmp_path / ARCHIVE) == (
        f"{tmp_path / ARCHIVE}: not a readable tar.gz (unexpected end of data); fetch or copy it "
        "again"
    )


def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = write_folder(tmp_path / FOLDER, batches() | {"data_batch_4.bin": b"less"})
    grown = os.stat_result((0o100644, 0, 0, 1, 0, 0, SIZE, 0, 0, 0))
    stat = Path.stat
    monkeypatch.setattr(
        Path,
        "stat",
        lambda path, **options: grown if path.suffix == ".bin" else stat(path, **options),
    )
    assert refusal(folder) == f"{folder / 'data_batch_4.bin'}: ends early; fetch or copy it again"


def test_an_archive_without_its_checksum_s_agreement(tmp_path: Path):
    whole = bytearray(archive(tmp_path / ARCHIVE, batches()).read_bytes())
    whole[-6] ^= 1
    (tmp_path / ARCHIVE).write_bytes(bytes(whole))
    assert "CRC check failed" in refusal(tmp_path / ARCHIVE)


def test_an_archive_of_another_set(tmp_path: Path):
    path = archive(tmp_path / ARCHIVE, binary_100(), FOLDER_100)
    expected = (
        f"{path}: '{FOLDER_100}/train.bin' does not belong into {ARCHIVE}; fetch or copy it again"
    )
    assert refusal(path) == expected


def test_an_archive_that_lacks_files(tmp_path: Path):
    files = batches()
    del files["data_batch_2.bin"], files["data_batch_5.bin"]
    path = archive(tmp_path / ARCHIVE, files)
    assert (
        refusal(path)
        == f"{path}: no data_batch_2.bin, data_batch_5.bin in it; fetch or copy it again"
    )
    assert load(Cifar10(path=str(path)), "test").labels.tolist() == [1, 2]


@pytest.mark.parametrize(
    "name",
    [
        "../data_batch_1.bin",
        f"../{FOLDER}/data_batch_1.bin",
        f"{FOLDER}/../data_batch_1.bin",
        f"/{FOLDER}/data_batch_1.bin",
        "/data_batch_1.bin",
        "data_batch_1.bin",
        f"{FOLDER}/deeper/data_batch_1.bin",
        f"{FOLDER}/..",
        "/etc/passwd",
        "..",
    ],
)
def test_members_that_lie_elsewhere_are_refused(tmp_path: Path, name: str):
    path = tar_gz(tmp_path / ARCHIVE, {name: batches()["data_batch_1.bin"]})
    assert (
        refusal(path) == f"{path}: {name!r} does not belong into {ARCHIVE}; fetch or copy it again"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [ARCHIVE]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
)
@pytest.mark.parametrize("name", ["data_batch_1.bin", "readme.html"])
def test_members_that_are_no_plain_files_are_refused(tmp_path: Path, kind: bytes, name: str):
    member = tarfile.TarInfo(f"{FOLDER}/{name}")
    member.type, member.linkname = kind, "/etc/passwd"
    path = tar_of(tmp_path / ARCHIVE, [(member, b"")])
    assert (
        refusal(path)
        == f"{path}: '{FOLDER}/{name}' does not belong into {ARCHIVE}; fetch or copy it again"
    )


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = archive(tmp_path / ARCHIVE, batches() | {"readme.html": bytes(10**6)})
    assert len(load(Cifar10(path=str(path)))) == 10
    monkeypatch.setattr(cifar_binary, "LARGEST", 500_000)
    assert (
        refusal(path)
        == f"{path}: not a readable tar.gz (it unpacks to too much); fetch or copy it again"
    )


def test_a_member_s_promise_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A long name of a billion bytes would be read into memory before anybody could look at it."""
    monkeypatch.setattr(cifar_binary, "LARGEST", 500_000)
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 10**9
    path = tmp_path / ARCHIVE
    path.write_bytes(gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(10**6)))
    assert "it unpacks to too much" in refusal(path)


def test_an_archive_of_many_files(tmp_path: Path):
    path = archive(tmp_path / ARCHIVE, {f"{number}.txt": b"" for number in range(65)})
    assert "more than 64 entries" in refusal(path)


def test_the_official_sizes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    for known, width in ((cifar10.PUBLISHED, 3073), (cifar100.PUBLISHED, 3074)):
        assert (known.layout.count("train"), known.layout.count("test"), known.layout.width) == (
            50_000,
            10_000,
            width,
        )
        assert 60_000 * width < cifar_binary.LARGEST
        assert re.fullmatch("[0-9a-f]{64}", known.download.sha256)
        assert known.download.url.endswith(known.layout.archive)


@pytest.mark.skipif(
    not (REAL / "cifar10_subset.npz").is_file(), reason="GAN_DATA_DIR holds no cifar10_subset.npz"
)
def test_the_real_subset(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    path = str(REAL / "cifar10_subset.npz")
    train, test = load(Cifar10(path=path)), load(Cifar10(path=path), "test")
    assert (train.images.shape, test.images.shape) == ((10_000, 32, 32, 3), (2000, 32, 32, 3))
    assert np.bincount(train.labels).tolist() == [1000] * 10
    assert np.bincount(test.labels).tolist() == [200] * 10
    assert train.notes == ["10,000 of the 50,000 train images of cifar10"]
    assert train.images.mean(axis=(0, 1, 2)) == pytest.approx(
        [125.3, 123.0, 113.9], abs=2.0
    )  # those of the whole set
