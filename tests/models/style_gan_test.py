"""StyleGAN2 as commands see it: its networks, its options, classes, packs, and one saved file."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import gan_cli
from gan_cli import models
from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.models.style_gan import StyleGan
from gan_cli.objectives.model import Model
from gan_cli.objectives.options import Loss
from tests.conftest import TINY, Command, one_line

from ..objectives.toys import context
from .toys import assert_all_move

LABELLED = DataSpec(8, 12, 3, 3, ["a", "b", "c"])
SMALL = {"latent_dim": 4, "width": 2}


def build(loss: Loss | None = None, **options: object) -> Model:
    return models.build(StyleGan(**SMALL, **options), LABELLED, loss or Loss())


def batch(label: int = 1) -> dict[str, tf.Tensor]:
    pixels = np.random.default_rng(0).uniform(-1.0, 1.0, (4, 8, 12, 3))
    return {"images": tf.constant(pixels, tf.float32), "labels": tf.fill([4], np.int64(label))}


def test_mapping_and_synthesis_are_networks_of_one_player() -> None:
    model = build()
    assert model.players == {
        "generator": ("mapping", "synthesis"),
        "discriminator": ("discriminator",),
    }
    assert model.sampler == ("mapping", "synthesis")
    assert list(model.networks) == ["mapping", "synthesis", "discriminator"]
    assert list(model.variables) == ["path_length_mean"]
    assert (model.latent_shape, model.num_classes) == ((4,), 0)
    assert not build(path_length=0.0).variables
    wide = build(discriminator_width=5, mapping_depth=3)
    assert wide.networks["discriminator"].get_layer("colours").filters == 5
    assert wide.networks["mapping"].get_layer("dense_3").units == 4


@pytest.mark.parametrize("conditional", [False, True])
def test_every_player_moves_with_every_loss_term(conditional: bool) -> None:
    """R1 and path length in the same step; a game of classes, or one in packs."""
    loss = Loss("hinge", r1=1.0, pack=1 if conditional else 2)
    model = build(loss, conditional=conditional, style_mixing=0.5)
    assert model.num_classes == 3 * conditional
    for layer in model.networks["synthesis"].layers:
        if hasattr(layer, "strength"):
            layer.strength.assign(0.1)
    assert_all_move(model, batch())


def test_the_class_decides_samples_and_losses() -> None:
    model = build(conditional=True)
    latents = tf.ones([3, 4])
    images = model.sample(latents, tf.constant([0, 1, 1], tf.int64)).numpy()
    np.testing.assert_allclose(images[1], images[2], atol=1e-6)
    assert np.abs(images[0] - images[1]).max() > 1e-4
    found = {
        float(model.phases[0].losses(batch(label), context())[0]["discriminator"])
        for label in range(3)
    }
    assert len(found) == 3


def test_classes_need_labels_and_no_packs() -> None:
    options = StyleGan(**SMALL, conditional=True)
    assert models.needs(options) == ("labels",)
    assert models.needs(StyleGan()) == ()
    with pytest.raises(ConfigError, match="model=style_gan needs labels; the data has none"):
        models.build(options, DataSpec(8, 8, 1), Loss())
    with pytest.raises(ConfigError, match=r"loss\.pack=2: the discriminator of model=style_gan"):
        build(Loss(pack=2), conditional=True)


def test_one_network_survives_without_the_run(tmp_path: Path) -> None:
    model = build(conditional=True)
    model.networks["mapping"].get_layer("mean").mean.assign(tf.ones([4]))
    inputs = [tf.random.stateless_normal((3, 4), [1, 2]), tf.constant([0, 1, 2], tf.int64)]
    path = tmp_path / "generator.keras"
    model.generator.save(path)
    again = keras.saving.load_model(path)
    np.testing.assert_allclose(again(inputs), model.sample(*inputs), atol=1e-5)


@pytest.mark.slow
def test_truncation_by_command_keeps_latents_and_draws_images_together(
    train: Command, sample: Command
) -> None:
    """From Python the same; given latents can be truncated, as styles are what moves."""
    small = ["model.width=2", "model.latent_dim=4", "training.batch_size=8"]
    tiny = [each for each in TINY if not each.startswith("model.")]
    options = ["model=style_gan", *small, *tiny, "training.steps=3", "run_dir=run"]
    assert train(*options).code == 0
    images, latents = {}, {}
    for share in (1.0, 0.5, 0.01):
        arguments = [f"truncation={share}", "count=8", "format=npz", f"output={share}.npz"]
        assert sample("checkpoint=run", *arguments).code == 0
        with np.load(f"{share}.npz") as arrays:
            images[share], latents[share] = arrays["images"].astype(float), arrays["latents"]
        np.testing.assert_array_equal(latents[share], latents[1.0])
    spread = {share: found.std(axis=0).mean() for share, found in images.items()}
    assert spread[1.0] > 1.3 * spread[0.5] > 0.0
    assert spread[0.01] < 0.1 * spread[1.0]
    run = gan_cli.load("run")
    again = run.sample(latents=latents[1.0], truncation=0.5)
    np.testing.assert_array_equal(again, images[0.5])
    result = sample("checkpoint=run", "labels=[1]")
    assert (result.code, "model=style_gan is not by class" in one_line(result)) == (2, True)
