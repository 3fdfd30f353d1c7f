"""The variational autoencoder: the bound against integrals, its parts, and what is binarised
when.
"""

import math
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli import models
from gan_cli.base.errors import ConfigError
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import DataSpec
from gan_cli.models.vae import Vae, VaeModel, binarized
from gan_cli.networks import vgg16
from gan_cli.objectives.likelihoods import LIKELIHOODS
from gan_cli.objectives.options import Loss

SPEC = DataSpec(9, 12, 3)
OPTIONS = Vae(latent_dim=4, width=2, hidden=8)


def build(options: Vae = OPTIONS, seed: int = 0) -> VaeModel:
    return models.build(options, SPEC, Loss("non_saturating"), seed=seed)


def pictures(count: int = 6) -> tf.Tensor:
    return tf.constant(
        np.random.default_rng(0).uniform(-1.0, 1.0, (count, *SPEC.image_shape)), tf.float32
    )


def losses(model: VaeModel, step: int = 0) -> dict[str, float]:
    found, logs = model.phases[0].losses({"images": pictures()}, Noise(0, step))
    return {name: float(value) for name, value in (found | logs).items()}


def toy(mean: float, log_variance: float, weight: float, **settings: float) -> VaeModel:
    """One latent z and images of one pixel with the logit `weight` z; every image has the same
    code.
    """
    encoder, decoder = build(Vae(latent_dim=1, width=2)).networks.values()
    model = VaeModel(encoder, decoder, LIKELIHOODS["bernoulli"], **settings)
    model.networks["encoder"] = lambda x, training: [
        tf.fill([len(x), 1], mean),
        tf.fill([len(x), 1], log_variance),
    ]
    model.networks["decoder"] = lambda z, training: weight * z[:, :, None, None]
    return model


def test_networks_and_players():
    model = build()
    assert list(model.networks) == ["encoder", "decoder"]
    assert model.players == {"autoencoder": ("encoder", "decoder")}
    assert model.sampler == ("encoder", "decoder")
    assert model.latent_shape == (4,)
    trained = [v for network in model.networks.values() for v in network.trainable_variables]
    assert [id(variable) for variable in model.trainable("autoencoder")] == [
        id(variable) for variable in trained
    ]


@pytest.mark.parametrize("architecture", ["conv", "dense"])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "logistic"])
def test_every_variable_has_a_gradient(likelihood: str, architecture: str):
    model = build(replace(OPTIONS, likelihood=likelihood, architecture=architecture))
    with tf.GradientTape() as tape:
        found, logs = model.phases[0].losses({"images": pictures()}, Noise(0, 0))
    gradients = tape.gradient(found["autoencoder"], model.trainable("autoencoder"))
    assert all(np.abs(gradient).max() > 0.0 for gradient in gradients if gradient.shape.rank > 1)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    assert set(logs) == {"elbo", "reconstruction", "kl"}


def test_a_fixed_scale_is_not_trained():
    learned, fixed = (
        build(Vae(latent_dim=4, width=2, likelihood="gaussian", learn_scale=learn))
        for learn in (True, False)
    )
    names = [
        {v.path.split("/")[-2] for v in model.trainable("autoencoder")}
        for model in (learned, fixed)
    ]
    assert names[0] - names[1] == {"log_scale"}


def test_the_loss_weighs_the_divergence_and_the_bound_does_not():
    for beta in (0.0, 1.0, 4.0):
        found = losses(build(replace(OPTIONS, beta=beta)))
        assert found["elbo"] == pytest.approx(found["reconstruction"] - found["kl"], rel=1e-6)
        assert found["autoencoder"] == pytest.approx(
            beta * found["kl"] - found["reconstruction"], rel=1e-6
        )
        assert found["kl"] > 0.0


def test_warm_up_is_linear_and_counts_steps():
    model = build(replace(OPTIONS, beta=2.0, warmup_steps=10))
    for step, weight in [(0, 0.2), (4, 1.0), (9, 2.0), (500, 2.0)]:
        found = losses(model, step)
        assert found["autoencoder"] == pytest.approx(
            weight * found["kl"] - found["reconstruction"], rel=1e-6
        )


def test_the_bound_is_the_likelihood_where_the_code_says_nothing():
    """A decoder that ignores z leaves p(x) = 1/2 for each of 324 pixels, and q = p(z) costs
    nothing.
    """
    model = toy(0.0, 0.0, 0.0)
    model.networks["decoder"] = lambda z, training: tf.zeros([len(z), *SPEC.image_shape])
    assert model.bound(pictures(3), Noise(0, 0)).numpy() == pytest.approx(
        [9 * 12 * 3 * math.log(0.5)] * 3, rel=1e-6
    )


def test_the_bound_stays_below_the_likelihood_by_the_divergence_from_the_posterior():
    """One pixel, p(x=1|z) = s(3 z): log p(x) and KL(q || p(z|x)) by integration."""
    mean, log_variance, weight, count = 0.4, math.log(0.49), 3.0, 400_000
    model = toy(mean, log_variance, weight)
    found = float(tf.reduce_mean(model.bound(tf.ones([count, 1, 1, 1]), Noise(0, 0))))
    z = np.linspace(-12.0, 12.0, 24_001)
    prior, q = (
        np.exp(-0.5 * ((z - m) / s) ** 2) / (s * math.sqrt(2 * math.pi))
        for m, s in ((0.0, 1.0), (mean, 0.7))
    )
    joint = prior / (1.0 + np.exp(-weight * z))
    evidence = joint.sum() * (z[1] - z[0])
    gap = (q * np.log(np.maximum(q, 1e-300) / (joint / evidence))).sum() * (z[1] - z[0])
    assert gap > 0.05
    assert found == pytest.approx(math.log(evidence) - gap, abs=0.005)


def test_codes_are_drawn_around_the_mean():
    """The code's mean and variance reach the decoder: z = mean + deviation * noise."""
    model, seen = toy(2.0, math.log(0.25), 1.0), []
    model.networks["decoder"] = lambda z, training: (seen.append(z), z[:, :, None, None])[1]
    model.bound(tf.ones([100_000, 1, 1, 1]), Noise(3, 5))
    (codes,) = seen
    assert float(tf.reduce_mean(codes)) == pytest.approx(2.0, abs=0.01)
    assert float(tf.math.reduce_std(codes)) == pytest.approx(0.5, abs=0.01)


def test_binarized_pixels_are_white_as_often_as_they_are_bright():
    images = tf.constant([-1.0, -0.5, 0.0, 0.8, 1.0])[:, None, None, None] * tf.ones(
        [1, 100, 100, 1]
    )
    found = binarized(images, Noise(0, 0))
    assert set(np.unique(found)) == {-1.0, 1.0}
    assert tf.reduce_mean(found, (1, 2, 3)).numpy() == pytest.approx(
        [-1.0, -0.5, 0.0, 0.8, 1.0], abs=0.03
    )
    assert found[0].numpy().max() == -1.0
    assert found[4].numpy().min() == 1.0
    assert np.array_equal(found, binarized(images, Noise(0, 0)))
    assert not np.array_equal(found, binarized(images, Noise(0, 1)))


def test_binarized_images_are_what_the_encoder_sees_and_the_decoder_is_judged_by():
    seen = []
    plain, drawn = toy(0.0, 0.0, 0.0), toy(0.0, 0.0, 0.0, binarize=True)
    for model in (plain, drawn):
        code = model.networks["encoder"]
        model.networks["encoder"] = lambda x, training, code=code: (
            seen.append(x),
            code(x, training),
        )[1]
        model.networks["decoder"] = lambda z, training: tf.ones([len(z), *SPEC.image_shape])
        model.bound(pictures(), Noise(0, 0))
    assert np.array_equal(seen[0], pictures())
    assert np.array_equal(seen[1], binarized(pictures(), Noise(0, 0)))
    white = tf.reduce_sum(tf.cast(seen[1] > 0.0, tf.float32), (1, 2, 3))
    expected = white * math.log(1 / (1 + math.exp(-1.0))) + (324 - white) * math.log(
        1 - 1 / (1 + math.exp(-1.0))
    )
    assert drawn.bound(pictures(), Noise(0, 0)).numpy() == pytest.approx(expected.numpy(), rel=1e-5)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "logistic"])
def test_samples_and_reconstructions_are_mean_images(likelihood: str):
    model = build(replace(OPTIONS, likelihood=likelihood))
    images, latents = pictures(), tf.random.stateless_normal([6, 4], [0, 0]) * 30.0
    made, again = model.reconstruct(images), model.reconstruct(images)
    assert np.array_equal(made, again)  # nothing is drawn
    mean, _ = model.networks["encoder"](images)
    assert np.array_equal(made, model.sample(mean))
    samples = model.sample(latents).numpy()
    assert samples.shape == (6, *SPEC.image_shape)
    assert -1.0 <= samples.min() < -0.01 < 0.01 < samples.max() <= 1.0
    if likelihood == "bernoulli":
        probability = keras.ops.sigmoid(model.networks["decoder"](latents))
        assert samples == pytest.approx(2.0 * probability.numpy() - 1.0, abs=1e-6)


def test_the_bound_of_another_set_of_weights():
    """What evaluation does with the averaged networks: `with_networks` must reach encoder and
    decoder.
    """
    one, two = build(), build(seed=1)
    moved = one.with_networks(two.networks)
    noise = Noise(0, 0)
    assert np.array_equal(moved.bound(pictures(), noise), two.bound(pictures(), noise))
    assert np.array_equal(moved.reconstruct(pictures()), two.reconstruct(pictures()))
    assert not np.array_equal(one.bound(pictures(), noise), two.bound(pictures(), noise))


@pytest.mark.parametrize("likelihood", ["gaussian", "logistic"])
def test_only_bernoulli_is_binarised(likelihood: str):
    with pytest.raises(
        ConfigError, match=rf"model.binarize.*model.likelihood=bernoulli, not {likelihood}"
    ):
        models.check(
            replace(OPTIONS, likelihood=likelihood, binarize=True), SPEC, Loss("non_saturating")
        )
    models.check(replace(OPTIONS, binarize=True), SPEC, Loss("non_saturating"))


def test_vgg16_adds_its_distance_to_the_loss_and_leaves_the_bound(monkeypatch: pytest.MonkeyPatch):
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
    mean, _ = seeing.networks["encoder"](pictures())
    near = float(tf.reduce_mean(seeing._perceptual(pictures(), seeing.sample(mean))))
    assert after["features"] == pytest.approx(
        near, rel=0.2
    )  # the code was drawn, here it is the mean
