"""`edit=project`: what a generator has made is found again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from gan_cli.base.errors import ConfigError, DataError

from ..conftest import Command, one_line
from .conftest import Runs, psnr


@pytest.mark.slow
def test_own_samples_are_found_again_and_their_latents_are_samples(runs: Runs) -> None:
    run = runs("dcgan")
    images = run.sample(3, seed=7)
    found = run.project(images, extractor="random", steps=150, rate=0.2)
    assert found.latents.shape == (3, 6)
    assert found.latents.dtype == np.float32
    assert psnr(images, found.images) > 35.0
    np.testing.assert_array_equal(run.sample(latents=found.latents), found.images)
    for image, result, value in zip(images, found.images, found.scores["psnr"], strict=True):
        assert value == pytest.approx(peak_signal_noise_ratio(image, result), rel=1e-6)
    assert set(found.scores) == {"psnr", "ssim", "perceptual_distance"}
    again = run.project(images, extractor="random", steps=150, rate=0.2)
    np.testing.assert_array_equal(again.latents, found.latents)
    alone = run.project(images[1:2], extractor="random", steps=150, rate=0.2)
    np.testing.assert_allclose(alone.latents, found.latents[1:2], atol=1e-3)


def test_the_search_betters_where_it_starts_and_the_prior_holds_it_back(runs: Runs) -> None:
    run = runs("dcgan")
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 1), np.uint8)
    none = run.project(images, extractor=None, steps=0)
    some = run.project(images, extractor=None, steps=60)
    assert (some.scores["psnr"] > none.scores["psnr"]).all()
    assert "perceptual_distance" not in some.scores
    held = run.project(images, extractor=None, steps=60, prior=100.0)
    assert np.linalg.norm(held.latents) < 0.5 * np.linalg.norm(some.latents)


def test_an_encoder_is_where_the_search_starts(runs: Runs) -> None:
    run = runs("vae")
    images = run.sample(2, seed=1)
    encoded = run.project(images, extractor=None, steps=0)
    floats = images.astype(np.float32) / 127.5 - 1.0
    np.testing.assert_allclose(encoded.latents, run.model.encode(floats), atol=1e-6)
    refined = run.project(images, extractor=None, steps=100)
    assert (refined.scores["psnr"] > encoded.scores["psnr"]).all()


@pytest.mark.slow
@pytest.mark.parametrize(("space", "equal"), [("w", True), ("w+", False)])
def test_styles_are_found_and_taken_by_samples(space: str, equal: bool, runs: Runs) -> None:
    run = runs("style_gan")
    images = run.sample(2, seed=3)
    found = run.project(images, extractor=None, space=space, steps=80)
    layers, length = run.model.styles.shape
    assert found.latents.shape == (2, layers, length)
    assert bool((found.latents == found.latents[:, :1]).all()) == equal
    np.testing.assert_array_equal(run.sample(latents=found.latents), found.images)
    assert psnr(images, found.images) > 30.0
    with pytest.raises(ConfigError, match="holds styles, which truncation= does not change"):
        run.sample(latents=found.latents, truncation=0.5)


@pytest.mark.slow
def test_a_class_is_given_or_refused(runs: Runs) -> None:
    run = runs("cgan")
    images = run.sample(2, labels=[3], seed=2)
    with pytest.raises(ConfigError, match="model=cgan is told the class: labels=CLASS"):
        run.project(images, extractor=None)
    found = run.project(images, extractor=None, labels=[3], steps=100, rate=0.2)
    assert psnr(images, found.images) > 30.0
    np.testing.assert_array_equal(run.sample(latents=found.latents, labels=[3]), found.images)


def test_the_command_writes_latents_scores_and_a_picture(
    runs: Runs, edit: Command, sample: Command, tmp_path: Path
) -> None:
    run = runs("dcgan")
    folder = tmp_path / "pictures"
    folder.mkdir()
    images = run.sample(2, seed=4)
    for name, image in zip("ab", images, strict=True):
        Image.fromarray(image[..., 0]).save(folder / f"{name}.png")
    settings = ["extractor=random", "steps=20", "output=out"]
    result = edit(str(run.path), "edit=project", "images=pictures", *settings)
    assert result.code == 0, result.err
    assert "perceptual distance" in result.out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "latents.npy",
        "project.json",
        "project.png",
    ]
    scores = json.loads((tmp_path / "out" / "project.json").read_text())
    assert len(scores["psnr"]) == len(scores["ssim"]) == 2
    with Image.open(tmp_path / "out" / "project.png") as picture:
        factor = (picture.width - 6) // 16
        pixels = np.asarray(picture)[2 : 2 + 8 * factor : factor, 2 : 2 + 8 * factor : factor]
    np.testing.assert_array_equal(pixels, images[0, ..., 0])
    taken = sample(str(run.path), "latents=out/latents.npy", "format=npz", "output=again.npz")
    assert taken.code == 0, taken.err
    found = run.project(images, extractor="random", steps=20)
    with np.load(tmp_path / "again.npz") as arrays:
        np.testing.assert_array_equal(arrays["images"], found.images)


@pytest.mark.parametrize(
    ("name", "settings", "error", "text"),
    [
        ("template", {}, ConfigError, "model=template learns nothing by them"),
        ("dcgan", {"space": "w"}, ConfigError, r"space=w is of styles, which model=dcgan does not"),
        ("dcgan", {"images": "nowhere.png"}, DataError, r"nowhere\.png: no such file"),
        ("dcgan", {"images": np.zeros((1, 8, 8, 3), np.uint8)}, DataError, "3 channels"),
        ("dcgan", {"images": np.zeros((1, 8, 8, 1))}, DataError, "expected floats|expected uint8"),
        ("dcgan", {"starts": 0}, ConfigError, "starts=0"),
    ],
)
def test_refusals(
    name: str, settings: dict[str, object], error: type[Exception], text: str, runs: Runs
) -> None:
    images = settings.pop("images", np.zeros((1, 8, 8, 1), np.uint8))
    with pytest.raises(error, match=text):
        runs(name).project(images, extractor=None, **settings)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "edit is missing: edit=arithmetic, edit=directions"),
        (["edit=projekt"], "did you mean 'project'?"),
        (["edit=project"], "images is missing"),
        (["edit=project", "images=x.png", "extractor=randon"], "did you mean 'random'?"),
        (["edit=project", "between=[1]"], "unknown key 'between'"),
        (["edit=project", "betwen=3"], "unknown key 'betwen'"),
        (["edit=mix", "images=[1,2]", "by=layers"], "by=layers is of styles, which model=dcgan"),
        (["edit=mix", "images=[1,2]", "mask=[0,0,1,1]"], "mask= goes with by=mask"),
        (["edit=directions", "layers=[0,1]"], "layers= is of styles"),
        (["edit=interpolate", "between=[1]"], "needs two or more"),
        (["edit=interpolate", "between=[1,2]", "output=."], "exists already"),
    ],
)
def test_mistakes_of_the_command_are_one_line(
    arguments: list[str], text: str, runs: Runs, edit: Command
) -> None:
    result = edit(str(runs("dcgan").path), *arguments)
    assert result.code == 2
    assert text in one_line(result)
