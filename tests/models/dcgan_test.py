"""The convolutional game and what shares its networks: sizes, packs, and every loss with every
option.
"""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from gan_cli import models
from gan_cli.base.spec import DataSpec
from gan_cli.models.conv_gan import ConvGan
from gan_cli.models.dcgan import Dcgan
from gan_cli.models.wgan_gp import WganGp
from gan_cli.objectives.augmentation.diffaug import differentiable
from gan_cli.objectives.losses import LOSSES
from gan_cli.objectives.model import Model
from gan_cli.objectives.options import Loss
from gan_cli.objectives.penalties import PENALTIES

from .toys import assert_all_move, gradients

SPEC = DataSpec(9, 12, 3)


def build(loss: Loss | None = None, **options: object) -> Model:
    settings = {"latent_dim": 4, "width": 2, **options}
    return models.build(Dcgan(**settings), SPEC, loss or Loss("hinge"))


def pictures(count: int = 4) -> dict[str, tf.Tensor]:
    values = np.random.default_rng(0).uniform(-1.0, 1.0, (count, *SPEC.image_shape))
    return {"images": tf.constant(values, tf.float32)}


def test_networks_have_the_sizes_that_were_asked_for() -> None:
    model = build(discriminator_width=5, discriminator_depth=1, kernel_size=3)
    assert list(model.players.items()) == [
        ("generator", ("generator",)),
        ("discriminator", ("discriminator",)),
    ]
    assert (model.sampler, model.latent_shape) == (("generator",), (4,))
    generator, discriminator = model.networks.values()
    assert generator.get_layer("conv_1").filters == 2
    assert generator.get_layer("conv_1").kernel_size == (3, 3)
    assert discriminator.get_layer("conv_1").filters == 5
    assert not [each for each in discriminator.layers if each.name == "conv_2"]
    assert build().networks["discriminator"].get_layer("conv_1").filters == 2


def test_a_pack_is_what_the_discriminator_sees() -> None:
    assert build(Loss("hinge", pack=2)).networks["discriminator"].input_shape == (None, 9, 12, 6)


def test_samples_are_made_in_inference_mode() -> None:
    """Each image is of its own latent alone, and the moving statistics stay."""
    model = build(discriminator_norm="batch")
    variables = [each for network in model.networks.values() for each in network.variables]
    before = [variable.numpy() for variable in variables]
    latents = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    together = model.sample(tf.constant(latents)).numpy()
    assert (together.shape, together.dtype) == ((3, 9, 12, 3), np.float32)
    alone = model.sample(tf.constant(latents[1:2])).numpy()
    np.testing.assert_allclose(alone, together[1:2], atol=1e-6)
    for old, variable in zip(before, variables, strict=True):
        np.testing.assert_array_equal(old, variable.numpy())


@pytest.mark.parametrize("name", LOSSES)
def test_any_loss_goes_with_every_penalty_and_option_at_once(name: str) -> None:
    """Two images a pack, changed and noisy, and every penalty in a phase of two updates."""
    loss = Loss(
        name,
        discriminator_steps=2,
        instance_noise=0.1,
        instance_noise_steps=5,
        pack=2,
        **dict.fromkeys(PENALTIES, 1.0),
    )
    options = Dcgan(latent_dim=4, width=2, discriminator_norm="layer", discriminator_depth=1)
    augment = differentiable(["color", "translation", "cutout"])
    assert_all_move(models.build(options, SPEC, loss, augment=augment), pictures())


def test_another_generator_plays_against_the_same_discriminator() -> None:
    options = ConvGan(
        noise_channels=2,
        bottleneck=5,
        width=3,
        discriminator_width=7,
        discriminator_depth=2,
        kernel_size=3,
    )
    model = models.build(options, SPEC, Loss("hinge"))
    assert model.latent_shape == (9, 12, 2)
    generator, discriminator = model.networks.values()
    assert generator.get_layer("bottleneck").units == 5
    assert generator.get_layer("down_1").filters == 3
    assert generator.get_layer("down_1").kernel_size == (3, 3)
    assert [discriminator.get_layer(f"conv_{index}").filters for index in (1, 2)] == [7, 14]
    assert set(gradients(model, pictures())) == {"generator", "discriminator"}
    assert models.build(ConvGan(width=2), SPEC, Loss("hinge")).latent_shape == SPEC.image_shape


def test_wgan_gp_is_dcgan_without_dropout() -> None:
    one = models.build(WganGp(latent_dim=4, width=2), SPEC, Loss("hinge"))
    other = build(dropout=0.0)
    for name, network in one.networks.items():
        twin = other.networks[name]
        assert [each.name for each in network.layers] == [each.name for each in twin.layers]
        for first, second in zip(network.get_weights(), twin.get_weights(), strict=True):
            np.testing.assert_array_equal(first, second)
