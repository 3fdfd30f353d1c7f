"""The game with a generator whose noise is an image."""

import numpy as np
import tensorflow as tf

from gan_cli import models
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import DataSpec
from gan_cli.models.conv_gan import ConvGan
from gan_cli.objectives.options import Loss

SPEC = DataSpec(12, 9, 3)


def test_networks_have_the_sizes_that_were_asked_for():
    options = ConvGan(
        noise_channels=2,
        bottleneck=5,
        width=3,
        discriminator_width=7,
        discriminator_depth=2,
        kernel_size=3,
    )
    model = models.build(options, SPEC, Loss("hinge"))
    assert model.latent_shape == (12, 9, 2)
    assert model.networks["generator"].get_layer("bottleneck").units == 5
    assert model.networks["generator"].get_layer("down_1").filters == 3
    assert model.networks["generator"].get_layer("down_1").kernel_size == (3, 3)
    assert [
        model.networks["discriminator"].get_layer(f"conv_{index}").filters for index in (1, 2)
    ] == [7, 14]
    assert model.players == {"generator": ("generator",), "discriminator": ("discriminator",)}


def test_losses_of_one_forward():
    model = models.build(ConvGan(width=2, bottleneck=4), SPEC, Loss("hinge"), seed=1)
    images = tf.constant(
        np.random.default_rng(0).uniform(-1, 1, (4, *SPEC.image_shape)), tf.float32
    )
    losses, _ = model.phases[0].losses({"images": images}, Noise(0, tf.constant(0, tf.int64)))
    assert set(losses) == {"generator", "discriminator"}
    assert all(np.isfinite(float(loss)) for loss in losses.values())
    assert model.sample(tf.zeros([2, *model.latent_shape])).shape == (2, *SPEC.image_shape)


def test_the_same_seed_gives_the_same_weights():
    one, again, other = (
        models.build(ConvGan(width=2, bottleneck=4), SPEC, Loss("hinge"), seed=seed)
        .networks["generator"]
        .get_weights()
        for seed in (1, 1, 2)
    )
    assert all(np.array_equal(first, second) for first, second in zip(one, again, strict=True))
    assert not np.array_equal(one[0], other[0])
