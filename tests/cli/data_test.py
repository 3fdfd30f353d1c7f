"""gan-data: what it prints, draws and refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import TINY, Command, one_line


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Forty pictures in two classes, two of them equal, and a file that is none."""
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    for index in range(40):
        folder = tmp_path / "pictures" / ("cat" if index % 4 else "dog")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (20, 24, 3), np.uint8)).save(
            folder / f"{index:02}.png"
        )
    (folder / "99.png").write_bytes((folder / "01.png").read_bytes())
    return tmp_path / "pictures"


FOLDER = [*TINY, "data=folder", "data.path=pictures", "data.test_share=0"]


def test_a_folder_is_described_before_anything_is_trained(
    look: Command, pictures: Path, tmp_path: Path
) -> None:
    result = look(*FOLDER, "steps=2", "training.minutes=5")
    assert (result.code, result.err) == (0, "")
    lines = dict(re.findall(r"^  ([a-z ]+?) {2,}(.*)$", result.out, re.MULTILINE))
    assert lines["training"] == "41 images, 8x8 RGB"
    assert lines["evaluation"] == "0, none of them in the training split"
    assert lines["classes"] == "2: cat (31), dog (10)"
    assert lines["duplicates"] == "1 equal another image, e.g. cat/01.png = cat/99.png"
    assert re.fullmatch(r"dcgan, [\d,]+ weights; [\d.]+ MB with its optimizers", lines["model"])
    assert re.fullmatch(r"\d+ s for 1,000 steps of 8, 5 steps per epoch", lines["time"])
    assert re.fullmatch(r"[\d,]+0 steps in 5 minutes", lines["minutes"])
    assert max(map(len, result.out.splitlines())) < 80
    found = json.loads((tmp_path / "gan-data-folder" / "report.json").read_text())
    assert found["classes"] == {"cat": 31, "dog": 10}
    assert found["estimate"]["seconds_per_step"] > 0
    assert found["estimate"]["feed"] == "resident"
    assert sorted(path.name for path in (tmp_path / "gan-data-folder").iterdir()) == [
        "images.png",
        "mean.png",
        "report.json",
    ]
    assert not (tmp_path / "runs").exists()


def test_pictures_are_drawn_with_and_without_augmentation(
    look: Command, pictures: Path, tmp_path: Path
) -> None:
    assert look(*FOLDER, "steps=0", "output=out", "augment.vertical_flip=true").code == 0
    with Image.open(tmp_path / "out" / "augmented.png") as sheet:
        tiles = np.asarray(sheet)
    assert tiles.shape == (8 * 66 + 2, 8 * 66 + 2, 3)  # each pixel is shown as 8
    starts = range(2, 530, 66)
    tile = [[tiles[top : top + 64, left : left + 64] for left in starts] for top in starts]
    flipped = [
        np.array_equal(tile[row][column], tile[0][column][::-1])
        for row in range(1, 8)
        for column in range(8)
    ]
    same = [
        np.array_equal(tile[row][column], tile[0][column])
        for row in range(1, 8)
        for column in range(8)
    ]
    assert [a != b for a, b in zip(flipped, same, strict=True)] == [True] * 56
    assert 10 < sum(flipped) < 46
    with Image.open(tmp_path / "out" / "images.png") as sheet:
        assert sheet.size == (520, 446)  # 41 images in rows of seven


def test_what_the_discriminator_sees_has_a_picture_of_its_own(
    look: Command, pictures: Path, tmp_path: Path
) -> None:
    result = look(*FOLDER, "steps=0", "output=out", "augment=diffaug")
    assert (result.code, result.err) == (0, "")
    assert "(diffaug.png, images.png, mean.png, report.json)" in result.out
    with Image.open(tmp_path / "out" / "diffaug.png") as sheet:
        assert sheet.size == (530, 530)
        tiles = np.asarray(sheet)
    assert not np.array_equal(tiles[68:], np.tile(tiles[2:68], (7, 1, 1)))
    both = look(
        *FOLDER,
        "steps=0",
        "output=both",
        "augment.vertical_flip=true",
        "augment.differentiable=[cutout]",
    )
    assert "(augmented.png, diffaug.png, images.png, mean.png, report.json)" in both.out
    adaptive = look(*FOLDER, "steps=0", "output=ada", "augment=ada")
    assert "(ada.png, images.png, mean.png, report.json)" in adaptive.out


def test_broken_files_are_told_before_they_are_refused(
    look: Command, train: Command, pictures: Path, tmp_path: Path
) -> None:
    (pictures / "cat" / "a.png").write_text("not a picture")
    result = look(*FOLDER, "steps=0")
    assert result.code == 3
    assert "1 that cannot be read: cat/a.png: not a jpg, png, bmp, gif, webp or tiff" in " ".join(
        result.out.split()
    )
    assert one_line(result) == one_line(train(*FOLDER)).replace("gan-train:", "gan-data:")
    found = json.loads((tmp_path / "gan-data-folder" / "report.json").read_text())
    assert found["broken"] == [
        {"name": "cat/a.png", "reason": "not a jpg, png, bmp, gif, webp or tiff"}
    ]
    assert look(*FOLDER, "steps=0", "data.max_bad_fraction=0.1").code == 0


def test_too_few_images_are_told_after_the_description(look: Command, pictures: Path) -> None:
    result = look(*FOLDER, "training.batch_size=100")
    assert result.code == 3
    assert "41 images, 8x8 RGB" in result.out
    line = (
        "gan-data: pictures: 41 images to train on, fewer than training.batch_size=100; set "
        "that to 41 or less"
    )
    assert one_line(result) == line


def test_sequences_are_drawn_in_rows(
    look: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.data.made import write_npz

    write_npz(
        tmp_path / "mnist.npz",
        level=200,
        x_test=np.full((3, 28, 28), 9, np.uint8),
        y_test=np.zeros(3, np.uint8),
    )
    result = look(
        "data=moving_mnist",
        "data.path=mnist.npz",
        "data.count=70",
        "data.frames=5",
        "data.size=32",
        "steps=0",
    )
    assert (result.code, result.err) == (0, "")
    assert "70 sequences of 5 frames, 32x32 grey" in result.out
    with Image.open(tmp_path / "gan-data-moving_mnist" / "sequences.png") as sheet:
        assert sheet.size == (5 * 130 + 2, 8 * 130 + 2)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["data=folder"], "gan-data: data=folder needs data.path="),
        (["outptu=x"], "gan-data: unknown key 'outptu'; did you mean 'output'?"),
        (["steps=-1"], "gan-data: steps=-1: input should be greater than or equal to 0"),
        (["data.sizes=3"], "gan-data: unknown key 'data.sizes'; did you mean 'data.size'?"),
    ],
)
def test_a_mistake_is_one_line(look: Command, arguments: list[str], line: str) -> None:
    result = look(*arguments)
    assert result.code == 2
    assert one_line(result).startswith(line)


def test_a_model_that_does_not_fit_the_data(look: Command, tmp_path: Path) -> None:
    from tests.data.made import write_npz

    write_npz(
        tmp_path / "mnist.npz",
        x_test=np.full((3, 28, 28), 9, np.uint8),
        y_test=np.zeros(3, np.uint8),
    )
    result = look(
        "data=moving_mnist",
        "data.path=mnist.npz",
        "data.count=70",
        "data.frames=5",
        "data.size=32",
        "steps=1",
    )
    assert result.code == 2
    assert (
        one_line(result)
        == "gan-data: model=dcgan makes single images; the data holds sequences of 5 frames 32x32x1"
    )


def test_a_set_of_which_nothing_is_left_is_a_line(look: Command, tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    frames = [Image.new("L", (8, 8), level) for level in (0, 90, 180)]
    frames[0].save(films / "whole.gif", save_all=True, append_images=frames[1:])
    (films / "broken.gif").write_bytes(b"GIF89a broken")
    result = look("data=frames", "data.path=films", "data.frames=3", "data.test_share=0.9")
    assert result.code == 3
    assert "films: nothing is left to train on" in one_line(result)
