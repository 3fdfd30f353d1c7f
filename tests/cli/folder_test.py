"""`gan-train data=folder` from the outside."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_cli.data import load
from gan_cli.data.folder import Folder
from tests.conftest import TINY, Command, one_line

from ..data.made_pictures import encoded, numbered, plain, write

FOLDER = [
    *TINY,
    "data=folder",
    "data.path=pictures",
    "data.test_share=0",
    "training.checkpoint_every=2",
    "run_dir=run",
]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Twenty pictures of several sizes and a broken one."""
    files = {f"{number:02}.png": numbered(number, size=8 + number % 3) for number in range(20)}
    return write(tmp_path / "pictures", {**files, "broken\n.png": b"text"})


@pytest.mark.slow
def test_a_folder_is_trained_on_resumed_and_recognised(
    train: Command, pictures: Path, tmp_path: Path
) -> None:
    result = train(*FOLDER, "data.max_bad_fraction=0.05", "training.steps=2")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "dcgan on 20 images 8x8x3 (folder), CPU, float32; data resident, 0.0 MB"
    assert lines[1] == f"1 broken files left out, listed in {Path('run', 'skipped.txt')}"
    run = tmp_path / "run"
    assert (
        run / "skipped.txt"
    ).read_text() == "broken\\n.png\tnot a jpg, png, bmp, gif, webp or tiff\n"
    real = {
        tuple(colour)
        for colour in np.asarray(Image.open(run / "samples" / "real.png")).reshape(-1, 3).tolist()
    }
    assert len({colour for colour in real if colour[1:] == (0, 9) and colour[0] < 20}) >= 4

    result = train("resume=run", "training.steps=4")
    assert (result.code, result.err) == (0, "")
    assert "resumed at step 2" in result.out

    write(pictures, {"07.png": numbered(77)})
    assert one_line(train("resume=run", "training.steps=6")) == (
        "gan-train: pictures: not the images that run was trained on (SHA-256 differs)"
    )
    assert train("resume=run", "training.steps=6").code == 5
    moved = write(tmp_path / "moved", {path.name: path.read_bytes() for path in pictures.iterdir()})
    write(moved, {"07.png": numbered(7, size=9)})
    assert train("resume=run", "training.steps=6", "data.path=moved").code == 0


def test_a_changed_picture_of_the_same_size_is_noticed_by_its_time(
    train: Command, pictures: Path
) -> None:
    source = load(Folder(path=str(pictures), size=8, max_bad_fraction=0.1))
    before = pictures / "03.png"
    size = before.stat().st_size
    write(pictures, {"03.png": numbered(33, size=8)})
    assert before.stat().st_size == size
    os.utime(before, ns=(0, 0))
    assert (
        load(Folder(path=str(pictures), size=8, max_bad_fraction=0.1)).fingerprint
        != source.fingerprint
    )


@pytest.mark.parametrize(
    ("files", "arguments", "code", "line"),
    [
        (
            {"1.png": numbered(1)},
            ["training.batch_size=64"],
            3,
            "pictures: 1 image to train on, fewer than training.batch_size=64; set that to 1 or "
            "less",
        ),
        (
            {f"{number}.png": numbered(number) for number in range(7)},
            [],
            3,
            "pictures: 7 images to train on, fewer than training.batch_size=8; set that to 7 or "
            "less",
        ),
        (
            {"1.png": numbered(1), "2.png": b"?"},
            [],
            3,
            "pictures: 1 of 2 files cannot be read, the first: 2.png: not a jpg, png, bmp, gif, "
            "webp or tiff; "
            "gan-data lists them; remove them or raise data.max_bad_fraction=0.01",
        ),
        (
            {"1.png": numbered(1), "2.png": encoded(plain(7, 9, 8))},
            ["data.size=null"],
            3,
            "pictures: pictures of 2 sizes (1 of 8x8, 1 of 9x8); give data.size=64 or "
            "data.size=[48,64]",
        ),
        (
            {"1.png": numbered(1, size=7)},
            ["data.size=null"],
            3,
            "pictures: 1.png is 7x7, sides of 8 to 2048 can be learned; give data.size=64",
        ),
        (
            {"1.png": encoded(plain(7, 8, 2049))},
            ["data.size=null"],
            3,
            "pictures: 1.png is 8x2049, sides of 8 to 2048 can be learned; give data.size=64",
        ),
        (
            {},
            [],
            3,
            "pictures: holds no picture that can be read (jpg, png, bmp, gif, webp or tiff)",
        ),
        ({}, ["data.path=nothing"], 3, "data.path=nothing: no such file or folder"),
        ({}, ["data.path=null"], 2, "data=folder needs data.path=, a folder of pictures"),
        (
            {},
            ["data.background=whit"],
            2,
            "data.background=whit: not a colour; a name such as white, or #rrggbb",
        ),
    ],
)
def test_what_cannot_be_trained_on_is_one_line(
    files: dict[str, bytes],
    arguments: list[str],
    code: int,
    line: str,
    train: Command,
    tmp_path: Path,
) -> None:
    write(tmp_path / "pictures", files)
    result = train(*FOLDER, *arguments)
    assert (result.code, one_line(result)) == (code, f"gan-train: {line}")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_decoded_pictures_that_were_overwritten_are_decoded_again(
    train: Command, pictures: Path, cache: Path, tmp_path: Path
) -> None:
    options = [*FOLDER[:-2], "training.steps=2", "data.max_bad_fraction=0.05"]
    assert train(*options, "run_dir=before").code == 0
    (images,) = cache.glob("*/images.bin")
    content = images.read_bytes()
    images.write_bytes(bytes(len(content)))
    result = train(*options, "run_dir=after")
    assert (result.code, one_line(result)) == (
        0,
        f"DAMAGED {images}: not what was decoded; its pictures are decoded again",
    )
    assert images.read_bytes() == content
    state = Path("checkpoints", "step-00000002", "state.safetensors")
    before, after = ((tmp_path / name / state).read_bytes() for name in ("before", "after"))
    assert before == after
