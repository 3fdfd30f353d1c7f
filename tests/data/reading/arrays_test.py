"""Readers of files that may be damaged, or made to do harm."""

import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gan_cli.base.errors import DataError
from gan_cli.data.reading import arrays
from gan_cli.data.reading.arrays import read_idx, read_npz
from tests.data.made import idx

PIXELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def refusal(read, path: Path, *arguments: object) -> str:
    """The message of the DataError: one line that begins with the file."""
    with pytest.raises(DataError) as caught:
        read(path, *arguments)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(tmp_path: Path, save):
    save(tmp_path / "a.npz", x=PIXELS, y=np.array([1, -2]), z=np.array([None], dtype=object))
    found = read_npz(tmp_path / "a.npz", ("x", "y"))
    assert set(found) == {"x", "y"}
    np.testing.assert_array_equal(found["x"], PIXELS)
    assert found["x"].dtype == np.uint8
    assert found["y"].tolist() == [1, -2]


def test_npz_without_the_array(tmp_path: Path):
    np.savez(tmp_path / "a.npz", x=PIXELS)
    assert refusal(read_npz, tmp_path / "a.npz", ("x", "y")) == "no array 'y' (it holds x.npy)"


def test_npz_whose_shape_is_no_numbers(tmp_path: Path):
    np.savez(tmp_path / "a.npz", x=np.zeros((1, 16, 16), np.uint8))
    with zipfile.ZipFile(tmp_path / "b.npz", "w") as archive:
        header = zipfile.ZipFile(tmp_path / "a.npz").read("x.npy")
        archive.writestr("x.npy", header.replace(b"(1, 16, 16)", b"(True,16,1)"))
    assert "shape (True, 16, 1) is not of whole numbers" in refusal(
        read_npz, tmp_path / "b.npz", ("x",)
    )


def test_npz_of_nothing(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w"):
        pass
    assert refusal(read_npz, tmp_path / "a.npz", ("x",)) == "no array 'x' (it holds nothing)"


class Explosive:
    """What a pickle may hold: reading it would make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_npz_is_never_unpickled(tmp_path: Path):
    np.savez(tmp_path / "a.npz", x=np.array([Explosive(tmp_path / "harm")], dtype=object))
    message = refusal(read_npz, tmp_path / "a.npz", ("x",))
    assert message == "array 'x' holds pickled objects, which are not read"
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    "content", [b"", b"x_train\ny_train\n", b"\x93NUMPY\x01\x00", b"PK\x03\x04 and no more"]
)
def test_what_is_no_npz(tmp_path: Path, content: bytes):
    message = refusal(read_npz, write(tmp_path / "a.npz", content), ("x",))
    assert message == "not a readable npz (File is not a zip file); fetch or copy it again"


def test_npz_that_is_not_there(tmp_path: Path):
    assert "No such file" in refusal(read_npz, tmp_path / "a.npz", ("x",))


def test_npz_cut_off(tmp_path: Path):
    np.savez(tmp_path / "a.npz", x=PIXELS)
    whole = (tmp_path / "a.npz").read_bytes()
    refusal(read_npz, write(tmp_path / "a.npz", whole[: len(whole) // 2]), ("x",))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_with_a_flipped_bit(tmp_path: Path, save):
    save(tmp_path / "a.npz", x=np.random.default_rng(0).integers(0, 256, 1000, np.uint8))
    damaged = bytearray((tmp_path / "a.npz").read_bytes())
    damaged[600] ^= 1
    message = refusal(read_npz, write(tmp_path / "a.npz", bytes(damaged)), ("x",))
    assert message.startswith("not a readable npz (")


def npy(shape: tuple[int, ...], payload: bytes) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "|u1", "fortran_order": False, "shape": shape}
    )
    return file.getvalue() + payload


def test_npz_shorter_than_its_header_says(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", npy((1000,), b"123"))
    message = refusal(read_npz, tmp_path / "a.npz", ("x",))
    assert message == "array 'x' holds other than the 1,000 bytes that its header says"


@pytest.mark.parametrize("shape", [(10**12,), (2**70,), (2**40, 2**40)])
def test_npz_whose_header_claims_more_than_there_is(tmp_path: Path, shape: tuple[int, ...]):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", npy(shape, b"123"))
    assert "claims" in refusal(read_npz, tmp_path / "a.npz", ("x",))


@pytest.mark.parametrize(
    "content", [b"not an array", b"\x93NUMPY\x01\x00\x08\x00{'descr'", b"\x93NUMPY\x09\x00\x00\x00"]
)
def test_npz_with_a_member_that_is_no_array(tmp_path: Path, content: bytes):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", content)
    assert refusal(read_npz, tmp_path / "a.npz", ("x",)).startswith("not a readable npz (")


def test_npz_in_column_order_and_of_version_2(tmp_path: Path):
    array = np.asfortranarray(np.arange(6).reshape(2, 3))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive, archive.open("x.npy", "w") as member:
        np.lib.format.write_array(member, array, version=(2, 0))
    np.testing.assert_array_equal(read_npz(tmp_path / "a.npz", ("x",))["x"], array)


def test_npz_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(arrays, "LARGEST", 1000)
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros(2000, np.uint8), y=np.zeros(10, np.uint8))
    assert read_npz(tmp_path / "a.npz", ("y",))["y"].shape == (10,)
    assert refusal(read_npz, tmp_path / "a.npz", ("x", "y")) == "array 'x' claims 2,000 bytes"


@pytest.mark.parametrize(
    "array", [PIXELS, PIXELS[0, 0], PIXELS[None], np.zeros((0, 28, 28), np.uint8)]
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx(tmp_path: Path, array: np.ndarray, pack):
    found = read_idx(write(tmp_path / "a", pack(idx(array))))
    assert found.dtype == np.uint8
    assert found.shape == array.shape
    np.testing.assert_array_equal(found, array)


def test_idx_by_the_bytes_of_its_definition(tmp_path: Path):
    content = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60])
    assert read_idx(write(tmp_path / "a", content)).tolist() == [[10, 20, 30], [40, 50, 60]]


@pytest.mark.parametrize(
    "magic",
    [b"\x00\x01\x08\x03", b"\x00\x00\x09\x03", b"\x00\x00\x08\x00", b"\x00\x00\x08\x05", b"text"],
)
def test_idx_with_a_wrong_magic_number(tmp_path: Path, magic: bytes):
    message = refusal(read_idx, write(tmp_path / "a", magic + idx(PIXELS)[4:]))
    assert message == "not an IDX file of bytes (wrong magic number); fetch or copy it again"


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda whole: whole[:-1], "holds 23 bytes, its header says 24; fetch or copy it again"),
        (lambda whole: whole[:16], "holds 0 bytes, its header says 24; fetch or copy it again"),
        (lambda whole: whole + b"!", "holds 25 bytes, its header says 24; fetch or copy it again"),
    ],
)
def test_idx_with_too_few_or_too_many_bytes(tmp_path: Path, pack, change, message: str):
    assert refusal(read_idx, write(tmp_path / "a", pack(change(idx(PIXELS))))) == message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00",
        idx(PIXELS)[:10],
        gzip.compress(idx(PIXELS), mtime=0)[:20],
        b"\x1f\x8bno gzip at all",
    ],
)
def test_idx_cut_off_in_its_header(tmp_path: Path, content: bytes):
    message = refusal(read_idx, write(tmp_path / "a", content))
    assert message.startswith("not a readable IDX file (")
    assert message.endswith("); fetch or copy it again")


def test_idx_with_a_flipped_bit_in_gzip(tmp_path: Path):
    damaged = bytearray(
        gzip.compress(idx(np.random.default_rng(0).integers(0, 256, (9, 9, 9), np.uint8)))
    )
    damaged[400] ^= 1
    assert refusal(read_idx, write(tmp_path / "a", bytes(damaged))).endswith(
        "fetch or copy it again"
    )


@pytest.mark.parametrize("shape", [(2**32 - 1,) * 3, (65536, 65537, 1)])
def test_idx_claims_are_checked_before_memory_is_taken(tmp_path: Path, shape: tuple[int, ...]):
    message = refusal(
        read_idx, write(tmp_path / "a", struct.pack(">HBB3I", 0, 8, 3, *shape) + b"12")
    )
    assert message == f"claims {shape[0] * shape[1] * shape[2]:,} bytes of pixels"


def test_idx_that_is_not_there(tmp_path: Path):
    assert "No such file" in refusal(read_idx, tmp_path / "a")


def test_idx_that_is_a_folder(tmp_path: Path):
    assert "Is a directory" in refusal(read_idx, tmp_path)
