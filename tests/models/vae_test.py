"""The variational autoencoder by its options: what it trains, what it samples, what it refuses."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli import models
from gan_cli.base.errors import ConfigError
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import DataSpec
from gan_cli.models.vae import Vae
from gan_cli.networks import vgg16
from gan_cli.objectives.autoencoder import binarized
from gan_cli.objectives.model import Model
from gan_cli.objectives.options import Loss
from gan_cli.objectives.perceptual import Perceptual

from ..objectives.toys import context
from .toys import assert_all_move

SPEC = DataSpec(9, 12, 3)
OPTIONS = Vae(latent_dim=4, width=2, hidden=8)


def build(options: Vae = OPTIONS, seed: int = 0) -> Model:
    return models.build(options, SPEC, seed=seed)


def pictures(count: int = 6) -> tf.Tensor:
    return tf.constant(
        np.random.default_rng(0).uniform(-1.0, 1.0, (count, *SPEC.image_shape)), tf.float32
    )


def losses(model: Model, step: int = 0) -> dict[str, float]:
    found, logs = model.phases[0].losses({"images": pictures()}, context(step))
    return {name: float(value) for name, value in (found | logs).items()}


@pytest.mark.parametrize("architecture", ["conv", "dense"])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "logistic"])
def test_every_variable_has_a_gradient(likelihood: str, architecture: str) -> None:
    model = build(replace(OPTIONS, likelihood=likelihood, architecture=architecture))
    assert_all_move(model, {"images": pictures()})


def test_a_fixed_scale_is_not_trained() -> None:
    learned, fixed = (
        build(Vae(latent_dim=4, width=2, likelihood="gaussian", learn_scale=learn))
        for learn in (True, False)
    )
    names = [
        {v.path.split("/")[-2] for v in model.trainable("autoencoder")}
        for model in (learned, fixed)
    ]
    assert names[0] - names[1] == {"log_scale"}


def test_options_reach_the_terms() -> None:
    model = build(replace(OPTIONS, beta=2.0, warmup_steps=10))
    for step, weight in [(0, 0.2), (4, 1.0), (500, 2.0)]:
        found = losses(model, step)
        assert found["kl"] > 0.0
        assert found["autoencoder"] == pytest.approx(
            weight * found["kl"] - found["reconstruction"], rel=1e-6
        )
        assert found["elbo"] == pytest.approx(found["reconstruction"] - found["kl"], rel=1e-6)


def test_pixels_are_drawn_where_that_is_asked_for() -> None:
    noise = Noise(0, 0)
    drawn, black_and_white = binarized(pictures(), noise), build(replace(OPTIONS, binarize=True))
    np.testing.assert_array_equal(
        black_and_white.bound(pictures(), noise), build().bound(drawn, noise)
    )


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "logistic"])
def test_samples_and_reconstructions_are_mean_images(likelihood: str) -> None:
    model = build(replace(OPTIONS, likelihood=likelihood))
    images, latents = pictures(), tf.random.stateless_normal([6, 4], [0, 0]) * 30.0
    made = model.reconstruct(images)
    mean, _ = model.networks["encoder"](images)
    assert np.array_equal(made, model.sample(mean))
    samples = model.sample(latents).numpy()
    assert samples.shape == (6, *SPEC.image_shape)
    assert -1.0 <= samples.min() < -0.01 < 0.01 < samples.max() <= 1.0
    if likelihood == "bernoulli":
        probability = keras.ops.sigmoid(model.networks["decoder"](latents))
        assert samples == pytest.approx(2.0 * probability.numpy() - 1.0, abs=1e-6)


@pytest.mark.parametrize("likelihood", ["gaussian", "logistic"])
def test_only_bernoulli_is_binarised(likelihood: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"model.binarize.*model.likelihood=bernoulli, not {likelihood}"
    ):
        models.check(replace(OPTIONS, likelihood=likelihood, binarize=True), SPEC, Loss())
    models.check(replace(OPTIONS, binarize=True), SPEC, Loss())


def test_vgg16_adds_its_distance_to_the_loss_and_leaves_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keras.utils.set_random_seed(0)
    network = keras.applications.VGG16(include_top=False, weights=None)
    monkeypatch.setattr(vgg16, "load", lambda path, asked, instead: network)
    plain, seeing = build(), build(replace(OPTIONS, features="vgg16", features_weight=0.01))
    seeing.prepare()
    before, after = losses(plain), losses(seeing)
    assert after["features"] > 0.0
    assert after["autoencoder"] == pytest.approx(
        before["autoencoder"] + after["features"], rel=1e-5
    )
    assert after["elbo"] == before["elbo"]
    assert set(seeing.networks) == {"encoder", "decoder"}
    distance = Perceptual(SPEC.image_shape, 0.01)
    distance.load()
    near = float(tf.reduce_mean(distance(pictures(), seeing.reconstruct(pictures()))))
    assert after["features"] == pytest.approx(
        near, rel=0.2
    )  # the code was drawn, here it is the mean
