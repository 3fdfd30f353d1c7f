"""`model=inpaint_gan`: its holes, its gated generator, and what it fills."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import gan_cli
from gan_cli import models
from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.data import load
from gan_cli.data.digits import Digits
from gan_cli.editing.shared.blending import scores
from gan_cli.models.inpaint_gan import InpaintGan
from gan_cli.networks.inpainting import NUMBERS, Holes, generator, near
from tests.conftest import Command
from tests.models.toys import gradients

COLUMNS = 8
"""Of a grid of 32 pairs."""


@pytest.mark.parametrize("size", [(8, 8), (28, 28), (20, 33)])
def test_holes_are_rectangles_and_strokes_and_never_empty(size: tuple[int, int]) -> None:
    latents = np.random.default_rng(0).standard_normal((200, NUMBERS)).astype(np.float32)
    holes = Holes(size, dtype="float32")(tf.constant(latents)).numpy()[..., 0]
    assert set(np.unique(holes)) == {0.0, 1.0}
    covered = holes.mean(axis=(1, 2))
    assert (covered > 0.0).all()
    assert covered.max() < 0.75
    for hole, rectangle in zip(holes, latents[:, 1] < 0.0, strict=True):
        rows, columns = np.nonzero(hole)
        box = hole[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        if rectangle:
            assert box.all()
            assert 0.2 * size[0] <= box.shape[0] <= 0.6 * size[0] + 1


def test_a_stroke_is_as_wide_as_it_says() -> None:
    """A line down the middle: vertices in a row, the thickest stroke, a tenth of 40 pixels on
    either side."""
    latents = np.zeros((1, NUMBERS), np.float32)
    latents[0, 1] = latents[0, 6] = 9.0
    latents[0, 7:11] = [-9.0, -1.0, 1.0, 9.0]
    hole = Holes((40, 40), dtype="float32")(tf.constant(latents)).numpy()[0, ..., 0]
    expected = np.zeros((40, 40))
    expected[:, 16:24] = 1.0
    np.testing.assert_array_equal(hole, expected)
    assert near(tf.constant(hole[None, ..., None]), 3).numpy().sum() == 40 * 14


def test_what_is_in_a_hole_is_not_seen_and_the_rest_stays() -> None:
    network = generator((12, 10, 3), width=4)
    random = np.random.default_rng(0)
    images = random.uniform(-1.0, 1.0, (2, 12, 10, 3)).astype(np.float32)
    holes = np.zeros((2, 12, 10, 1), np.float32)
    holes[:, 3:7, 2:6] = 1.0
    other = np.where(holes > 0.0, random.uniform(-1.0, 1.0, images.shape), images)
    filled, made = network([images, holes], training=False)
    again, _ = network([other.astype(np.float32), holes], training=False)
    np.testing.assert_array_equal(filled, again)
    np.testing.assert_array_equal(filled.numpy(), np.where(holes > 0.0, made, images))


def test_rim_and_hole_cost_what_their_pixels_differ() -> None:
    options = InpaintGan(width=2, discriminator_norm="none")
    model = models.build(options, DataSpec(8, 8, 1), seed=1)
    images = tf.constant(np.random.default_rng(0).uniform(-1.0, 1.0, (4, 8, 8, 1)), tf.float32)
    found = gradients(model, {"images": images})
    assert set(found) == {"generator", "discriminator", "discriminator_local"}
    assert all(np.isfinite(each).all() for player in found.values() for each in player)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> gan_cli.Run:
    return gan_cli.train(
        model="inpaint_gan",
        run_dir=tmp_path_factory.mktemp("inpaint") / "run",
        say=None,
        training={"steps": 2, "batch_size": 8, "precision": "float32", "preview_every": 2},
        evaluation={"every": None},
        **{"data.name": "digits", "data.size": 8, "model.width": 2},
    )


def cells(path: Path) -> np.ndarray:
    """The images of 8 pixels out of a grid with a gap of 2, one pixel for each that is shown."""
    with Image.open(path) as picture:
        sheet = np.asarray(picture)
    side = (sheet.shape[1] - 2) // COLUMNS - 2
    rows = (sheet.shape[0] - 2) // (side + 2)
    starts = [(2 + i * (side + 2), 2 + j * (side + 2)) for i in range(rows) for j in range(COLUMNS)]
    step = side // 8
    return np.stack([sheet[i : i + side : step, j : j + side : step] for i, j in starts])


def assert_pairs(shown: np.ndarray) -> None:
    """Each picture has a hole in grey, and stands beside the same with that filled."""
    hidden, filled = shown[::2], shown[1::2]
    assert ((hidden == filled) | (hidden == 128)).all()
    assert ((hidden != filled).sum(axis=(1, 2)) > 0).all()


def test_previews_are_held_out_pictures_with_holes_beside_what_fills_them(
    run: gan_cli.Run,
) -> None:
    whole = cells(run.path / "samples" / "real.png")
    shown = cells(run.path / "samples" / "step-00000002.png")
    assert_pairs(shown)
    np.testing.assert_array_equal(whole[::2], whole[1::2])
    known = shown[::2] != 128
    np.testing.assert_array_equal(shown[::2][known], whole[::2][known])
    digits = Digits(size=8)
    held_out = load(digits, "test").images[..., 0]
    assert all((held_out == each).all(axis=(1, 2)).any() for each in whole)


def test_samples_are_pictures_of_training_that_were_filled(
    run: gan_cli.Run, sample: Command, tmp_path: Path
) -> None:
    result = sample(str(run.path), "count=32", "output=shown.png")
    assert result.code == 0, result.err
    assert "gan-edit RUN edit=inpaint image=PICTURE fills yours" in result.out
    shown = cells(tmp_path / "shown.png")
    assert len(shown) == 64
    assert_pairs(shown)
    np.testing.assert_array_equal(run.sample(32)[..., 0], shown[1::2])


def test_a_run_fills_holes_of_pictures(run: gan_cli.Run) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1), np.uint8)
    found = run.inpaint(images, [2, 2, 3, 4], extractor=None)
    assert found.latents is None
    np.testing.assert_array_equal(found.images[~found.holes], images[~found.holes])
    floats, holes = images.astype(np.float32) / 127.5 - 1.0, found.holes.astype(np.float32)
    made = np.rint((run.model.fill(floats, holes).numpy() + 1.0) * 127.5)
    assert np.abs(made - found.made).max() <= 1.0
    with pytest.raises(ConfigError, match="edit=project: model=inpaint_gan fills holes"):
        run.project(images)
    with pytest.raises(ConfigError, match="model=inpaint_gan fills holes, and exports are given"):
        run.export("keras", run.path / "exported.keras")


@pytest.mark.slow
def test_it_learns_to_fill_better_than_the_mean_does(tmp_path: Path) -> None:
    """By 3 dB of the hole, on digits that it has not seen."""
    learnt = gan_cli.train(
        model="inpaint_gan",
        run_dir=tmp_path / "run",
        say=None,
        training={"steps": 600, "batch_size": 32, "precision": "float32", "preview_every": 600},
        evaluation={"every": None},
        optimizer={"learning_rate": 5e-4, "players": {"generator": {"rate_factor": 4.0}}},
        loss={"name": "non_saturating", "r1": 0.05, "r1_interval": 16},
        **{"data.name": "digits", "data.size": 8, "model.width": 8},
    )
    images = load(Digits(size=8), "test").images
    found = learnt.inpaint(images, [2, 2, 3, 3], extractor=None)
    mean = load(Digits(size=8), "train").images.mean(axis=0).round().astype(np.uint8)
    means = np.where(found.holes, mean, images)
    gained = found.scores["psnr"].mean() - scores(images, means, found.holes)["psnr"].mean()
    assert 3.0 < gained < 30.0, gained
