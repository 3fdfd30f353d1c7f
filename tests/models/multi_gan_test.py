"""Several discriminators: depths, views, and how their losses become the generator's."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from gan_cli import models
from gan_cli.base.spec import DataSpec
from gan_cli.models.multi_gan import MultiGan, combined, views
from gan_cli.objectives.gan import Game
from gan_cli.objectives.model import Model
from gan_cli.objectives.options import Loss

from ..objectives.toys import context

SPEC = DataSpec(16, 16, 1)
BATCH = {
    "images": tf.constant(np.random.default_rng(0).uniform(-1.0, 1.0, (6, 16, 16, 1)), tf.float32)
}


def build(loss: Loss | None = None, **options: object) -> Model:
    settings = MultiGan(latent_dim=4, width=2, dropout=0.0, **options)
    return models.build(settings, SPEC, loss or Loss("wasserstein"))


def test_each_discriminator_is_a_player_with_weights_of_its_own() -> None:
    model = build(discriminators=3)
    names = ["discriminator_1", "discriminator_2", "discriminator_3"]
    assert list(model.players) == ["generator", *names]
    kernels = [model.networks[name].get_layer("conv_1").kernel.numpy() for name in names]
    assert not np.array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[1], kernels[2])


@pytest.mark.parametrize(
    ("name", "hardness", "expected"),
    [
        ("mean", 5.0, 2.0),
        ("max", 5.0, 4.0),
        ("softmax", 0.0, 2.0),
        ("softmax", 1.0, (np.e**4 * 4 + 2 * np.e) / (np.e**4 + 2 * np.e)),
        ("softmax", 100.0, 4.0),
    ],
)
def test_losses_are_combined(name: str, hardness: float, expected: float) -> None:
    """Of 1, 4 and 1."""
    losses = [tf.constant(value) for value in (1.0, 4.0, 1.0)]
    assert float(combined(name, hardness)(losses)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("combine", ["mean", "max", "softmax"])
def test_the_generator_s_loss_is_combined(combine: str) -> None:
    """Of Wasserstein discriminators: minus the logits of the fake images."""
    model = build(discriminators=2, combine=combine, hardness=3.0)
    latents = context().noise.normal("latents", (6, 4))
    fake = model.networks["generator"](latents, training=True)
    each = [
        -tf.reduce_mean(model.networks[f"discriminator_{n}"](fake, training=True)) for n in (1, 2)
    ]
    found = model.phases[0].losses(BATCH, context())[0]["generator"]
    assert float(found) == pytest.approx(float(combined(combine, 3.0)(each)), rel=1e-3)


def test_depths_may_differ() -> None:
    for settings, expected in (
        ({"different_depths": True}, [2, 1, 2]),
        ({}, [2, 2, 2]),
        ({"different_depths": True, "discriminator_depth": 1}, [1, 1, 1]),
    ):
        networks = build(discriminators=3, **settings).networks.items()
        depths = [
            len([layer for layer in model.layers if layer.name.startswith("conv_")])
            for name, model in networks
            if name != "generator"
        ]
        assert depths == expected


def test_views_go_round() -> None:
    """Two changes for three discriminators: the first and the third see shifted images, the second
    ones with a hole.
    """
    names, bright = ["a", "b", "c"], tf.ones([6, 16, 16, 1])
    chosen = views(names, ["translation", "cutout"], Game(Loss("hinge")))
    seen = {name: chosen[name](bright, context()).numpy() for name in names}
    np.testing.assert_array_equal(seen["a"], seen["c"])
    assert not np.array_equal(seen["a"], seen["b"])
    assert 0 < (seen["b"] == 0).mean() <= 0.25


def test_views_come_after_the_change_of_the_game() -> None:
    game = Game(Loss("hinge", pack=2), lambda images, _: images + 1.0)
    seen = views(["a"], ["cutout"], game)["a"](tf.zeros([6, 16, 16, 1]), context()).numpy()
    assert seen.shape == (3, 16, 16, 2)
    assert set(np.unique(seen)) == {0.0, 1.0}


def test_views_reach_the_discriminators() -> None:
    """Of white images a discriminator with a hole in its view says something else."""
    plain, changed = build(discriminators=1), build(discriminators=1, views=["cutout"])
    white = {"images": tf.ones([6, 16, 16, 1])}
    logits = [
        float(model.phases[0].losses(white, context())[1]["logits_real"])
        for model in (plain, changed)
    ]
    assert logits[0] != pytest.approx(logits[1], rel=1e-3)


def test_logs_of_each_discriminator_have_its_number() -> None:
    model = build(Loss("hinge", gradient_penalty=1.0), discriminators=2)
    _, logs = model.phases[0].losses(BATCH, context())
    assert {"gradient_norm_1", "gradient_norm_2", "ordered"} <= set(logs)
