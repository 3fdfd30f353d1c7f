"""Previews: what they show and where, with models that have no networks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gan_cli import __version__
from gan_cli.base.errors import DataError
from gan_cli.base.films import has_video
from gan_cli.base.images import grid, pairs
from gan_cli.data.reading.source import Source
from gan_cli.objectives.model import Model
from gan_cli.runs.origin import Score
from gan_cli.runs.rundir import RunDirectory
from gan_cli.sampling import drawing
from gan_cli.training.hooks.hook import Progress
from gan_cli.training.hooks.preview import Preview, of_classes
from tests.training.toys import Labelled, Negative, Sequences, Toy

RANDOM = np.random.default_rng(0)
IMAGES = Source(
    RANDOM.integers(0, 256, (40, 8, 8, 1), dtype=np.uint8), np.arange(40) % 5, list("abcde")
)
FILMS = Source(RANDOM.integers(0, 256, (40, 4, 8, 8, 1), dtype=np.uint8))


def preview(
    folder: Path, model: Model, source: Source, count: int = 16, held_out: Any = lambda: IMAGES
) -> Preview:
    folder.mkdir(exist_ok=True)
    state: Any = SimpleNamespace(sampler=model)
    return Preview(RunDirectory(folder), state, source, held_out, every=10, count=count)


def picture(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)[..., None]


def tile(sheet: np.ndarray, row: int, column: int) -> np.ndarray:
    """An image of 8 pixels out of a grid that shows each of them as 16."""
    return sheet[2 + 130 * row :, 2 + 130 * column :][:128:16, :128:16]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "samples").iterdir())


def test_images_are_those_of_the_first_latents_of_seed_0(tmp_path: Path) -> None:
    shown = preview(tmp_path, Toy(), IMAGES)
    shown(Progress(10, 20))
    drawn = np.concatenate(list(drawing.batches(Toy(), 16, 0, 16)))
    np.testing.assert_array_equal(picture(tmp_path / "samples" / "step-00000010.png"), grid(drawn))
    np.testing.assert_array_equal(picture(tmp_path / "samples" / "real.png"), grid(IMAGES.some(16)))
    assert shown.last == tmp_path / "samples" / "step-00000010.png"
    shown.close()
    assert names(tmp_path) == ["real.png", "step-00000010.png"]
    shown(Progress(20, 20))
    shown.close()
    films = {"progress.gif", "progress.mp4"} if has_video() else {"progress.gif"}
    assert set(names(tmp_path)) == {"real.png", "step-00000010.png", "step-00000020.png", *films}


def test_pictures_state_run_step_seed_and_the_newest_score(tmp_path: Path) -> None:
    """Not a score that is of no step they know of, and a film what its last picture does."""
    scores: list[Score | None] = [None]
    state: Any = SimpleNamespace(sampler=Negative())
    folder = tmp_path / "run"
    folder.mkdir()
    directory = RunDirectory(folder)
    shown = Preview(directory, state, IMAGES, lambda: IMAGES, 10, 16, lambda: scores[-1])
    texts = []
    for step, newest in ((10, None), (20, Score(20, 1.25)), (30, Score(20, 1.25))):
        scores.append(newest)
        shown(Progress(step, 40))
        for name in ("step", "reconstructions"):
            with Image.open(folder / "samples" / f"{name}-{step:08d}.png") as image:
                texts.append({key: image.text[key] for key in image.text if key != "Software"})
    common = {"Run": "run", "Seed": "0"}
    first = common | {"Step": "10", "Score": "not scored"}
    second = common | {"Step": "20", "Score": "1.25"}
    third = common | {"Step": "30", "Score": "1.25", "Score of step": "20"}
    assert texts == [first, first, second, second, third, third]
    scores.append(Score(35, 0.5))  # after the last picture
    shown.close()
    told = f"Software: gan_cli {__version__}, Run: run, Step: 30, Seed: 0, Score: 1.25, "
    told += "Score of step: 20"
    with Image.open(folder / "samples" / "progress.gif") as film:
        assert film.info["comment"].decode() == told
    if has_video():
        assert told.encode() in (folder / "samples" / "progress.mp4").read_bytes()


def test_a_model_that_is_told_the_class_has_a_row_for_each(tmp_path: Path) -> None:
    shown = preview(tmp_path, Labelled(), IMAGES, 16)
    shown(Progress(10, 20))
    sheet = picture(tmp_path / "samples" / "step-00000010.png")
    named, sheet = sheet, sheet[:, -(3 * 130 + 2) :]
    assert sheet.shape == (5 * 130 + 2, 3 * 130 + 2, 1)
    margin = named[:, : -sheet.shape[1]]
    assert all((margin[row * 130 : (row + 1) * 130] < 128).any() for row in range(5))
    tiles = np.array([[tile(sheet, row, column) for column in range(3)] for row in range(5)])
    assert tiles[:, :, 0, 0, 0].tolist() == [[50 * row] * 3 for row in range(5)]
    columns = tiles.reshape(5, 3, 64)[:, :, 1:]
    assert (columns == columns[:1]).all()
    assert (columns[0, 0] != columns[0, 1]).mean() > 0.9
    real = picture(tmp_path / "samples" / "real.png")
    assert real.shape == named.shape
    real = real[:, -sheet.shape[1] :]
    for row in range(5):
        for column in range(3):
            shown_there = tile(real, row, column)
            (found,) = np.flatnonzero((IMAGES.images[:] == shown_there).all(axis=(1, 2, 3)))
            assert found % 5 == row


def test_where_classes_have_few_images_or_images_are_few(tmp_path: Path) -> None:
    few = IMAGES.take(np.array([0, 1, 6, 11]))  # one of class 0, three of class 1
    found = of_classes(few, 3, 2)
    np.testing.assert_array_equal(found[0], few.images[np.array([0])][0])
    assert (found[1] == 255).all()
    assert (found[4:] == 255).all()
    assert all(any(np.array_equal(each, real) for real in few.images[1:4]) for each in found[2:4])
    preview(tmp_path, Labelled(), IMAGES, 4)(Progress(10, 20))
    sheet = picture(tmp_path / "samples" / "step-00000010.png")[:, -262:]
    assert sheet.shape == (262, 262, 1)
    assert [tile(sheet, row, 0)[0, 0, 0] for row in range(2)] == [0, 50]


def test_sequences_are_rows_of_frames_and_play(tmp_path: Path) -> None:
    preview(tmp_path, Sequences(), FILMS, 16)(Progress(10, 20))
    assert names(tmp_path) == ["real.gif", "real.png", "step-00000010.gif", "step-00000010.png"]
    drawn = np.concatenate(list(drawing.batches(Sequences(), 8, 0, 8)))
    np.testing.assert_array_equal(
        picture(tmp_path / "samples" / "step-00000010.png"),
        grid(drawn.reshape(32, 8, 8, 1), columns=4),
    )
    np.testing.assert_array_equal(
        picture(tmp_path / "samples" / "real.png"),
        grid(FILMS.some(8).reshape(32, 8, 8, 1), columns=4),
    )
    for name, sequences in (("step-00000010.gif", drawn), ("real.gif", FILMS.some(8))):
        with Image.open(tmp_path / "samples" / name) as film:
            assert (film.n_frames, film.info["loop"], film.info["duration"]) == (4, 0, 100)
            for index in range(4):
                film.seek(index)
                np.testing.assert_array_equal(
                    np.asarray(film.convert("L"))[..., None], grid(sequences[:, index])
                )


@pytest.mark.parametrize("count", [1, 3, 60])
def test_sequences_are_as_many_as_asked_or_eight_or_as_fill_the_grid(
    count: int, tmp_path: Path
) -> None:
    preview(tmp_path, Sequences(), FILMS, count)
    rows = {1: 1, 3: 3, 60: 15}[count]
    assert picture(tmp_path / "samples" / "real.png").shape[0] == 130 * rows + 2


def test_an_autoencoder_shows_held_out_images_beside_their_reconstructions(tmp_path: Path) -> None:
    training = IMAGES.take(np.arange(20))
    unseen = IMAGES.take(np.arange(20, 40))
    shown = preview(tmp_path, Negative(), training, 16, lambda: unseen)
    shown(Progress(10, 20))
    originals = unseen.some(8)
    expected = pairs(originals, 255 - originals)
    np.testing.assert_array_equal(expected[4:6], [originals[2], 255 - originals[2]])
    np.testing.assert_array_equal(
        picture(tmp_path / "samples" / "reconstructions-00000010.png"), grid(expected, 4)
    )
    shown(Progress(20, 20))
    shown.close()
    assert [name for name in names(tmp_path) if name.startswith("reconstructions")] == [
        "reconstructions-00000010.png",
        "reconstructions-00000020.png",
    ]


def _missing() -> Source:
    raise DataError("no test split")


@pytest.mark.parametrize("held_out", [_missing, lambda: IMAGES.take(np.arange(0)), lambda: FILMS])
def test_without_held_out_images_those_of_training_are_reconstructed(
    held_out: Any, tmp_path: Path
) -> None:
    preview(tmp_path, Negative(), IMAGES, 2, held_out)(Progress(10, 20))
    original = IMAGES.some(1)
    expected = grid(pairs(original, 255 - original), 2)
    np.testing.assert_array_equal(
        picture(tmp_path / "samples" / "reconstructions-00000010.png"), expected
    )
