"""`edit=interpolate`: its ends are samples, and great circles keep norms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_cli.base.errors import ConfigError

from ..conftest import Command
from .conftest import Runs


def test_the_stops_are_samples_of_their_seeds(runs: Runs) -> None:
    run = runs("dcgan")
    found = run.interpolate([3, 5, 8], frames=4)
    assert found.images.shape == (9, 8, 8, 1)
    for place, seed in ((0, 3), (4, 5), (8, 8)):
        np.testing.assert_array_equal(found.images[place], run.sample(1, seed=seed)[0])
    loop = run.interpolate([3, 5, 8], frames=4, loop=True)
    assert len(loop.images) == 12
    np.testing.assert_array_equal(loop.images[:9], found.images)
    back = run.interpolate([8, 3], frames=4)
    np.testing.assert_array_equal(loop.images[8:], back.images[:4])


@pytest.mark.parametrize("path", ["linear", "spherical"])
def test_half_way(path: str, runs: Runs) -> None:
    run = runs("dcgan")
    a, b = np.eye(6, dtype=np.float32)[:2] * 2.0
    found = run.interpolate([a, b], frames=2, path=path)
    expected = (a + b) / 2.0 if path == "linear" else (a + b) / np.sqrt(2.0)
    np.testing.assert_allclose(found.latents, [a, expected, b], atol=1e-6)


@pytest.mark.slow
def test_in_styles_the_way_is_straight_there(runs: Runs) -> None:
    run = runs("style_gan")
    found = run.interpolate([1, 2], frames=2)
    assert found.latents.shape[1:] == run.model.styles.shape
    np.testing.assert_allclose(found.latents[1], found.latents[::2].mean(axis=0), atol=1e-5)
    np.testing.assert_array_equal(found.images[0], run.sample(1, seed=1)[0])
    in_latents = run.interpolate([1, 2], frames=2, space="z")
    assert in_latents.latents.shape == (3, 4)
    with pytest.raises(ConfigError, match="path=spherical is of latents"):
        run.interpolate([1, 2], path="spherical")
    with pytest.raises(ConfigError, match="styles are not in space=z"):
        run.interpolate([found.latents[0], 2], space="z")


def test_pictures_are_projected_first(runs: Runs) -> None:
    run = runs("vae")
    images = run.sample(1, seed=2)
    found = run.interpolate([images, 4], frames=2, extractor=None, steps=50)
    expected = run.project(images, extractor=None, steps=50)
    np.testing.assert_array_equal(found.latents[0], expected.latents[0])
    np.testing.assert_array_equal(found.ends[0], images[0])
    np.testing.assert_array_equal(found.images[-1], run.sample(1, seed=4)[0])


def test_between_classes_there_is_no_way(runs: Runs) -> None:
    run = runs("cgan")
    with pytest.raises(ConfigError, match="images of several classes; labels=CLASS"):
        run.interpolate([1, 2], labels=[1, 2])
    found = run.interpolate([1, 2], labels=[1], frames=2)
    np.testing.assert_array_equal(found.images[0], run.sample(1, seed=1, labels=[1])[0])


def test_the_command_writes_films(runs: Runs, edit: Command, tmp_path: Path) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="extra: video")
    settings = ["frames=5", "video=true", "output=out"]
    result = edit(str(runs("dcgan").path), "edit=interpolate", "between=[1,2]", *settings)
    assert result.code == 0, result.err
    with Image.open(tmp_path / "out" / "interpolation.gif") as film:
        assert film.n_frames == 6
    with np.load(tmp_path / "out" / "frames.npz") as arrays:
        assert arrays["images"].shape == (6, 8, 8, 1)
    assert ffmpeg.count_frames_and_secs(str(tmp_path / "out" / "interpolation.mp4"))[0] == 6
    with Image.open(tmp_path / "out" / "interpolation.png") as strip:
        assert strip.text.items() >= {"Run": "dcgan", "Seed": "0"}.items()
        assert int(strip.text["Step"]) > 0


@pytest.mark.slow
def test_styles_are_of_the_class_that_is_asked_for(runs: Runs) -> None:
    run = runs("told_style_gan")
    first = {label: run.interpolate([1, 2], frames=2, labels=[label]).images[0] for label in (4, 5)}
    np.testing.assert_array_equal(first[4], run.sample(1, seed=1, labels=[4])[0])
    np.testing.assert_array_equal(first[5], run.sample(1, seed=1, labels=[5])[0])
    assert (first[4] != first[5]).any()
    found = run.project(run.sample(2, labels=[4]), labels=[4], steps=2, extractor="random")
    assert found.latents.shape == (2, *run.model.styles.shape)
