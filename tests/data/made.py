"""Small files in the formats that the readers read, and places of their own to look for them in."""

import gzip
import hashlib
import io
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
HTML = b"<html>\nnot found\n</html>\n"


def no_other_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No folder of the user's, and an empty cache of Keras's, which is returned."""
    monkeypatch.delenv("GAN_DATA_DIR", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "datasets"


def digits(level: int, count: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Images [N, 28, 28] of one grey level, labels 0, 1, 2, ..."""
    return np.full((count, 28, 28), level, np.uint8), np.arange(count, dtype=np.uint8) % 10


def write_npz(path: Path, level: int = 7, **changes: np.ndarray) -> str:
    """A small mnist.npz, whose test images are a level brighter; its SHA-256."""
    images, labels = digits(level)
    arrays = {
        "x_train": images,
        "y_train": labels,
        "x_test": images[:2] + 1,
        "y_test": labels[:2] + 5,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{**arrays, **changes})
    return hashlib.sha256(path.read_bytes()).hexdigest()


def idx(array: np.ndarray) -> bytes:
    """An array of bytes in the IDX format."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_idx(
    folder: Path, images: str = IMAGES, labels: str = LABELS, level: int = 7, count: int = 3
) -> Path:
    """The two files of a split; gzipped where the name says so."""
    folder.mkdir(exist_ok=True, parents=True)
    for name, array in zip((images, labels), digits(level, count), strict=True):
        (folder / name).write_bytes(
            gzip.compress(idx(array)) if name.endswith(".gz") else idx(array)
        )
    return folder


def sprites(count: int = 10, seed: int = 0) -> np.ndarray:
    """Distinct images [N, 28, 28] without a black pixel, for data made of digits."""
    return np.random.default_rng(seed).integers(1, 256, (count, 28, 28), np.uint8)


def record(labels: tuple[int, ...], level: int) -> bytes:
    """A record of CIFAR: label bytes, then planes of `level`, `level` + 1 and `level` + 2."""
    return bytes(labels) + b"".join(bytes([level + plane]) * 1024 for plane in range(3))


def tar_gz(path: Path, files: dict[str, bytes]) -> Path:
    """An archive of plain files."""
    return tar_of(path, [(_plain(name, len(content)), content) for name, content in files.items()])


def tar_of(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    """An archive of whatever members."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return path


def _plain(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    return member
