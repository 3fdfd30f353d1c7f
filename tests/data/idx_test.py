"""MNIST and its two kin from wherever they are, and one line for whatever is wrong with them."""

import gzip
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from gan_cli.base.errors import DataError
from gan_cli.data import fashion_mnist, kmnist, load, mnist
from gan_cli.data.fashion_mnist import FashionMnist
from gan_cli.data.formats.idx import IDX
from gan_cli.data.kmnist import Kmnist
from gan_cli.data.mnist import Mnist
from gan_cli.data.reading.source import Source
from tests.data.made import (
    HTML,
    IMAGES,
    LABELS,
    TEST_IMAGES,
    TEST_LABELS,
    digits,
    idx,
    no_other_places,
    write_idx,
    write_npz,
)
from tests.web import NOWHERE, Server, serve

Publish = Callable[..., None]

REAL = Path(os.environ.get("GAN_DATA_DIR") or "nowhere") / "mnist.npz"
KIN = [
    (FashionMnist, ["fashion-mnist", "fashion_mnist", "FashionMNIST", "FashionMNIST/raw"]),
    (Kmnist, ["kmnist", "KMNIST", "KMNIST/raw"]),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serve(tmp_path / "published") as found:
        yield found


@pytest.fixture(autouse=True)
def publish(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Let the downloads of all sets be the files of a folder of ours, with their hashes or with a
    given one; there are none yet.
    """

    def again(folder: Path, **sha256: str) -> None:
        found = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*")
        }
        for source in (mnist, fashion_mnist, kmnist):
            known = source.PUBLISHED
            hashes = dict.fromkeys(known.sha256, "") | found | sha256
            changed = known._replace(address=server.address, sha256=hashes)
            monkeypatch.setattr(source, "PUBLISHED", changed)

    again(tmp_path / "published")
    return again


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of Keras's, and no folder of the user's."""
    return no_other_places(tmp_path, monkeypatch)


def level_of(source: Source) -> int:
    """The grey level that tells which of the made files was read."""
    (found,) = np.unique(source.images)
    return int(found)


def level(**options: object) -> int:
    return level_of(load(Mnist(**options)))


def refusal(path: Path, schema: type = Mnist, split: str = "train") -> str:
    with pytest.raises(DataError) as caught:
        load(schema(path=str(path)), split)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_what_the_source_holds(tmp_path: Path):
    write_npz(tmp_path / "mnist.npz", level=9)
    source = load(Mnist(path=str(tmp_path / "mnist.npz")))
    assert (source.images.shape, source.images.dtype) == ((3, 28, 28, 1), np.uint8)
    assert (source.labels.tolist(), source.labels.dtype) == ([0, 1, 2], np.int64)
    assert source.class_names == list("0123456789")
    assert source.spec.image_shape == (28, 28, 1)
    assert source.spec.num_classes == 10
    assert source.origin == str(tmp_path / "mnist.npz")


@pytest.mark.parametrize(
    ("size", "shape"), [(None, (28, 28)), (14, (14, 14)), ([20, 32], (20, 32))]
)
def test_size(tmp_path: Path, size: object, shape: tuple[int, int]):
    write_npz(tmp_path / "mnist.npz", level=9)
    images = load(Mnist(path=str(tmp_path), size=size)).images
    assert images.shape == (3, *shape, 1)
    assert np.unique(images).tolist() == [9]


def test_the_order_of_the_places(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, publish: Publish
):
    """data.path before GAN_DATA_DIR before Keras's cache before the network."""
    write_npz(tmp_path / "published" / "mnist.npz", level=4)
    publish(tmp_path / "published")
    assert level() == 4
    write_npz(cache / "mnist.npz", level=3)
    assert level() == 3
    write_npz(tmp_path / "mine" / "mnist.npz", level=2)
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    assert level() == 2
    write_npz(tmp_path / "given" / "mnist.npz", level=1)
    assert level(path=str(tmp_path / "given")) == 1
    assert level(path=str(tmp_path / "given" / "mnist.npz")) == 1


def test_the_second_run_needs_no_network(tmp_path: Path, publish: Publish):
    write_npz(tmp_path / "published" / "mnist.npz", level=4)
    publish(tmp_path / "published")
    first = load(Mnist())
    (tmp_path / "published" / "mnist.npz").unlink()
    assert load(Mnist()).fingerprint == first.fingerprint


def test_a_download_that_is_not_the_published_file(tmp_path: Path, cache: Path, publish: Publish):
    write_npz(tmp_path / "published" / "mnist.npz")
    publish(tmp_path / "published", **{"mnist.npz": "0" * 64})
    with pytest.raises(DataError, match="what arrived is not the published file"):
        load(Mnist())
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_it_is_passed_over(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, exists: bool
):
    write_npz(cache / "mnist.npz", level=3)
    if exists:
        (tmp_path / "mine").mkdir()
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    assert level() == 3


def test_a_folder_with_half_of_it_is_passed_over(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    write_npz(cache / "mnist.npz", level=3)
    (write_idx(tmp_path / "half") / LABELS).unlink()
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "half"))
    assert level() == 3


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("dot", ["-idx", ".idx"])
def test_idx_files_under_their_four_names(tmp_path: Path, ending: str, dot: str):
    folder = write_idx(
        tmp_path / "idx",
        *(name.replace("-idx", dot) + ending for name in (IMAGES, LABELS)),
        level=5,
    )
    source = load(Mnist(path=str(folder)))
    assert np.unique(source.images).tolist() == [5]
    assert source.images.shape == (3, 28, 28, 1)
    assert source.labels.tolist() == [0, 1, 2]


def test_names_of_idx_files_may_be_mixed(tmp_path: Path):
    folder = write_idx(tmp_path / "idx", f"{IMAGES}.gz", LABELS.replace("-idx", ".idx"), level=6)
    assert level(path=str(folder)) == 6


def test_the_file_of_images_stands_for_both(tmp_path: Path):
    assert level(path=str(write_idx(tmp_path / "idx", level=8) / IMAGES)) == 8


def test_a_path_that_does_not_exist(tmp_path: Path):
    expected = f"neither mnist.npz nor the IDX files {IMAGES}, {LABELS}"
    assert refusal(tmp_path / "none.npz") == f"data.path={tmp_path / 'none.npz'}: {expected}"
    assert refusal(tmp_path) == f"data.path={tmp_path}: {expected}"


def test_a_mistyped_path_is_not_answered_by_its_neighbours(tmp_path: Path):
    write_idx(tmp_path)
    assert "neither mnist.npz nor the IDX files" in refusal(tmp_path / "mnits.npz")


def test_a_given_path_is_never_answered_by_another_place(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    write_npz(cache / "mnist.npz")
    write_npz(tmp_path / "mine" / "mnist.npz")
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    assert "neither mnist.npz nor" in refusal(tmp_path / "none.npz")


def test_a_file_of_another_name(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("no digits\n")
    assert refusal(tmp_path / "notes.txt").endswith(
        f": expected mnist.npz or an IDX file called {IMAGES}"
    )


def test_text_in_place_of_the_npz(tmp_path: Path):
    (tmp_path / "mnist.npz").write_bytes(HTML)
    assert "not a readable npz (File is not a zip file)" in refusal(tmp_path / "mnist.npz")


def changed(**arrays: np.ndarray):
    return lambda path: write_npz(path, **arrays)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: np.savez(path, x=np.zeros(3)), "no array 'x_train' (it holds x.npy)"),
        (
            lambda path: np.savez(path, x_train=digits(0)[0]),
            "no array 'y_train' (it holds x_train.npy)",
        ),
        (changed(y_train=np.array([1, {}], dtype=object)), "holds pickled objects"),
        (
            changed(x_train=np.zeros((0, 28, 28), np.uint8), y_train=np.zeros(0, np.uint8)),
            "mnist.npz: holds no images",
        ),
        (changed(y_train=np.arange(4)), "3 images but labels of shape [4], int64"),
        (changed(y_train=np.zeros((3, 1), np.uint8)), "3 images but labels of shape [3, 1], uint8"),
        (changed(y_train=np.zeros(3)), "3 images but labels of shape [3], float64"),
        (changed(y_train=np.array([0, 10, 1])), "labels from 0 to 10, expected 0 to 9"),
        (changed(y_train=np.array([0, -1, 1])), "labels from -1 to 1, expected 0 to 9"),
        (
            changed(x_train=np.zeros((3, 784), np.uint8)),
            "expected uint8 images [N, 28, 28], found uint8 [3, 784]",
        ),
        (
            changed(x_train=np.zeros((3, 28, 28, 1), np.uint8)),
            "expected uint8 images [N, 28, 28], found uint8 [3, 28, 28, 1]",
        ),
        (
            changed(x_train=np.zeros((3, 28, 28))),
            "expected uint8 images [N, 28, 28], found float64 [3, 28, 28]",
        ),
        (
            changed(x_train=np.zeros((3, 28, 7), np.uint8)),
            "expected uint8 images [N, 28, 28], found uint8 [3, 28, 7]",
        ),
        (
            changed(x_train=np.zeros((3, 2049, 8), np.uint8)),
            "expected uint8 images [N, 28, 28], found uint8 [3, 2049, 8]",
        ),
    ],
)
def test_an_npz_that_is_not_mnist(tmp_path: Path, write, message: str):
    write(tmp_path / "mnist.npz")
    assert message in refusal(tmp_path / "mnist.npz")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (IMAGES, idx(digits(0)[0])[:-5], "holds 2,347 bytes, its header says 2,352"),
        (LABELS, idx(digits(0)[1]) + b"more", "its header says 3"),
        (LABELS, idx(digits(0)[1])[4:], "wrong magic number"),
        (
            IMAGES,
            HTML,
            f"{IMAGES}: not an IDX file of bytes (wrong magic number); fetch or copy it again",
        ),
        (
            IMAGES,
            gzip.compress(idx(digits(0)[0]), mtime=0)[:-20],
            "not a readable IDX file (Compressed file ended before",
        ),
        (LABELS, idx(np.array([0, 1, 11], np.uint8)), "labels from 0 to 11, expected 0 to 9"),
        (LABELS, idx(np.array([0, 1], np.uint8)), "3 images but labels of shape [2], uint8"),
        (IMAGES, idx(digits(0)[1]), "expected uint8 images [N, 28, 28], found uint8 [3]"),
        (
            IMAGES,
            b"\x00\x00\x08\x03" + b"\xff" * 12,
            "claims 79,228,162,458,924,105,385,300,197,375 bytes of pixels",
        ),
    ],
)
def test_damaged_idx_files(tmp_path: Path, name: str, content: bytes, message: str):
    (write_idx(tmp_path / "idx") / name).write_bytes(content)
    assert message in refusal(tmp_path / "idx")


def test_damage_is_told_even_where_the_next_place_is_good(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    write_npz(cache / "mnist.npz")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "mnist.npz").write_bytes(b"PK")
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    with pytest.raises(DataError) as caught:
        load(Mnist())
    assert str(caught.value).startswith(f"{tmp_path / 'mine' / 'mnist.npz'}: not a readable npz")


def test_no_network(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mnist, "PUBLISHED", mnist.PUBLISHED._replace(address=NOWHERE))
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    with pytest.raises(DataError) as caught:
        load(Mnist())
    assert str(caught.value) == (
        f"data=mnist: no mnist.npz in {tmp_path / 'mine'}, {cache}, and the download failed "
        "(Failed to establish a new connection: [Errno 111] Connection refused); "
        "put mnist.npz there, or give data.path=FILE or GAN_DATA_DIR=FOLDER; "
        "data=mnist_small needs no file"
    )
    assert not list(cache.iterdir())


def test_the_test_split_of_the_npz(tmp_path: Path):
    write_npz(tmp_path / "mnist.npz", level=9)
    test = load(Mnist(path=str(tmp_path)), "test")
    assert (test.images.shape, level_of(test)) == ((2, 28, 28, 1), 10)
    assert (test.labels.tolist(), test.class_names) == ([5, 6], list("0123456789"))
    assert test.fingerprint != load(Mnist(path=str(tmp_path))).fingerprint


def test_the_test_split_of_idx_files(tmp_path: Path):
    write_idx(
        write_idx(tmp_path / "idx", level=1), f"{TEST_IMAGES}.gz", TEST_LABELS, level=2, count=5
    )
    for path in (
        tmp_path / "idx",
        tmp_path / "idx" / IMAGES,
        tmp_path / "idx" / f"{TEST_IMAGES}.gz",
    ):
        train, test = (load(Mnist(path=str(path)), split) for split in ("train", "test"))
        assert (level_of(train), len(train)) == (1, 3)
        assert (level_of(test), len(test)) == (2, 5)
        assert (train.origin, test.origin) == (
            str(tmp_path / "idx" / IMAGES),
            str(tmp_path / "idx" / f"{TEST_IMAGES}.gz"),
        )


def test_files_without_a_test_split(tmp_path: Path):
    np.savez(tmp_path / "mnist.npz", x_train=digits(0)[0], y_train=digits(0)[1])
    assert "no array 'x_test' (it holds x_train.npy, y_train.npy)" in refusal(
        tmp_path / "mnist.npz", split="test"
    )
    folder = write_idx(tmp_path / "idx")
    assert refusal(folder, split="test").endswith(
        f": neither mnist.npz nor the IDX files {TEST_IMAGES}, {TEST_LABELS}"
    )
    assert (
        refusal(folder / IMAGES, split="test") == f"{folder / IMAGES}: no {TEST_IMAGES} beside it"
    )
    write_idx(folder, TEST_IMAGES, TEST_LABELS)
    (folder / TEST_LABELS).unlink()
    assert (
        refusal(folder / IMAGES, split="test") == f"{folder / IMAGES}: no {TEST_LABELS} beside it"
    )


@pytest.mark.parametrize("folder", [".", "mnist", "MNIST", "MNIST/raw"])
def test_folders_of_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str):
    write_idx(tmp_path / "mine" / folder, level=5)
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    assert level() == level(path=str(tmp_path / "mine")) == 5


@pytest.mark.parametrize(
    ("schema", "folder"), [(schema, folder) for schema, folders in KIN for folder in folders]
)
def test_folders_of_its_kin(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, schema: type, folder: str
):
    """Their files have MNIST's names: where several sets may lie, they are taken from a folder of
    their own only.
    """
    write_idx(tmp_path / "mine", level=1)
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    with pytest.raises(DataError, match="the download failed"):
        load(schema())
    write_idx(cache / folder, level=3)
    assert level_of(load(schema())) == 3
    write_idx(tmp_path / "mine" / folder, level=2)
    assert level_of(load(schema())) == 2
    assert level_of(load(schema(path=str(tmp_path / "mine")))) == 2
    assert level_of(load(schema(path=str(cache)))) == 3
    assert level_of(load(schema(path=str(cache / folder)))) == 3
    assert level_of(load(schema(path=str(cache / folder / IMAGES)))) == 3


def test_a_given_folder_may_hold_the_files_of_a_kin_itself(tmp_path: Path):
    assert level_of(load(FashionMnist(path=str(write_idx(tmp_path / "any", level=4))))) == 4


@pytest.mark.parametrize("others", [["fashion-mnist"], ["kmnist"], ["fashion-mnist", "kmnist"]])
def test_mnist_is_not_answered_by_its_kin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: list[str]
):
    for folder in others:
        write_idx(tmp_path / "mine" / folder)
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "mine"))
    with pytest.raises(DataError, match="the download failed"):
        load(Mnist())


@pytest.mark.parametrize(("schema", "folders"), KIN)
@pytest.mark.parametrize(
    ("split", "names"), [("train", (IMAGES, LABELS)), ("test", (TEST_IMAGES, TEST_LABELS))]
)
def test_only_the_files_of_the_split_are_downloaded(
    tmp_path: Path,
    cache: Path,
    publish: Publish,
    schema: type,
    folders: list[str],
    split: str,
    names: tuple,
):
    write_idx(tmp_path / "published", *(f"{name}.gz" for name in names), level=6)
    publish(tmp_path / "published")
    source = load(schema(), split)
    assert level_of(source) == 6
    assert sorted(path.relative_to(cache).as_posix() for path in cache.rglob("*.*")) == sorted(
        f"{folders[0]}/{name}.gz" for name in names
    )
    assert source.origin == str(cache / folders[0] / f"{names[0]}.gz")
    (tmp_path / "published" / f"{names[0]}.gz").unlink()
    assert load(schema(), split).fingerprint == source.fingerprint


def test_what_is_there_is_not_downloaded_again(tmp_path: Path, cache: Path, publish: Publish):
    write_idx(cache / "kmnist", f"{IMAGES}.gz", f"{LABELS}.gz", level=1)
    write_idx(tmp_path / "published", f"{IMAGES}.gz", f"{LABELS}.gz", level=2)
    publish(tmp_path / "published")
    (cache / "kmnist" / f"{LABELS}.gz").unlink()
    assert level_of(load(Kmnist())) == 1
    assert (cache / "kmnist" / f"{LABELS}.gz").is_file()


@pytest.mark.parametrize("wrong", [IMAGES, LABELS])
def test_a_kin_with_another_hash_is_not_kept(
    tmp_path: Path, cache: Path, publish: Publish, wrong: str
):
    write_idx(tmp_path / "published", f"{IMAGES}.gz", f"{LABELS}.gz")
    publish(tmp_path / "published", **{f"{wrong}.gz": "0" * 64})
    with pytest.raises(
        DataError, match=re.escape(f"{wrong}.gz: what arrived is not the published file")
    ):
        load(FashionMnist())
    left = [path.name for path in (cache / "fashion-mnist").iterdir()]
    assert left == ([] if wrong == IMAGES else [f"{IMAGES}.gz"])


def test_no_network_for_a_kin(tmp_path: Path, cache: Path):
    with pytest.raises(DataError) as caught:
        load(Kmnist())
    message = str(caught.value)
    assert message.startswith(
        f"data=kmnist: no kmnist/{IMAGES}.gz in {cache}, and the download failed ("
    )
    assert f"put kmnist/{IMAGES}.gz there, or give data.path=FILE" in message


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        (
            FashionMnist,
            [
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ],
        ),
        (Kmnist, ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]),
    ],
)
def test_what_its_kin_hold(tmp_path: Path, schema: type, names: list[str]):
    source = load(schema(path=str(write_idx(tmp_path)), size=[14, 20]))
    assert source.class_names == names
    assert source.spec.image_shape == (14, 20, 1)
    assert (source.labels.tolist(), source.labels.dtype) == ([0, 1, 2], np.int64)


@pytest.mark.parametrize("schema", [FashionMnist, Kmnist])
def test_kin_are_not_read_from_an_npz(tmp_path: Path, schema: type):
    write_npz(tmp_path / "mnist.npz")
    assert refusal(tmp_path, schema) == f"data.path={tmp_path}: no IDX files {IMAGES}, {LABELS}"
    assert refusal(tmp_path / "mnist.npz", schema).endswith(
        f": expected an IDX file called {IMAGES}"
    )


def test_the_downloads_are_those_of_the_publishers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    for known in (mnist.PUBLISHED, fashion_mnist.PUBLISHED, kmnist.PUBLISHED):
        files = (
            {"mnist.npz"}
            if known.npz
            else {f"{name}.gz" for names in IDX.values() for name in names}
        )
        assert set(known.sha256) == files
        assert all(re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in known.sha256.values())
        assert re.match("https?://", known.address)
    kin = (fashion_mnist.PUBLISHED, kmnist.PUBLISHED)
    assert len({sha256 for known in kin for sha256 in known.sha256.values()}) == 8


@pytest.mark.skipif(not REAL.is_file(), reason="GAN_DATA_DIR holds no mnist.npz")
def test_the_real_one():
    source = load(Mnist(path=str(REAL)))
    assert source.images.shape == (60_000, 28, 28, 1)
    assert np.bincount(source.labels).tolist() == [
        5923,
        6742,
        5958,
        6131,
        5842,
        5421,
        5918,
        6265,
        5851,
        5949,
    ]
    # Copies that were PNG files differ by a level here and there.
    assert source.images.mean() == pytest.approx(33.318, abs=0.05)


@pytest.mark.skipif(not REAL.is_file(), reason="GAN_DATA_DIR holds no mnist.npz")
def test_the_real_one_s_test_split():
    source = load(Mnist(path=str(REAL)), "test")
    assert source.images.shape == (10_000, 28, 28, 1)
    assert np.bincount(source.labels).tolist() == [
        980,
        1135,
        1032,
        1010,
        982,
        892,
        958,
        1028,
        974,
        1009,
    ]
    assert source.images.mean() == pytest.approx(33.791, abs=0.05)
