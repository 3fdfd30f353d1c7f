"""Pictures decoded on the fly: the bits, order and split of those decoded ahead, and no others."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from gan_cli.base.errors import DataError
from gan_cli.data import load
from gan_cli.data.folder import Folder
from gan_cli.data.reading import scan
from gan_cli.data.reading.options import Decode
from gan_cli.data.reading.source import Source
from gan_cli.data.zip import Zip

from ..made_pictures import encoded, noise, numbered, plain, write

SIDE = 8
BYTES = SIDE * SIDE * 3
"""Of a decoded picture."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve pictures of noise, of which some are JPEGs to be scaled, and a broken one."""
    files = {
        f"{number:02}.jpg": encoded(noise(11, 9 + number, seed=number), "JPEG")
        for number in range(12)
    }
    return write(tmp_path / "pictures", {**files, "broken.jpg": b"?"})


def read(path: Path, decode: Decode = "auto", **options: object) -> Source:
    given = {"size": SIDE, "test_share": 0.3, "max_bad_fraction": 0.1, **options}
    return load(Folder(path=str(path), decode=decode, **given))


def test_what_is_decoded_on_the_fly_is_what_is_decoded_ahead(folder: Path, cache: Path) -> None:
    ahead, fly = read(folder, "ahead"), read(folder, "on_the_fly")
    assert (ahead.on_the_fly, fly.on_the_fly) == (False, True)
    assert 6 <= len(ahead) < 12
    assert (fly.names, fly.skipped, fly.spec) == (ahead.names, ahead.skipped, ahead.spec)
    assert fly.fingerprint == ahead.fingerprint
    rows = np.array([5, 0, 3, 3])
    for chosen in (rows, slice(None), slice(1, 3)):
        np.testing.assert_array_equal(fly.images[chosen], ahead.images[chosen])
    held = [sum(file.stat().st_size for file in place.iterdir()) for place in cache.glob("p*-*")]
    assert len(held) == 2
    assert max(held) - min(held) == 13 * BYTES  # pixels are in one of them alone


def test_grey_pictures_have_one_channel_either_way(tmp_path: Path) -> None:
    path = write(tmp_path / "a", {f"{n}.png": encoded(plain((n, n, n))) for n in range(12)})
    ahead, fly = read(path, "ahead"), read(path, "on_the_fly")
    assert ahead.spec.channels == fly.spec.channels == 1
    np.testing.assert_array_equal(fly.images[:], ahead.images[:])
    assert fly.fingerprint == ahead.fingerprint


def test_the_free_disk_decides_and_what_was_chosen_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def free(amount: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=amount))

    free(2 * 13 * BYTES - 1)
    assert read(folder).on_the_fly
    free(10**9)
    assert read(folder).on_the_fly
    (folder / "new.jpg").write_bytes(numbered(1))
    assert not read(folder).on_the_fly
    free(0)
    assert not read(folder).on_the_fly
    (folder / "new.jpg").unlink()
    assert read(folder).on_the_fly  # as it was found before
    shutil.rmtree(os.environ["GAN_CACHE_DIR"])
    free(2 * 13 * BYTES)
    assert not read(folder).on_the_fly


def test_later_starts_decode_what_is_new_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []
    work = scan.scan

    def counted(images, row_shape, loader, items, weight):
        counts.append(len(items))
        return work(images, row_shape, loader, items, weight)

    monkeypatch.setattr("gan_cli.data.reading.building.scan", counted)
    first = read(folder, "on_the_fly")
    assert read(folder, "on_the_fly").fingerprint == first.fingerprint
    (folder / "new.jpg").write_bytes(numbered(1))
    assert len(read(folder, "on_the_fly", test_share=0.0)) == 13
    assert counts == [13, 2]  # the new one, and the broken one once more


@pytest.mark.parametrize(
    ("content", "reason"),
    [(numbered(7), "other bytes than before"), (b"", "empty file")],
)
def test_a_picture_that_changes_behind_the_run(
    folder: Path, cache: Path, content: bytes, reason: str
) -> None:
    source = read(folder, "on_the_fly", test_share=0.0)
    (folder / "03.jpg").write_bytes(content)
    assert source.images[np.array([0, 1, 2, 4])].shape == (4, SIDE, SIDE, 3)
    with pytest.raises(DataError) as caught:
        source.images[np.array([2, 3])]
    place = next(cache.glob("*-encoded"))
    assert str(caught.value) == (
        f"{folder}: 03.jpg is not what was first read there ({reason}); restore it, or remove "
        f"{place} and all is read anew"
    )


def test_threads_read_at_once(folder: Path, tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.glob("[0-9]*.jpg")):
            archive.write(file, file.name)
    packed = Zip(path=str(tmp_path / "a.zip"), size=SIDE, decode="on_the_fly", test_share=0.0)
    for source in (read(folder, "on_the_fly", test_share=0.0), load(packed)):
        expected, rows = source.images[:], np.arange(12)
        with ThreadPoolExecutor(8) as pool:
            for found in pool.map(source.images.__getitem__, [rows] * 40):
                np.testing.assert_array_equal(found, expected)
