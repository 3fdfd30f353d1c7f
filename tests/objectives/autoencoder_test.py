"""The variational autoencoder with functions in the place of networks: the bound against integrals,
its terms, and what is binarised when.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.objectives.autoencoder import (
    Decoder,
    Pass,
    autoencoder,
    binarized,
    divergence,
    features,
    image_decoder,
    reconstruction,
)
from gan_cli.objectives.likelihoods import LIKELIHOODS
from gan_cli.objectives.model import Model

from .toys import Function, context

SHAPE = (9, 12, 3)
PASS = Pass(
    images=tf.ones([2, 1, 1, 1]),
    shown=tf.zeros([2, 1, 1, 1]),
    log_probability=tf.constant([-7.0, -3.0]),
    kl=tf.constant([2.0, 0.5]),
)


def pictures(count: int = 6) -> tf.Tensor:
    return tf.constant(np.random.default_rng(0).uniform(-1.0, 1.0, (count, *SHAPE)), tf.float32)


def toy(
    mean: float = 0.0,
    log_variance: float = 0.0,
    weight: float = 1.0,
    decode: Any = None,
    likelihood: str = "bernoulli",
    terms: Any = (reconstruction,),
    **settings: Any,
) -> Model:
    """One latent z and images of one pixel with the logit `weight` z; every image has the same
    code.
    """
    encoder = Function(lambda x: [tf.fill([len(x), 1], mean), tf.fill([len(x), 1], log_variance)])
    decoder = Function(decode or (lambda z: weight * z[:, :, None, None]), (1,))
    return autoencoder(encoder, image_decoder(decoder), LIKELIHOODS[likelihood], terms, **settings)


def test_facts_of_the_model() -> None:
    model = toy()
    assert list(model.networks) == ["encoder", "decoder"]
    assert model.players == {"autoencoder": ("encoder", "decoder")}
    assert model.sampler == ("encoder", "decoder")
    assert (model.latent_shape, model.sequence_length) == ((1,), 0)
    ((_, trains, repeats),) = model.phases
    assert (trains, repeats) == (("autoencoder",), 1)


def test_the_reconstruction_costs_what_the_likelihood_says() -> None:
    cost, logs = reconstruction(PASS, context())
    assert cost.numpy().tolist() == [7.0, 3.0]
    assert {name: float(value) for name, value in logs.items()} == {"reconstruction": -5.0}


@pytest.mark.parametrize(
    ("step", "warmup", "weight"),
    [(0, 0, 2.0), (500, 0, 2.0), (0, 1, 2.0), (0, 10, 0.2), (4, 10, 1.0), (9, 10, 2.0)],
)
def test_the_weight_of_the_divergence_rises_by_the_step(
    step: int, warmup: int, weight: float
) -> None:
    cost, logs = divergence(2.0, warmup)(PASS, context(step, update=3 * step + 1))
    assert cost.numpy() == pytest.approx([weight * 2.0, weight * 0.5])
    assert {name: float(value) for name, value in logs.items()} == {"kl": 1.25}
    assert divergence(2.0)(PASS, context(step))[0].numpy().tolist() == [4.0, 1.0]


def test_features_add_the_distance_of_image_and_mean_reconstruction() -> None:
    def distance(images: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
        return tf.reshape(3.0 * images - others, [-1]) + tf.constant([0.0, 1.0])

    cost, logs = features(distance)(PASS, context())
    assert cost.numpy().tolist() == [3.0, 4.0]
    assert {name: float(value) for name, value in logs.items()} == {"features": 3.5}


def test_the_loss_is_the_mean_of_the_sum_of_terms_and_the_bound_is_without_weights() -> None:
    """Of one-pixel images: log p(x|z) of white is -log(1 + e^-z), KL by its formula."""
    terms = [reconstruction, divergence(4.0)]
    model = toy(0.3, math.log(0.5), terms=terms)
    losses, logs = model.phases[0].losses({"images": tf.ones([5, 1, 1, 1])}, context(2))
    z = 0.3 + math.sqrt(0.5) * context(2).noise.normal("latents", (5, 1)).numpy()
    probability, kl = -np.log1p(np.exp(-z)).mean(), 0.5 * (0.09 + 0.5 - 1.0 - math.log(0.5))
    assert set(losses) == {"autoencoder"}
    assert float(losses["autoencoder"]) == pytest.approx(4.0 * kl - probability, rel=1e-5)
    assert {name: float(value) for name, value in logs.items()} == pytest.approx(
        {"elbo": probability - kl, "reconstruction": probability, "kl": kl}, rel=1e-5
    )
    for network in model.networks.values():
        assert network.modes == [True]


def test_terms_see_the_images_as_they_are_and_the_mean_image() -> None:
    """Where pixels are drawn, the distance is still that of the greys."""
    seen: list[Pass] = []

    def term(each: Pass, _: Any) -> tuple[tf.Tensor, dict]:
        seen.append(each)
        return each.kl, {}

    model = toy(terms=[term], decode=lambda z: tf.ones([len(z), *SHAPE]), binarize=True)
    model.phases[0].losses({"images": pictures()}, context())
    np.testing.assert_array_equal(seen[0].images, pictures())
    np.testing.assert_allclose(seen[0].shown, np.full((6, *SHAPE), math.tanh(0.5)), rtol=1e-6)


def test_the_bound_is_the_likelihood_where_the_code_says_nothing() -> None:
    """A decoder that ignores z leaves p(x) = 1/2 for each of 324 pixels, and q = p(z) costs
    nothing.
    """
    model = toy(decode=lambda z: tf.zeros([len(z), *SHAPE]))
    assert model.bound(pictures(3), Noise(0, 0)).numpy() == pytest.approx(
        [9 * 12 * 3 * math.log(0.5)] * 3, rel=1e-6
    )
    for network in model.networks.values():
        assert network.modes == [False]


def test_the_bound_stays_below_the_likelihood_by_the_divergence_from_the_posterior() -> None:
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


def test_codes_are_drawn_around_the_mean() -> None:
    """The code's mean and variance reach the decoder: z = mean + deviation * noise."""
    model = toy(2.0, math.log(0.25))
    model.bound(tf.ones([100, 1, 1, 1]), Noise(3, 5))
    (codes,) = model.networks["decoder"].given
    expected = 2.0 + 0.5 * Noise(3, 5).normal("latents", (100, 1))
    np.testing.assert_allclose(codes, expected, rtol=1e-6)


def test_binarized_pixels_are_white_as_often_as_they_are_bright() -> None:
    levels = [-1.0, -0.5, 0.0, 0.8, 1.0]
    images = tf.constant(levels)[:, None, None, None] * tf.ones([1, 100, 100, 1])
    found = binarized(images, Noise(0, 0))
    assert set(np.unique(found)) == {-1.0, 1.0}
    assert tf.reduce_mean(found, (1, 2, 3)).numpy() == pytest.approx(levels, abs=0.03)
    assert found[0].numpy().max() == -1.0
    assert found[4].numpy().min() == 1.0
    assert np.array_equal(found, binarized(images, Noise(0, 0)))
    assert not np.array_equal(found, binarized(images, Noise(0, 1)))
    drawn = Noise(0, 0).uniform("binarize", images.shape).numpy() < (images.numpy() + 1) / 2
    assert ((found.numpy() == 1.0) == drawn).mean() > 0.9999


def test_binarized_images_are_what_the_encoder_sees_and_the_decoder_is_measured_by() -> None:
    noise, white = Noise(0, 0), 1.0 / (1.0 + math.exp(-1.0))
    plain, drawn = (
        toy(decode=lambda z: tf.ones([len(z), *SHAPE]), binarize=binarize)
        for binarize in (False, True)
    )
    plain.bound(pictures(), noise)
    bound = drawn.bound(pictures(), noise).numpy()
    np.testing.assert_array_equal(plain.networks["encoder"].given[0], pictures())
    seen = drawn.networks["encoder"].given[0]
    np.testing.assert_array_equal(seen, binarized(pictures(), noise))
    count = (seen.numpy() > 0.0).sum(axis=(1, 2, 3))
    expected = count * math.log(white) + (324 - count) * math.log(1 - white)
    assert bound == pytest.approx(expected, rel=1e-5)


def test_reconstructions_are_samples_of_the_mean_code() -> None:
    """2 s(3 * 0.4) - 1 of every image, with nothing drawn."""
    model = toy(0.4, 5.0, 3.0)
    expected = np.full((2, 1, 1, 1), math.tanh(0.6), np.float32)
    np.testing.assert_allclose(model.reconstruct(tf.ones([2, 1, 1, 1])), expected, rtol=1e-6)
    np.testing.assert_allclose(model.sample(tf.fill([2, 1], 0.4)), expected, rtol=1e-6)
    for network in model.networks.values():
        assert set(network.modes) == {False}


def test_a_decoder_of_two_outputs_gives_the_scale_too() -> None:
    """Gaussian with mean z and a log scale of -1: the sample is the mean."""
    decode = lambda z: [z[:, :, None, None], tf.fill([1, 1, 1, 1], -1.0)]  # noqa: E731
    model = toy(0.2, -200.0, decode=decode, likelihood="gaussian")
    kl = 0.5 * (0.04 - 1.0 + 200.0)
    density = -0.5 * (0.8 * math.e) ** 2 + 1.0 - 0.5 * math.log(2.0 * math.pi)
    found = model.bound(tf.ones([1, 1, 1, 1]), Noise(0, 0))
    assert found.numpy() == pytest.approx([density - kl], rel=1e-5)
    assert model.sample(tf.constant([[0.7]])).numpy().item() == pytest.approx(0.7)


def test_other_networks_reconstruct_and_bound() -> None:
    """What evaluation does with the averaged networks: `with_networks` must reach encoder and
    decoder.
    """
    one, two, images, noise = toy(0.5), toy(-0.5, 0.3, 2.0), tf.ones([3, 1, 1, 1]), Noise(0, 0)
    moved = one.with_networks(two.networks)
    np.testing.assert_array_equal(moved.bound(images, noise), two.bound(images, noise))
    np.testing.assert_array_equal(moved.reconstruct(images), two.reconstruct(images))
    assert not np.array_equal(one.bound(images, noise), two.bound(images, noise))


def test_a_decoder_of_sequences_takes_those_of_the_batch() -> None:
    decoder = Decoder(
        networks={"start": Function(lambda z: z)},
        decode=lambda networks, latents, training: [tf.zeros([3, 2, 1, 1, 1])],
        show=lambda networks, latents, labels, steps: tf.fill([1], float(steps or 0)),
        assemble=lambda networks: networks["start"],
        latent_shape=(1,),
        sequence_length=2,
    )
    encoder = Function(lambda x: [tf.zeros([3, 1]), tf.zeros([3, 1])])
    model = autoencoder(encoder, decoder, LIKELIHOODS["bernoulli"], [reconstruction])
    losses, _ = model.phases[0].losses({"sequence": tf.ones([3, 2, 1, 1, 1])}, context())
    assert float(losses["autoencoder"]) == pytest.approx(2.0 * math.log(2.0))
    assert model.sequence_length == 2
    assert list(model.networks) == ["encoder", "start"]
    shown = model.sample(tf.zeros([1, 1]), steps=5)
    assert shown.numpy().tolist() == pytest.approx([math.tanh(2.5)])


def test_what_training_needs_is_loaded_when_it_is_asked_for() -> None:
    loaded: list[int] = []
    model = toy(prepare=lambda: loaded.append(1))
    assert loaded == []
    model.prepare()
    assert loaded == [1]
    assert toy().prepare() is None
