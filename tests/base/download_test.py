"""Where what others publish is looked for, and a download that is there whole or not at all."""

import email.message
import hashlib
import io
import os
import stat
import urllib.error
import urllib.request
from http.client import IncompleteRead
from pathlib import Path

import pytest

from gan_cli.base import download
from gan_cli.base.download import Download
from gan_cli.base.errors import DataError
from tests.data.made import no_other_places

CONTENT = b"published bytes " * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return no_other_places(tmp_path, monkeypatch)


@pytest.fixture
def published(tmp_path: Path) -> Download:
    (tmp_path / "published").write_bytes(CONTENT)
    return Download((tmp_path / "published").as_uri(), SHA256)


class Answer(io.BytesIO):
    """What urlopen gives; after its bytes it may raise."""

    def __init__(self, content: bytes, error: BaseException | None = None) -> None:
        super().__init__(content)
        self.headers, self._error = email.message.Message(), error

    def read(self, size: int | None = -1) -> bytes:
        block = super().read(min(size, 1000))
        if not block and self._error:
            raise self._error
        return block


def answer(
    monkeypatch: pytest.MonkeyPatch, content: bytes, error: BaseException | None = None
) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", lambda url, timeout: Answer(content, error))


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


def test_two_at_once(cache: Path, published: Download, monkeypatch: pytest.MonkeyPatch):
    """The second begins and ends while the first is half way; both have names of their own until
    they are whole.
    """

    class Slow(Answer):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() == 5000:
                answer(monkeypatch, CONTENT)
                fetch(published)
                assert len(list(cache.iterdir())) == 2
            return super().read(size)

    monkeypatch.setattr(urllib.request, "urlopen", lambda url, timeout: Slow(CONTENT))
    assert fetch(published).read_bytes() == CONTENT
    assert [path.name for path in cache.iterdir()] == ["set.npz"]


def test_no_more_is_received_than_was_published(
    cache: Path, published: Download, monkeypatch: pytest.MonkeyPatch
):
    answer(monkeypatch, CONTENT)  # in many blocks, each of them small
    with pytest.raises(DataError) as caught:
        fetch(published._replace(largest=len(CONTENT) - 1))
    assert str(caught.value) == f"{published.url}: larger than the published file"
    assert list(cache.iterdir()) == []
    assert fetch(published._replace(largest=len(CONTENT))).exists()


def test_a_download_appears_whole(
    cache: Path, published: Download, monkeypatch: pytest.MonkeyPatch
):
    """When it takes its name all bytes are in it, not in a buffer that a killed process would
    lose.
    """
    seen = []
    replace = os.replace

    def watched(source: str, target: Path) -> None:
        assert not target.exists()
        assert Path(source).parent == target.parent == cache
        seen.append(Path(source).read_bytes())
        replace(source, target)

    monkeypatch.setattr(os, "replace", watched)
    answer(monkeypatch, CONTENT)  # in blocks smaller than the file's buffer
    fetch(published)
    assert seen == [CONTENT]


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
    assert (
        str(caught.value)
        == f"{wrong.url}: what arrived is not the published file (SHA-256 {SHA256})"
    )
    assert list(cache.iterdir()) == []


def test_a_short_answer_leaves_nothing(
    cache: Path, published: Download, monkeypatch: pytest.MonkeyPatch
):
    answer(monkeypatch, CONTENT[:-1])
    with pytest.raises(DataError, match="not the published file"):
        fetch(published)
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError("reset by peer"),
        IncompleteRead(b""),
        TimeoutError("timed out"),
        KeyboardInterrupt(),
    ],
)
def test_a_cut_off_leaves_nothing(
    cache: Path, published: Download, monkeypatch: pytest.MonkeyPatch, error: BaseException
):
    answer(monkeypatch, CONTENT[:5000], error)
    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else DataError):
        fetch(published)
    assert list(cache.iterdir()) == []


def test_the_answer_is_not_waited_for_without_end(
    published: Download, monkeypatch: pytest.MonkeyPatch
):
    waits = []

    def urlopen(url: str, timeout: float) -> Answer:
        waits.append((url, timeout))
        return Answer(CONTENT)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    fetch(published)
    assert waits == [(published.url, 15)]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (urllib.error.URLError("no route to host"), "no route to host"),
        (TimeoutError("timed out"), "timed out"),
    ],
)
def test_the_message_for_what_is_nowhere(
    cache: Path, published: Download, monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
):
    monkeypatch.setenv("GAN_DATA_DIR", "mine")
    answer(monkeypatch, b"", error)
    with pytest.raises(DataError) as caught:
        fetch(published)
    assert str(caught.value) == (
        f"data=set: no set.npz in mine, {cache}, and the download failed ({reason}); give "
        "data.path=FILE"
    )


def test_nobody_s_home_is_one_line():
    with pytest.raises(DataError, match=r"^~nobody-of-this-name/x: "):
        download.candidates("~nobody-of-this-name/x")
