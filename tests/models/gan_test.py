"""The adversarial pair: players, gradients, clipped weights, samples."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from gan_cli.models.gan import Gan

from gan_cli import models
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import DataSpec
from gan_cli.config.schema import Optimizer, Schedule
from gan_cli.data.pipeline.feed import DeviceFeed
from gan_cli.data.reading.source import Source
from gan_cli.models.dcgan import Dcgan
from gan_cli.objectives.diffaug import differentiable
from gan_cli.objectives.losses import ADVERSARIAL
from gan_cli.objectives.options import Loss
from gan_cli.training import optimizers
from gan_cli.training.state import State
from gan_cli.training.step import Step

SPEC = DataSpec(9, 12, 3)
OPTIONS = Dcgan(latent_dim=4, width=2, discriminator_norm="batch", discriminator_depth=2)


def build(
    loss: str = "non_saturating",
    *,
    weight_clip: float | None = None,
    options: Dcgan = OPTIONS,
    seed: int = 0,
) -> Gan:
    return models.build(options, SPEC, Loss(loss, weight_clip), seed=seed)


def losses(model: Gan) -> tuple[dict[str, list], dict[str, float]]:
    """Player -> gradients of its loss, and the logs of the phase."""
    (phase,) = model.phases
    images = tf.constant(
        np.random.default_rng(0).uniform(-1.0, 1.0, (6, *SPEC.image_shape)), tf.float32
    )
    with tf.GradientTape(persistent=True) as tape:
        found, logs = phase.losses({"images": images}, Noise(0, 0))
    assert set(found) == set(phase.trains) == set(model.players)
    gradients = {
        player: tape.gradient(loss, model.trainable(player)) for player, loss in found.items()
    }
    return gradients, {name: float(value) for name, value in (found | logs).items()}


def test_networks_and_players():
    model = build()
    assert set(model.networks) == {"generator", "discriminator"}
    assert model.players == {"generator": ("generator",), "discriminator": ("discriminator",)}
    assert model.sampler == ("generator",)
    assert model.latent_shape == (4,)
    for player in model.players:
        trained = model.trainable(player)
        assert [id(variable) for variable in trained] == [
            id(v) for v in model.networks[player].trainable_variables
        ]


def test_discriminator_has_a_width_of_its_own():
    wide = build(options=Dcgan(latent_dim=4, width=2, discriminator_width=5))
    assert wide.networks["discriminator"].get_layer("conv_1").filters == 5
    assert wide.networks["generator"].get_layer("conv_1").filters == 2
    assert build().networks["discriminator"].get_layer("conv_1").filters == 2


@pytest.mark.parametrize("loss", ADVERSARIAL)
def test_every_player_has_a_gradient(loss: str):
    gradients, logs = losses(build(loss))
    for player, found in gradients.items():
        assert [gradient is None for gradient in found] == [False] * len(found), player
        assert all(np.isfinite(gradient).all() for gradient in found)
        kernels = [gradient for gradient in found if len(gradient.shape) == 4]
        assert all(np.abs(gradient).max() > 0.0 for gradient in kernels)
    assert set(logs) == {"generator", "discriminator", "logits_real", "logits_fake", "ordered"}


def test_losses_are_those_of_the_logits():
    """Wasserstein's two sides follow from the logs: D(G(z)) - D(x), and -D(G(z))."""
    _, logs = losses(build("wasserstein"))
    assert logs["discriminator"] == pytest.approx(
        logs["logits_fake"] - logs["logits_real"], abs=1e-6
    )
    assert logs["generator"] == pytest.approx(-logs["logits_fake"], abs=1e-6)
    assert logs["logits_real"] != logs["logits_fake"]


def test_the_share_of_ordered_pairs_is_the_discriminator_s():
    """Of six pairs it puts the real image first in the share that its logits say."""
    model, given = (
        build("hinge"),
        iter(
            [
                [[1.0], [2.0], [3.0], [0.0], [5.0], [-1.0]],
                [[0.0], [2.0], [1.0], [1.0], [4.0], [-2.0]],
            ]
        ),
    )
    model.networks["discriminator"] = lambda images, training: tf.constant(next(given))
    _, logs = model.phases[0].losses({"images": tf.zeros([6, *SPEC.image_shape])}, Noise(0, 0))
    assert float(logs["ordered"]) == pytest.approx(4 / 6)


def test_weight_clip_bounds_the_discriminator_alone():
    model = build("wasserstein", weight_clip=0.01)
    for variable in model.trainable("discriminator"):
        clipped = variable.constraint(tf.constant([-5.0, -0.01, 0.004, 0.01, 5.0]))
        assert clipped.numpy().tolist() == pytest.approx([-0.01, -0.01, 0.004, 0.01, 0.01])
    assert {variable.constraint for variable in model.trainable("generator")} == {None}


def test_without_weight_clip_nothing_is_bounded():
    model = build("wasserstein")
    assert {
        variable.constraint for player in model.players for variable in model.trainable(player)
    } == {None}


def test_optimizers_apply_the_clip():
    model = build("wasserstein", weight_clip=0.01)
    trained = model.trainable("discriminator")
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.apply([tf.fill(variable.shape, -3.0) for variable in trained], trained)
    assert all(np.allclose(variable.numpy(), 0.01) for variable in trained)


def test_samples_are_made_in_inference_mode():
    """Each image is of its own latent alone, and the moving statistics stay."""
    model = build()
    before = [
        variable.numpy() for network in model.networks.values() for variable in network.variables
    ]
    latents = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    together = model.sample(tf.constant(latents)).numpy()
    assert together.shape == (3, 9, 12, 3)
    assert together.dtype == np.float32
    np.testing.assert_allclose(
        model.sample(tf.constant(latents[1:2])).numpy(), together[1:2], atol=1e-6
    )
    after = [
        variable.numpy() for network in model.networks.values() for variable in network.variables
    ]
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


def test_with_networks_replaces_for_sampling_only():
    model, other = build(seed=1), build(seed=2)
    mixed = model.with_networks({"generator": other.networks["generator"]})
    latents = tf.ones([1, 4])
    np.testing.assert_array_equal(mixed.sample(latents), other.sample(latents))
    assert not np.array_equal(model.sample(latents), other.sample(latents))
    assert mixed.networks["discriminator"] is model.networks["discriminator"]


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n == "hinge" else [pytest.mark.slow]) for n in ADVERSARIAL]
)
def test_any_loss_goes_with_every_penalty_and_option_at_once(name: str):
    """Two compiled steps with everything switched on: all finite, and each network moved."""
    penalties = {
        "gradient_penalty": 1.0,
        "r1": 1.0,
        "r1_interval": 2,
        "r2": 0.5,
        "dragan": 1.0,
        "dragan_interval": 3,
    }
    loss = Loss(
        name, discriminator_steps=2, instance_noise=0.1, instance_noise_steps=5, pack=2, **penalties
    )
    images = Source(
        np.random.default_rng(0).integers(0, 256, (24, *SPEC.image_shape), dtype=np.uint8)
    )
    view = differentiable(["color", "translation", "cutout"])
    model = models.build(
        Dcgan(latent_dim=4, width=2, discriminator_norm="layer"), SPEC, loss, view=view
    )
    before = {
        player: [variable.numpy() for variable in model.trainable(player)]
        for player in model.players
    }
    state = State(
        model, optimizers.build(model, Optimizer("adam"), Schedule("constant"), 10, "float32"), 0.9
    )
    step = Step(state, DeviceFeed(images, 8, 0), 0)
    finite, totals = step.run(tf.constant(2, tf.int64), tf.zeros([1]))
    assert bool(finite)
    assert np.isfinite(totals.numpy()).all()
    assert {"gradient_norm", "gradient_norm_dragan", "r1", "r2"} < set(step.names)
    for player, values in before.items():
        moved = [
            not np.array_equal(old, new.numpy())
            for old, new in zip(values, model.trainable(player), strict=True)
        ]
        assert sum(moved) >= len(moved) - 1, (
            player
        )  # the last bias cancels in losses of differences
