"""Grids of samples: from the same latents as gan-sample's, small enough, and never a traceback."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from gan_cli.base.images import grid
from gan_cli.reports import pictures
from gan_cli.reports.collect import collect
from gan_cli.reports.embedded import Picture
from tests.conftest import TINY, Command


@pytest.fixture
def runs(trained: Path, tmp_path: Path) -> Path:
    """A folder with the runs `other` and `run`, of 8 steps each."""
    shutil.copytree(trained, tmp_path / "runs")
    return tmp_path / "runs"


def drawn(runs: Path, samples: int = 4) -> tuple[dict[str, Picture], list[str]]:
    said: list[str] = []
    return pictures.pictures(collect(runs).rows, samples, said.append), said


def pixels(picture: Picture) -> np.ndarray:
    with Image.open(io.BytesIO(base64.b64decode(picture.uri.partition(",")[2]))) as image:
        assert image.size == (picture.width, picture.height)
        assert image.text.items() >= {"Step": str(picture.step), "Seed": "0"}.items()
        assert "Run" in image.text
        return np.asarray(image)


def test_the_grids_are_those_of_gan_sample(runs: Path, sample: Command) -> None:
    made, said = drawn(runs)
    assert (set(made), said) == ({"run", "other"}, [])
    for name, picture in made.items():
        assert picture.uri.startswith("data:image/png;base64,")
        assert (picture.width, picture.height, picture.step) == (22, 22, 8)
        assert (
            sample(f"checkpoint=runs/{name}", "count=4", "format=npz", f"output={name}.npz").code
            == 0
        )
        with np.load(f"{name}.npz") as file:
            np.testing.assert_array_equal(
                pixels(picture), grid(file["images"], enlarge=False)[..., 0]
            )
    assert made["run"].uri != made["other"].uri  # one network, two sets of weights


def test_a_conditional_model_has_a_row_for_each_class(
    train: Command, tmp_path: Path, sample: Command
) -> None:
    assert train("model=cgan", *TINY, "training.steps=2", "run_dir=runs/run").code == 0
    made, _ = drawn(tmp_path / "runs", 16)
    assert (made["run"].width, made["run"].height) == (4 * 10 + 2, 10 * 10 + 2)
    assert (made["run"].tile, made["run"].factor) == (8, 8)
    assert made["run"].names == tuple("0123456789")
    assert sample("checkpoint=runs/run", "count=40", "output=grid.png").code == 0
    with Image.open("grid.png") as sheet:
        shown = np.asarray(sheet)[:, -(4 * 130 + 2) :]  # the same, each pixel shown as 16
        assert shown.shape == (10 * 130 + 2, 4 * 130 + 2)
        for row, column in np.ndindex(10, 4):
            np.testing.assert_array_equal(
                shown[2 + 130 * row :, 2 + 130 * column :][:128:16, :128:16],
                pixels(made["run"])[2 + 10 * row :, 2 + 10 * column :][:8, :8],
            )


def test_sequences_play(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signs = tf.reshape([1.0, -1.0, 1.0, -1.0], [1, 4, 1, 1, 1])
    model = SimpleNamespace(
        captions=None,
        latent_shape=(64,),
        num_classes=0,
        sequence_length=4,
        sample=lambda latents, *_: tf.reshape(tf.tanh(latents), [-1, 1, 8, 8, 1]) * signs,
    )
    monkeypatch.setattr(pictures, "load_sampler", lambda *_: model)
    picture = drawn(runs, 16)[0]["run"]
    assert picture.uri.startswith("data:image/gif;base64,")
    with Image.open(io.BytesIO(base64.b64decode(picture.uri.partition(",")[2]))) as film:
        assert (film.n_frames, film.size, film.info["loop"]) == (4, (22, 22), 0)
    assert picture.tile == 8


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda run: (run / "model.json").write_text("{"), "model.json: not readable as JSON"),
        (
            lambda run: shutil.rmtree(run / "checkpoints" / "step-00000008"),
            None,
        ),  # there is one before it
        (
            lambda run: [
                path.write_bytes(b"x") for path in run.glob("checkpoints/*/sampler.safetensors")
            ],
            "none of its 2",
        ),
        (
            lambda run: (run / "model.json").write_text(json.dumps(widened(run))),
            "was saved from another model.json",
        ),
    ],
)
def test_a_damaged_run_is_named_and_skipped(damage, reason: str | None, runs: Path) -> None:
    damage(runs / "run")
    made, said = drawn(runs)
    assert "other" in made
    if reason is None:
        assert (made["run"].step, said) == (4, [])
    else:
        assert set(made) == {"other"}
        (line,) = said
        assert line.startswith("run: without samples: ")
        assert reason in line


def widened(run: Path) -> dict:
    card = json.loads((run / "model.json").read_text())
    card["model"]["width"] *= 2
    return card


def test_a_run_without_checkpoints_has_no_picture_and_needs_no_word(runs: Path) -> None:
    shutil.rmtree(runs / "run" / "checkpoints")
    made, said = drawn(runs)
    assert (set(made), said) == ({"other"}, [])


def test_pictures_become_as_small_as_the_page_needs(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (16, 200, 300, 3), np.uint8)
    whole = pictures.embedded(noise, None, 10**9, 1)
    assert max(whole.width, whole.height) == pictures.LARGEST
    small = pictures.embedded(noise, None, 100_000, 1)
    assert len(small.uri) < 140_000
    assert small.width > 100
    assert small.width / small.height == pytest.approx(whole.width / whole.height, rel=0.02)
    films = np.random.default_rng(0).integers(0, 256, (4, 20, 64, 64, 1), np.uint8)
    assert len(pictures.embedded(films, None, 50_000, 1).uri) < 70_000
    monkeypatch.setattr(pictures, "ALL_BYTES", 10)
    monkeypatch.setattr(pictures, "FEWEST_BYTES", 10)
    assert set(drawn(runs)[0]) == {"run", "other"}  # the smallest there is


def test_only_this_file_needs_tensorflow() -> None:
    code = (
        "import sys\n"
        "from gan_cli.cli import report\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'plotly', 'pandas'}\n"
        "assert not heavy & set(sys.modules), "
        "'imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
