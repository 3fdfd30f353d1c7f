"""VAE-GAN: three losses by hand, what the discriminator sees, options of the game, reconstructions,
VGG16's features.
"""

from __future__ import annotations

import math
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli import models
from gan_cli.base.errors import ConfigError
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import DataSpec
from gan_cli.models.vae_gan import VaeGan, VaeGanModel
from gan_cli.networks import vgg16
from gan_cli.objectives.losses import ADVERSARIAL
from gan_cli.objectives.options import Loss
from tests.conftest import TINY, Command, one_line

SPEC = DataSpec(9, 12, 3)


def build(loss: Loss | None = None, view: object = None, **options: object) -> VaeGanModel:
    settings = {"latent_dim": 2, "width": 2, "discriminator_depth": 2, **options}
    return models.build(VaeGan(**settings), SPEC, loss or Loss("non_saturating"), view=view)


def batch(count: int = 4) -> dict[str, tf.Tensor]:
    return {"images": tf.random.stateless_uniform([count, *SPEC.image_shape], [0, 0], minval=-1.0)}


def losses(model: VaeGanModel) -> dict[str, float]:
    found, logs = model.phases[0].losses(batch(), Noise(0, 0))
    return {name: float(value) for name, value in (found | logs).items()}


def softplus(logit: float) -> float:
    return math.log1p(math.exp(logit))


def test_networks_players_and_phases():
    model = build()
    assert list(model.players.items()) == [
        (name, (name,)) for name in ("encoder", "generator", "discriminator")
    ]
    assert set(model.networks) == set(model.players)
    assert model.sampler == ("encoder", "generator")
    assert model.latent_shape == (2,)
    assert [(phase.trains, phase.repeats) for phase in model.phases] == [
        (("encoder", "generator", "discriminator"), 1)
    ]


@pytest.fixture
def told() -> VaeGanModel:
    """Of two images: KL by known codes, three features each, of image, reconstruction and
    sample.
    """
    model = build(gamma=3.0, beta=0.5)
    mean, variance = tf.constant([[1.0, 2.0], [0.0, 0.0]]), tf.constant([[1.0, 1.0], [math.e, 1.0]])
    logits = [[2.0], [1.0], [-1.0], [0.0], [-3.0], [-2.0]]
    features = [
        [1.0, 0.0, 2.0],
        [0.0, 0.0, 0.0],
        [1.0, 4.0, 2.0],
        [1.0, 1.0, -2.0],
        [9.0, 9.0, 9.0],
        [9.0, 9.0, 9.0],
    ]
    model.networks = {
        "encoder": lambda images, training: (mean, tf.math.log(variance)),
        "generator": lambda latents, training: tf.zeros([4, *SPEC.image_shape]),
        "discriminator": lambda images, training: (tf.constant(logits), tf.constant(features)),
    }
    return model


def test_the_three_losses_by_hand(told: VaeGanModel):
    found, logs = told.phases[0].losses(batch(2), Noise(0, 0))
    kl = 0.5 * (0.5 * (1 + 4) + 0.5 * (math.e - 1 - 1))
    distance = 0.5 * (
        0.5 * 16 + 0.5 * (1 + 1 + 4)
    )  # 1/2 of the squared differences, the mean of two images
    fakes = (-1.0, 0.0, -3.0, -2.0)
    assert float(logs["kl"]) == pytest.approx(kl)
    assert float(logs["distance"]) == pytest.approx(distance) == 5.5
    assert float(found["encoder"]) == pytest.approx((distance + 0.5 * kl) / 3)
    expected = 3.0 * distance / 3 + sum(softplus(-fake) for fake in fakes) / 4
    assert float(found["generator"]) == pytest.approx(expected)
    expected = (softplus(-2) + softplus(-1)) / 2 + sum(softplus(fake) for fake in fakes) / 4
    assert float(found["discriminator"]) == pytest.approx(expected)
    assert float(logs["ordered"]) == 1.0
    assert float(logs["logits_real"]) == pytest.approx(1.5)
    assert float(logs["logits_fake"]) == pytest.approx(-1.5)


def test_pairs_are_of_an_image_with_its_reconstruction_and_with_a_sample(told: VaeGanModel):
    from gan_cli.objectives.losses import relativistic_paired_discriminator

    play = told._played(batch(2), Noise(0, 0))["discriminator"]
    pairs = [(2, -1), (1, 0), (2, -3), (1, -2)]
    value = relativistic_paired_discriminator(play.of_real.logits, play.of_fake.logits)
    assert float(value) == pytest.approx(sum(softplus(fake - real) for real, fake in pairs) / 4)
    assert play.real.shape == play.fake.shape == (4, *SPEC.image_shape)


@pytest.mark.parametrize("loss", ADVERSARIAL)
def test_every_player_has_a_gradient(loss: str):
    model = build(Loss(loss))
    with tf.GradientTape(persistent=True) as tape:
        found, logs = model.phases[0].losses(batch(), Noise(0, 0))
    for player, value in found.items():
        for variable, gradient in zip(
            model.trainable(player), tape.gradient(value, model.trainable(player)), strict=True
        ):
            assert gradient is not None, variable.path
            assert np.isfinite(gradient).all(), variable.path
        assert (
            max(
                np.abs(gradient).max() for gradient in tape.gradient(value, model.trainable(player))
            )
            > 0.0
        )
    assert set(logs) == {"kl", "distance", "logits_real", "logits_fake", "ordered"}


def test_the_game_is_no_business_of_the_encoder():
    """Its loss is without the logits; the discriminator's is without the distance."""
    model = build()
    with tf.GradientTape(persistent=True) as tape:
        found, _ = model.phases[0].losses(batch(), Noise(0, 0))
    head = model.networks["discriminator"].get_layer("logits").kernel
    assert tape.gradient(found["encoder"], head) is None
    assert tape.gradient(found["discriminator"], head) is not None
    other = build(gamma=100.0, beta=9.0)
    assert losses(other)["discriminator"] == losses(model)["discriminator"]


def test_an_image_and_its_reconstruction_change_alike():
    def view(images: tf.Tensor, noise: Noise) -> tf.Tensor:
        return images + noise.uniform("shift", (images.shape[0], 1, 1, 1))

    model = build(Loss("hinge", instance_noise=0.5), view)
    images = batch()["images"]
    model.networks["generator"] = lambda latents, training: tf.concat([images, images], axis=0)
    play = model._played({"images": images}, Noise(0, 0))["discriminator"]
    again, sampled = tf.split(play.fake, 2)
    assert np.abs(play.real[:4] - images).max() > 0.1
    np.testing.assert_array_equal(play.real[:4], again)
    assert np.abs(again - sampled).max() > 0.1
    assert losses(model)["distance"] == 0.0


def test_codes_are_drawn_about_their_mean():
    model = build()
    seen: list[tf.Tensor] = []
    means, log_variances = tf.constant([[5.0, -5.0]] * 4), tf.constant([[0.0, -40.0]] * 4)
    model.networks["encoder"] = lambda images, training: (means, log_variances)
    model.networks["generator"] = lambda latents, training: (
        seen.append(latents) or tf.zeros([8, *SPEC.image_shape])
    )
    losses(model)
    codes, prior = np.split(seen[0].numpy(), 2)
    draws = Noise(0, 0).normal("posterior", (4, 2)).numpy()
    np.testing.assert_allclose(codes[:, 0], 5.0 + draws[:, 0], rtol=1e-6)
    np.testing.assert_allclose(codes[:, 1], -5.0, atol=1e-6)
    np.testing.assert_array_equal(prior, Noise(0, 0).normal("latents", (4, 2)))


def test_more_updates_of_the_discriminator_are_a_phase_of_their_own():
    model = build(Loss("wasserstein", discriminator_steps=3))
    assert [(phase.trains, phase.repeats) for phase in model.phases] == [
        (("discriminator",), 3),
        (("encoder", "generator"), 1),
    ]
    for phase in model.phases:
        found, logs = phase.losses(batch(), Noise(0, 0))
        assert tuple(found) == phase.trains
        assert all(np.isfinite(float(value)) for value in (found | logs).values())


def test_penalties_are_paid_at_both_kinds_of_fakes():
    model = build(
        Loss("hinge", gradient_penalty=10.0, r1=1.0, r2=1.0, dragan=1.0), discriminator_norm="layer"
    )
    found = losses(model)
    assert min(found[name] for name in ("gradient_norm", "gradient_norm_dragan", "r1", "r2")) > 0.0
    with pytest.raises(
        ConfigError, match=r"loss\.r1 is of single images.*discriminator_norm=layer"
    ):
        build(Loss("hinge", r1=1.0))


def test_packs_share_their_features():
    """Two images in a pack: half of the features for each, and the same losses in the units of an
    image.
    """
    model = build(Loss("hinge", pack=2))
    assert model.networks["discriminator"].input_shape == (None, 9, 12, 6)
    features = model.networks["discriminator"].output_shape[1]
    found = model._round(batch()["images"], Noise(0, 0))
    assert found.elements == math.prod(features[1:]) / 2
    assert found.play.of_fake.logits.shape == (4, 1)
    assert losses(model)["encoder"] == pytest.approx(
        float(found.distances["distance"] + found.kl) / found.elements
    )


@pytest.mark.parametrize(
    ("depth", "layer", "expected"),
    [(3, 1, (5, 6, 2)), (3, 3, (2, 2, 8)), (3, None, (3, 3, 4)), (1, None, (5, 6, 2))],
)
def test_the_features_are_those_of_the_layer_asked_for(
    depth: int, layer: int | None, expected: tuple[int, int, int]
):
    model = build(discriminator_depth=depth, feature_layer=layer)
    assert model.networks["discriminator"].output_shape == [(None, 1), (None, *expected)]


def test_a_layer_that_is_not_there():
    with pytest.raises(
        ConfigError, match=r"model\.feature_layer=3: the discriminator has 2 convolutions"
    ):
        build(feature_layer=3)


def test_reconstructions_are_of_the_mean_code_each_image_alone():
    model = build()
    images = batch()["images"]
    before = [
        variable.numpy() for network in model.networks.values() for variable in network.variables
    ]
    made = model.reconstruct(images)
    assert made.shape == images.shape
    assert made.dtype == tf.float32
    np.testing.assert_allclose(model.reconstruct(images[1:2]), made[1:2], atol=1e-6)
    mean, _ = model.networks["encoder"](images)
    np.testing.assert_allclose(model.sample(mean), made, atol=1e-6)
    after = [
        variable.numpy() for network in model.networks.values() for variable in network.variables
    ]
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


@pytest.fixture
def made_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """VGG16 with weights of its own initializers."""
    keras.utils.set_random_seed(0)
    model = keras.applications.VGG16(include_top=False, weights=None)
    monkeypatch.setattr(vgg16, "load", lambda path, asked, instead: model)


def test_vgg16_adds_a_distance_in_nats(made_weights: None):
    plain, seeing = (
        losses(build(gamma=1.0)),
        build(gamma=1.0, features="vgg16", features_weight=0.01),
    )
    seeing.prepare()
    images, found = batch()["images"], seeing._round(batch()["images"], Noise(0, 0))
    again = tf.split(found.play.fake, 2)[0]
    extra = float(tf.reduce_mean(seeing._perceptual(images, again)))
    assert extra > 0.0
    with_it = losses(seeing)
    assert with_it["features"] == pytest.approx(extra, rel=1e-4)
    assert with_it["distance"] == pytest.approx(plain["distance"], rel=1e-4)
    for player in ("encoder", "generator"):
        assert with_it[player] == pytest.approx(plain[player] + extra / found.elements, rel=1e-4)
    assert with_it["discriminator"] == pytest.approx(plain["discriminator"])
    assert set(seeing.networks) == {"encoder", "generator", "discriminator"}


@pytest.mark.slow
def test_runs_with_vgg16_go_on_bit_by_bit_and_keep_none_of_it(
    made_weights: None, train: Command, tmp_path: Path
):
    options = ["model=vae_gan", *TINY, "training.batch_size=4", "model.features=vgg16"]
    assert train(*options, "training.steps=4", "run_dir=straight").code == 0
    assert train(*options, "training.steps=1", "run_dir=cut").code == 0
    assert train("resume=cut", "training.steps=4", "model.features_file=elsewhere.h5").code == 0
    files = [
        tmp_path / run / "checkpoints/step-00000004/state.safetensors"
        for run in ("straight", "cut")
    ]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].stat().st_size < 10**6


def test_without_the_weights_a_run_does_not_start(train: Command, tmp_path: Path):
    result = train(
        "model=vae_gan",
        *TINY,
        "model.features=vgg16",
        f"model.features_file={tmp_path}",
        "run_dir=run",
    )
    assert one_line(result).startswith(
        f"gan-train: model.features=vgg16: no {vgg16.NAME} at {tmp_path}; it is published at"
    )
    assert result.code != 0
    assert not (tmp_path / "run").exists()
