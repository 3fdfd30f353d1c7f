"""Where what others publish is looked for, and a download that is there whole or not at all."""

import gzip
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gan_cli.base import download
from gan_cli.base.download import Download
from gan_cli.base.errors import DataError
from tests.data.made import no_other_places
from tests.web import NOWHERE, Server, serve

CONTENT = gzip.compress(np.random.default_rng(0).bytes(300_000), mtime=0)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return no_other_places(tmp_path, monkeypatch)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "set.gz").write_bytes(CONTENT)
    with serve(tmp_path) as found:
        yield found


@pytest.fixture
def published(server: Server) -> Download:
    return Download(f"{server.address}/set.gz", SHA256)


def fetch(published: Download, file: str = "set.npz") -> Path:
    return download.fetch(published, file, "datasets", "data=set", "give data.path=FILE")


def test_a_path_is_looked_at_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GAN_DATA_DIR", "elsewhere")
    assert download.candidates("here/mnist.npz") == [Path("here/mnist.npz")]


def test_folders_in_their_order(cache: Path, monkeypatch: pytest.MonkeyPatch):
    assert download.candidates(None) == [cache]
    monkeypatch.setenv("GAN_DATA_DIR", "mine")
    assert download.candidates(None) == [Path("mine"), cache]
    monkeypatch.setenv("GAN_DATA_DIR", "")
    assert download.candidates(None) == [cache]


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GAN_DATA_DIR", "~/sets")
    monkeypatch.delenv("KERAS_HOME")
    assert download.candidates("~/mnist.npz") == [tmp_path / "mnist.npz"]
    assert download.candidates(None) == [tmp_path / "sets", tmp_path / ".keras" / "datasets"]
    assert download.candidates(None, "models") == [
        tmp_path / "sets",
        tmp_path / ".keras" / "models",
    ]


def test_names_are_looked_for_in_each_folder(cache: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GAN_DATA_DIR", "mine")
    below = [Path("mine/a"), Path("mine/b/c"), cache / "a", cache / "b" / "c"]
    assert download.places(None, ("a", "b/c")) == below
    assert download.places(None, ("a",), "models") == [
        Path("mine/a"),
        cache.with_name("models") / "a",
    ]


def test_a_given_path_may_be_the_thing_itself(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GAN_DATA_DIR", "mine")
    assert download.places("given", ("a", "b/c")) == [
        Path("given/a"),
        Path("given/b/c"),
        Path("given"),
    ]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PermissionError(13, "Permission denied", "there/x"), "there/x: Permission denied"),
        (OSError(36, "File name too long"), "given: File name too long"),
        (OSError("odd"), "given: odd"),
    ],
)
def test_the_system_s_refusals_are_one_line(error: OSError, message: str):
    with pytest.raises(DataError) as caught, download.one_line("given"):
        raise error
    assert str(caught.value) == message


def test_a_download_may_have_a_folder_of_its_own(cache: Path, published: Download):
    assert fetch(published, "own/set.gz") == cache / "own" / "set.gz"
    assert [path.relative_to(cache).as_posix() for path in cache.rglob("*")] == [
        "own",
        "own/set.gz",
    ]
    assert (cache / "own" / "set.gz").read_bytes() == CONTENT


def test_a_download_lands_in_the_cache(cache: Path, published: Download):
    assert fetch(published) == cache / "set.npz"
    assert [path.name for path in cache.iterdir()] == ["set.npz"]
    assert (cache / "set.npz").read_bytes() == CONTENT
    assert stat.S_IMODE((cache / "set.npz").stat().st_mode) == 0o644


def test_weights_land_in_keras_s_other_folder(cache: Path, published: Download):
    target = download.fetch(published, "net.h5", "models", "extractor net", "")
    assert (target, target.read_bytes()) == (cache.with_name("models") / "net.h5", CONTENT)
    assert not cache.exists()


def test_what_a_server_takes_for_an_encoding_arrives_as_it_was_published(
    cache: Path, server: Server, published: Download
):
    server.headers["Content-Encoding"] = "x-gzip"  # as Apache sends a .gz
    assert fetch(published).read_bytes() == CONTENT


def test_two_at_once(cache: Path, server: Server, published: Download):
    """The second begins and ends while the first is half way."""
    content = server.content

    def slow(name: str) -> bytes | None:
        server.content = content
        assert fetch(published).read_bytes() == CONTENT
        assert len(list(cache.iterdir())) == 2
        return content(name)

    server.content = slow
    assert fetch(published).read_bytes() == CONTENT
    assert [path.name for path in cache.iterdir()] == ["set.npz"]


@pytest.mark.parametrize("length", [True, False])
def test_no_more_is_received_than_was_published(
    cache: Path, server: Server, published: Download, length: bool
):
    server.length = length
    with pytest.raises(DataError) as caught:
        fetch(published._replace(largest=len(CONTENT) - 1))
    assert str(caught.value) == f"{published.url}: larger than the published file"
    assert list(cache.iterdir()) == []
    assert fetch(published._replace(largest=len(CONTENT))).read_bytes() == CONTENT


def test_an_older_file_is_replaced_only_by_a_good_one(cache: Path, published: Download):
    cache.mkdir(parents=True)
    (cache / "set.npz").write_bytes(b"older")
    with pytest.raises(DataError):
        fetch(published._replace(sha256="0" * 64))
    assert (cache / "set.npz").read_bytes() == b"older"
    fetch(published)
    assert (cache / "set.npz").read_bytes() == CONTENT


def test_a_wrong_hash_leaves_nothing(cache: Path, published: Download):
    wrong = published._replace(sha256="0" * 64)
    with pytest.raises(DataError) as caught:
        fetch(wrong)
    line = str(caught.value)
    assert line.startswith(f"{wrong.url}: what arrived is not the published file (SHA256 hash of ")
    assert line.endswith(f"expected {'0' * 64} but got {SHA256})")
    assert "\n" not in line
    assert list(cache.iterdir()) == []


def refusal(published: Download) -> str:
    with pytest.raises(DataError) as caught:
        fetch(published)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_connection_that_breaks_leaves_nothing(cache: Path, server: Server, published: Download):
    server.cut = 100_000
    assert "and the download failed (Connection broken: IncompleteRead(" in refusal(published)
    assert list(cache.iterdir()) == []
    server.length = False
    assert "what arrived is not the published file" in refusal(published)
    assert list(cache.iterdir()) == []


def test_ctrl_c_leaves_nothing(cache: Path, published: Download, monkeypatch: pytest.MonkeyPatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(published)
    assert list(cache.iterdir()) == []


def test_a_server_that_does_not_answer_is_not_waited_for_without_end(
    cache: Path, server: Server, published: Download, monkeypatch: pytest.MonkeyPatch
):
    server.content = lambda _: time.sleep(1)
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 0.2)
    assert "the download failed (Read timed out. (read timeout=0.2));" in refusal(published)
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (NOWHERE, "Failed to establish a new connection: [Errno 111] Connection refused"),
        ("http://no.invalid", "Failed to resolve 'no.invalid' ([Errno "),
        ("", "404 Client Error: Not Found for url: "),
    ],
)
def test_the_message_for_what_is_nowhere(
    cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch, address: str, reason: str
):
    monkeypatch.setenv("GAN_DATA_DIR", "mine")
    line = refusal(Download(f"{address or server.address}/none.gz", SHA256))
    start = f"data=set: no set.npz in mine, {cache}, and the download failed ({reason}"
    assert line.startswith(start)
    assert line.endswith("); give data.path=FILE")


def test_nothing_is_printed_in_a_pipe(published: Download, capfd: pytest.CaptureFixture[str]):
    fetch(published)
    with pytest.raises(DataError):
        fetch(Download(NOWHERE, SHA256), "other.npz")
    assert capfd.readouterr() == ("", "")


def test_a_cache_that_cannot_be_written_is_one_line(cache: Path, published: Download):
    cache.parent.mkdir()
    cache.write_text("a file")
    assert f"no set.npz in {cache}, and the download failed (" in refusal(published)


def test_nobody_s_home_is_one_line():
    with pytest.raises(DataError, match=r"^~nobody-of-this-name/x: "):
        download.candidates("~nobody-of-this-name/x")
