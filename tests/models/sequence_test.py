"""Sequences: any length from one latent, the game and the bound over whole sequences."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from gan_cli import models
from gan_cli.base.errors import ConfigError
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import DataSpec
from gan_cli.data.pipeline.augment import Transform
from gan_cli.models.sequence_gan import SequenceGan
from gan_cli.models.sequence_vae import SequenceVae
from gan_cli.objectives.augmentation.diffaug import differentiable
from gan_cli.objectives.likelihoods import LIKELIHOODS, kl_divergence
from gan_cli.objectives.model import Model
from gan_cli.objectives.options import Loss
from gan_cli.objectives.sequences import SETTLING, unrolled

from ..objectives.toys import context
from .toys import gradients

SPEC = DataSpec(9, 12, 3, sequence_length=4)
GAN = SequenceGan(latent_dim=5, width=2, state_channels=3, hidden=4, discriminator_norm="none")
VAE = SequenceVae(latent_dim=5, width=2, state_channels=3, hidden=4)
both = pytest.mark.parametrize("options", [GAN, VAE], ids=["gan", "vae"])


def gan(options: SequenceGan = GAN, augment: Transform | None = None, **loss: float) -> Model:
    return models.build(options, SPEC, Loss("non_saturating", **loss), augment=augment)


def vae(options: SequenceVae = VAE) -> Model:
    return models.build(options, SPEC, Loss("non_saturating"))


def build(options: SequenceGan | SequenceVae) -> Model:
    return models.build(options, SPEC, Loss("non_saturating"))


def latents(count: int = 3) -> tf.Tensor:
    return tf.constant(np.random.default_rng(0).standard_normal((count, 5)), tf.float32)


def sequence(count: int = 6) -> tf.Tensor:
    return tf.constant(
        np.random.default_rng(0).uniform(-1.0, 1.0, (count, 4, *SPEC.image_shape)), tf.float32
    )


@both
def test_a_sequence_has_the_length_of_the_data_or_any_other(options: SequenceGan | SequenceVae):
    model = build(options)
    assert model.sequence_length == 4
    assert model.latent_shape == (5,)
    assert model.sample(latents()).shape == (3, 4, 9, 12, 3)
    for steps in (1, 2, 11):
        images = model.sample(latents(), steps=steps).numpy()
        assert images.shape == (3, steps, 9, 12, 3)
        assert -1.0 <= images.min() < images.max() <= 1.0


@both
def test_a_longer_sequence_begins_with_the_shorter_one(options: SequenceGan | SequenceVae):
    model = build(options)
    long = model.sample(latents(), steps=9).numpy()
    np.testing.assert_array_equal(model.sample(latents(), steps=3), long[:, :3])
    np.testing.assert_array_equal(model.sample(latents()), long[:, :4])
    assert np.abs(long[:, 1:] - long[:, :-1]).max(axis=(0, 2, 3, 4)).min() > 1e-4, (
        "every frame differs from the one before"
    )


@both
def test_a_sequence_is_of_its_latent_alone(options: SequenceGan | SequenceVae):
    model = build(options)
    together = model.sample(latents()).numpy()
    np.testing.assert_array_equal(model.sample(latents()), together)
    np.testing.assert_allclose(model.sample(latents()[1:2]).numpy(), together[1:2], atol=1e-6)
    assert np.abs(together[0] - together[1]).max() > 1e-3


@pytest.mark.slow
@both
def test_a_graph_plays_what_eager_code_plays(options: SequenceGan | SequenceVae):
    model = build(options)
    compiled = tf.function(lambda z: model.sample(z, steps=6), autograph=False)
    np.testing.assert_allclose(compiled(latents()), model.sample(latents(), steps=6), atol=1e-6)


def test_training_and_sampling_make_the_same_frames():
    """Frame by frame or all at once: only the statistics of batch normalization tell training from
    sampling.
    """
    model = gan()
    (at_once,) = unrolled(model.networks, latents(), 4, training=False)
    np.testing.assert_allclose(at_once, model.sample(latents()), atol=1e-6)
    (trained,) = unrolled(model.networks, latents(), 4)
    assert trained.shape == at_once.shape


def test_the_first_frame_is_that_of_a_state_that_has_settled():
    model = vae()
    state = model.networks["start"](latents())
    for _ in range(SETTLING):
        state = model.networks["cell"](state)
    expected = [model.networks["frames"](each) for each in (state, model.networks["cell"](state))]
    found = model.sample(latents(), steps=2)
    np.testing.assert_allclose(
        found, np.stack([np.tanh(0.5 * logits) for logits in expected], axis=1), atol=1e-6
    )


def test_networks_and_players_of_the_game():
    model = gan()
    assert list(model.networks) == ["start", "cell", "frames", "discriminator"]
    assert model.players == {
        "generator": ("start", "cell", "frames"),
        "discriminator": ("discriminator",),
    }
    assert model.sampler == ("start", "cell", "frames")


def test_networks_and_player_of_the_autoencoder():
    model = vae()
    assert list(model.networks) == ["encoder", "start", "cell", "frames"]
    assert model.players == {"autoencoder": ("encoder", "start", "cell", "frames")}
    assert set(model.sampler) == set(model.networks)


@pytest.mark.parametrize(
    ("settings", "loss"),
    [
        ({}, {}),
        (
            {"discriminator_norm": "batch", "dropout": 0.5, "discriminator_width": 3},
            {"label_smoothing": 0.1},
        ),
        (
            {"discriminator_norm": "layer"},
            {"gradient_penalty": 10.0, "r1": 1.0, "discriminator_steps": 2},
        ),
        ({}, {"pack": 2, "instance_noise": 0.1, "dragan": 1.0, "r2": 1.0}),
    ],
    ids=["plain", "normed", "penalised", "packed"],
)
def test_every_variable_has_a_gradient_in_every_game(
    settings: dict[str, object], loss: dict[str, float]
):
    """Penalties need the gradient of the GRU's gradient; packs and instance noise see frames side
    by side.
    """
    model = gan(
        replace(GAN, **settings), differentiable(["color", "translation", "cutout"]), **loss
    )
    for player, found in gradients(model, {"sequence": sequence()}).items():
        assert None not in found, player
        assert all(np.isfinite(gradient).all() for gradient in found)
        kernels = [gradient for gradient in found if len(gradient.shape) >= 2]
        assert all(np.abs(gradient).max() > 0.0 for gradient in kernels), player


def test_the_discriminator_sees_whole_sequences():
    model = gan()
    _, logs = model.phases[0].losses({"sequence": sequence()}, context())
    expected = tf.reduce_mean(model.networks["discriminator"](sequence(), training=True))
    assert float(logs["logits_real"]) == pytest.approx(float(expected), rel=1e-5)
    made = unrolled(model.networks, Noise(0, 0).normal("latents", (6, 5)), 4)[0]
    expected = tf.reduce_mean(model.networks["discriminator"](made, training=True))
    assert float(logs["logits_fake"]) == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_bound_is_that_of_whole_sequences(likelihood: str):
    """reconstruction - kl [B], from the networks by hand; the loss is its negative mean at beta =
    1.
    """
    model = vae(replace(VAE, likelihood=likelihood))
    noise = Noise(0, tf.constant(3, tf.int64))
    mean, log_variance = model.networks["encoder"](sequence(), training=False)
    code = mean + tf.exp(0.5 * log_variance) * noise.normal("latents", (6, 5))
    parameters = unrolled(model.networks, code, 4, training=False)
    expected = LIKELIHOODS[likelihood].log_probability(sequence(), *parameters) - kl_divergence(
        mean, log_variance
    )
    found = model.bound(sequence(), noise)
    assert found.shape == (6,)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    losses, logs = model.phases[0].losses({"sequence": sequence()}, context(3))
    assert float(losses["autoencoder"]) == pytest.approx(-float(logs["elbo"]), rel=1e-5)
    assert float(logs["elbo"]) == pytest.approx(
        float(logs["reconstruction"]) - float(logs["kl"]), rel=1e-5
    )
    assert all(
        gradient is not None
        for gradient in gradients(model, {"sequence": sequence()})["autoencoder"]
    )


def test_a_reconstruction_is_the_sequence_of_the_mean_code():
    model = vae()
    mean, _ = model.networks["encoder"](sequence(), training=False)
    np.testing.assert_array_equal(model.reconstruct(sequence()), model.sample(mean))


@both
def test_replaced_networks_are_those_that_play(options: SequenceGan | SequenceVae):
    model, other = build(options), models.build(options, SPEC, Loss("non_saturating"), seed=1)
    mixed = model.with_networks({name: other.networks[name] for name in model.sampler})
    np.testing.assert_array_equal(
        mixed.sample(latents(), steps=5), other.sample(latents(), steps=5)
    )
    assert np.abs(mixed.sample(latents()).numpy() - model.sample(latents()).numpy()).max() > 1e-3


@both
def test_single_images_are_refused(options: SequenceGan | SequenceVae):
    with pytest.raises(ConfigError, match=f"model={options.name} makes sequences"):
        models.check(options, DataSpec(9, 12, 3), Loss("non_saturating"))
