"""The size of images where `data.size` is left at auto."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_cli import data
from gan_cli.data.csv import Csv
from gan_cli.data.folder import Folder
from gan_cli.data.zip import Zip
from tests.conftest import TINY, Command

from .made_pictures import encoded, plain, write

Sizes = list[tuple[int, int]]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))


def files(sizes: Sizes) -> dict[str, bytes]:
    """Grey pictures of these heights and widths."""
    return {
        f"{index:03}.png": encoded(plain(index % 250, *size)) for index, size in enumerate(sizes)
    }


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(32, 32)] * 3, (32, 32)),
        ([(48, 64)] * 3, (48, 64)),
        ([(64, 64)] * 3, (64, 64)),
        ([(65, 65)] * 3, (64, 64)),  # as much as nobody has asked for
        ([(48, 128)] * 3, (48, 48)),
        ([(200, 300), (30, 90), (20, 20)], (30, 30)),  # most of them fill it
        ([(200, 300), (70, 90), (20, 20)], (64, 64)),
        ([(9, 9), (7, 7), (7, 7)], (8, 8)),
        ([(32, 32)] * 300 + [(100, 100)], (32, 32)),
    ],
)
def test_it_is_that_of_the_pictures(
    sizes: Sizes, expected: tuple[int, int], tmp_path: Path
) -> None:
    folder = write(tmp_path / "pictures", files(sizes))
    options = Folder(path=str(folder), test_share=0.0)
    assert data.load(options, "train").images.shape == (len(sizes), *expected, 1)


def test_it_is_the_same_for_every_way_to_keep_pictures(tmp_path: Path) -> None:
    content = files([(16, 24)] * 4)
    folder = write(tmp_path / "pictures", content)
    rows = "\n".join(["path", *content])
    (folder / "list.csv").write_text(rows)
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as packed:
        for name, picture in content.items():
            packed.writestr(name, picture)
    table = Csv(path=str(folder / "list.csv"), label_column=None, test_share=0.0)
    for options in (table, Zip(path=str(tmp_path / "pictures.zip"), test_share=0.0)):
        assert data.load(options, "train").images.shape == (4, 16, 24, 1)


def test_a_photograph_that_lies_on_its_side_is_measured_as_it_stands(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = encoded(plain(9, 16, 24), "JPEG", exif=exif)
    folder = write(tmp_path / "pictures", {"a.jpg": lying, "b.jpg": lying})
    source = data.load(Folder(path=str(folder), test_share=0.0), "train")
    assert source.images.shape == (2, 24, 16, 1)


def test_pictures_for_testing_get_the_size_of_those_for_training(tmp_path: Path) -> None:
    parts = {"train": (16, 16), "test": (40, 40)}
    content = {
        f"{part}/{name}": each
        for part, size in parts.items()
        for name, each in files([size] * 3).items()
    }
    folder = write(tmp_path / "pictures", content)
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as packed:
        for name, picture in content.items():
            packed.writestr(name, picture)
    for options in (Folder(path=str(folder)), Zip(path=str(tmp_path / "pictures.zip"))):
        for split in ("train", "test"):
            assert data.load(options, split).images.shape == (3, 16, 16, 1)


@pytest.mark.slow
def test_a_run_keeps_the_size_that_it_began_with(train: Command, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    pictures = {
        f"{index}.png": encoded(random.integers(0, 255, (12, 12), np.uint8)) for index in range(14)
    }
    write(tmp_path / "pictures", pictures)
    options = [each for each in TINY if not each.startswith("data")]
    result = train(*options, "data=folder", "data.path=pictures", "training.steps=4", "run_dir=run")
    assert result.code == 0, result.err
    assert "images 12x12x1 (folder)" in result.out.splitlines()[0]
    assert json.loads((tmp_path / "run" / "config.json").read_text())["data"]["size"] == 12
    write(tmp_path / "pictures", files([(40, 40)] * 60))
    result = train("resume=run", "training.steps=6")
    assert (result.code, "(SHA-256 differs)" in result.err) == (5, True)
