"""Weights of others are looked for where they may lie, and believed for their hash alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gan_cli.base.download import Download
from gan_cli.base.errors import DataError
from gan_cli.base.published import Published, find, sha256, verify
from tests.web import serve

CONTENT = b"weights" * 1000
HASH = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty Keras folder, and no other."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("GAN_DATA_DIR", raising=False)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    put(tmp_path / "published" / "net.h5")
    with serve(tmp_path / "published") as found:
        yield f"{found.address}/net.h5"


def net(url: str = "http://127.0.0.1:9/net.h5") -> Published:
    return Published("net", ("net.h5", "net.tgz"), Download(url, HASH))


def look(what: Published, path: str | None) -> Path:
    return find(what, path, "features=net", "use features=null")


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(CONTENT)
    return path


def test_the_order_of_the_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    last = put(tmp_path / "keras" / "models" / "net.h5")
    assert look(net(), None) == last
    second = put(tmp_path / "data" / "net.tgz")
    monkeypatch.setenv("GAN_DATA_DIR", str(tmp_path / "data"))
    assert look(net(), None) == second
    first = put(tmp_path / "given" / "any.name")
    assert look(net(), str(first)) == first
    assert look(net(), str(tmp_path / "data")) == second


def test_a_data_file_in_gan_data_dir_is_not_taken_for_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GAN_DATA_DIR", str(put(tmp_path / "mnist.npz")))
    last = put(tmp_path / "keras" / "models" / "net.h5")
    assert look(net(), None) == last


def test_a_given_path_without_it_is_one_line_and_downloads_nothing(tmp_path: Path, server: str):
    with pytest.raises(DataError, match=r"no net.h5 at .*; it is published at http"):
        look(net(server), str(tmp_path))
    assert not (tmp_path / "keras").exists()


def test_a_path_that_the_system_refuses_is_one_line():
    with pytest.raises(DataError, match=r"^x{300}/net\.h5: File name too long$"):
        look(net(), "x" * 300)


def test_without_a_network_one_line_says_what_to_do(tmp_path: Path):
    with pytest.raises(DataError) as caught:
        look(net(), None)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(
        f"features=net: no net.h5 in {tmp_path / 'keras' / 'models'}, and the download failed"
    )
    assert "put http://127.0.0.1:9/net.h5 there, or use features=null" in line


def test_a_download_is_kept(tmp_path: Path, server: str):
    found = look(net(server), None)
    assert found == tmp_path / "keras" / "models" / "net.h5"
    assert found.read_bytes() == CONTENT
    assert [path.name for path in found.parent.iterdir()] == ["net.h5"]
    assert look(net(), None) == found


def test_verify_names_both_hashes(tmp_path: Path):
    verify(net(), sha256(put(tmp_path / "net.h5")), "net.h5")
    with pytest.raises(DataError, match=f"SHA-256 abc, expected {HASH}"):
        verify(net(), "abc", "net.h5")
    with pytest.raises(DataError, match="No such file"):
        sha256(tmp_path / "missing")
