"""Several discriminators: players, depths, views, and how their losses become the generator's."""

import numpy as np
import pytest
import tensorflow as tf
from gan_cli.models.gan import Gan

from gan_cli import models
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import DataSpec
from gan_cli.models.multi_gan import MultiGan
from gan_cli.objectives.options import Loss

SPEC = DataSpec(16, 16, 1)
NOISE = Noise(0, tf.constant(0, tf.int64))
BATCH = {
    "images": tf.constant(np.random.default_rng(0).uniform(-1.0, 1.0, (6, 16, 16, 1)), tf.float32)
}


def build(**options: object) -> Gan:
    return models.build(
        MultiGan(latent_dim=4, width=2, dropout=0.0, **options), SPEC, Loss("wasserstein")
    )


def test_each_discriminator_is_a_player_with_weights_of_its_own():
    model = build(discriminators=3)
    names = ["discriminator_1", "discriminator_2", "discriminator_3"]
    assert list(model.players) == ["generator", *names]
    kernels = [model.networks[name].get_layer("conv_1").kernel.numpy() for name in names]
    assert not np.array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[1], kernels[2])


def test_the_generator_s_loss_is_combined():
    """Of Wasserstein critics: minus the logits of the fake images."""
    losses = {}
    for combine in ("mean", "max", "softmax"):
        model = build(discriminators=2, combine=combine, hardness=3.0)
        fake = model.networks["generator"](NOISE.normal("latents", (6, 4)), training=True)
        each = [
            -float(tf.reduce_mean(model.networks[f"discriminator_{n}"](fake, training=True)))
            for n in (1, 2)
        ]
        losses[combine] = (
            float(model.phases[0].losses(BATCH, NOISE)[0]["generator"]),
            np.array(each),
        )
    assert losses["mean"][0] == pytest.approx(losses["mean"][1].mean(), rel=1e-3)
    assert losses["max"][0] == pytest.approx(losses["max"][1].max(), rel=1e-3)
    values = losses["softmax"][1]
    weights = np.exp(3.0 * values) / np.exp(3.0 * values).sum()
    assert losses["softmax"][0] == pytest.approx((weights * values).sum(), rel=1e-3)


def test_depths_may_differ():
    depths = [
        len([layer for layer in model.layers if layer.name.startswith("conv_")])
        for name, model in build(discriminators=3, different_depths=True).networks.items()
        if name != "generator"
    ]
    assert depths == [2, 1, 2]


def test_views_go_round():
    """Two views for three discriminators: the first and the third see shifted images, the second
    ones with a hole.
    """
    model = build(discriminators=3, views=["translation", "cutout"])
    bright = {"images": tf.ones([6, 16, 16, 1])}
    seen = {
        name: model._sight[name](bright["images"], NOISE).numpy()
        for name in model.networks
        if name != "generator"
    }
    np.testing.assert_array_equal(seen["discriminator_1"], seen["discriminator_3"])
    assert not np.array_equal(seen["discriminator_1"], seen["discriminator_2"])
    assert 0 < (seen["discriminator_2"] == 0).mean() <= 0.25


def test_logs_of_each_discriminator_have_its_number():
    options = MultiGan(latent_dim=4, width=2, discriminators=2)
    model = models.build(options, SPEC, Loss("hinge", gradient_penalty=1.0))
    assert {"gradient_norm_1", "gradient_norm_2", "ordered"} <= set(
        model.phases[0].losses(BATCH, NOISE)[1]
    )
