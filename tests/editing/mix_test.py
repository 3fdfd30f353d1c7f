"""`edit=mix` and `edit=arithmetic`: weights, layers, regions, sums."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_cli.base.errors import ConfigError, DataError
from gan_cli.base.spec import DataSpec
from gan_cli.config.commands import EditConfig
from gan_cli.editing import check
from gan_cli.editing.mix import Mix
from gan_cli.models.sequence_gan import SequenceGan
from gan_cli.objectives.options import Loss
from gan_cli.runs.rundir import ModelCard

from ..conftest import Command
from .conftest import Runs


def test_a_weight_of_one_gives_that_image(runs: Runs) -> None:
    run = runs("dcgan")
    found = run.mix([1, 2, 3], weights=np.array([0.0, 5.0, 0.0]))
    np.testing.assert_array_equal(found.images[0], run.sample(1, seed=2)[0])
    a, b = np.eye(6, dtype=np.float32)[:2]
    middle = run.mix([a, b])
    np.testing.assert_allclose(middle.latents, [(a + b) / np.sqrt(2.0)], atol=1e-6)
    for weights in ([1.0], [0.0, 0.0]):
        with pytest.raises(ConfigError, match="2 numbers, one of them above 0"):
            run.mix([1, 2], weights=weights)


def test_layers_cross_each_with_each(runs: Runs) -> None:
    run = runs("style_gan")
    found = run.mix([1, 2], by="layers", crossover=1)
    own = run.sample(1, seed=1)[0], run.sample(1, seed=2)[0]
    np.testing.assert_array_equal(found.images[0], own[0])
    np.testing.assert_array_equal(found.images[3], own[1])
    np.testing.assert_array_equal(found.latents[1, 0], found.latents[0, 0])  # coarse of the first
    np.testing.assert_array_equal(found.latents[1, 1:], found.latents[3, 1:])
    rows = found.sheet.shape[0], found.sheet.shape[1]
    assert rows[0] == rows[1]  # a row and a column of what was given, beside 2 x 2
    with pytest.raises(ConfigError, match="crossover=5: this model has 4 layers"):
        run.mix([1, 2], by="layers", crossover=5)


@pytest.mark.slow
def test_regions_are_made_whole(runs: Runs, edit: Command, tmp_path: Path) -> None:
    run = runs("dcgan")
    one = run.sample(1, seed=1)
    found = run.mix([one, one], by="mask", mask=[0, 0, 4, 8], extractor=None, steps=100)
    assert found.scores["psnr"] > 30.0
    mask = np.zeros((8, 8), np.uint8)
    mask[:4] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    settings = ["by=mask", "mask=mask.png", "steps=5", "extractor=null", "output=out"]
    result = edit(str(run.path), "edit=mix", "images=[1,2]", *settings)
    assert result.code == 0, result.err
    with Image.open(tmp_path / "out" / "mix.png") as picture:
        factor = (picture.width - 12) // 40
        pixels = np.asarray(picture)[2::factor, 2 + 3 * (8 * factor + 2) :: factor][:8, :8]
    together = np.concatenate([one[0, :4, :, 0], run.sample(1, seed=2)[0, 4:, :, 0]])
    np.testing.assert_array_equal(pixels, together)
    with pytest.raises(ConfigError, match="is not within 8x8 pixels"):
        run.mix([1, 2], by="mask", mask=[4, 4, 5, 2], extractor=None)
    with pytest.raises(DataError, match=r"mask=no\.png: no such file"):
        run.mix([1, 2], by="mask", mask="no.png", extractor=None)
    with pytest.raises(ConfigError, match="takes two images, not 3"):
        run.mix([1, 2, 3], by="mask", mask=[0, 0, 1, 1], extractor=None)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dcgan", "style_gan"])
def test_a_minus_b_plus_b_is_a(name: str, runs: Runs) -> None:
    run = runs(name)
    found = run.arithmetic([1, 2], [2])
    np.testing.assert_array_equal(found.images[0], run.sample(1, seed=1)[0])
    np.testing.assert_array_equal(found.images[0], found.terms[0])
    other = run.arithmetic([1, 3], [2])
    assert (other.images != found.images).any()


def test_terms_are_means_and_classes_are_of_the_data(
    runs: Runs, edit: Command, tmp_path: Path
) -> None:
    run = runs("vae")
    latents = np.arange(12, dtype=np.float32).reshape(2, 6) / 10.0
    np.save(tmp_path / "two.npy", latents)
    settings = ["extractor=null", "steps=0", "of_class=4", "output=out"]
    terms = ["plus=[two.npy,class:3]", "minus=[class:3]"]
    result = edit(str(run.path), "edit=arithmetic", *terms, *settings)
    assert result.code == 0, result.err
    found = np.load(tmp_path / "out" / "latents.npy")
    np.testing.assert_allclose(found, latents.mean(axis=0)[None], atol=1e-6)
    assert (tmp_path / "out" / "arithmetic.png").exists()
    with pytest.raises(ConfigError, match="class:x: no class of the run's data"):
        run.arithmetic(["class:x"])


def test_sequences_are_not_edited() -> None:
    card = ModelCard(3, SequenceGan(), Loss(), DataSpec(8, 8, 1, sequence_length=4))
    with pytest.raises(ConfigError, match="edit=mix works on single images; model=sequence_gan"):
        check(EditConfig(checkpoint="run", edit="mix"), Mix(), card)
