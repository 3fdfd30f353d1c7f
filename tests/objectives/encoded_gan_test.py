"""An autoencoder in a game with functions in the place of networks: three losses by hand, what the
discriminator sees, and what its features are compared for.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.base.randomness import Noise
from gan_cli.objectives.encoded_gan import Encoded, divergence, encoded_gan, reconstruction
from gan_cli.objectives.gan import Game
from gan_cli.objectives.losses.relativistic_paired import relativistic_paired_discriminator
from gan_cli.objectives.model import Model
from gan_cli.objectives.options import Loss
from gan_cli.objectives.terms import Comparison, Output, Term, adversarial, penalties

from .toys import Function, context

MEAN = tf.constant([[1.0, 2.0], [0.0, 0.0]])
VARIANCE = tf.constant([[1.0, 1.0], [math.e, 1.0]])
LOGITS = tf.constant([[2.0], [1.0], [-1.0], [0.0], [-3.0], [-2.0]])
FEATURES = tf.constant(
    [
        [1.0, 0.0, 2.0],
        [0.0, 0.0, 0.0],
        [1.0, 4.0, 2.0],
        [1.0, 1.0, -2.0],
        [9.0, 9.0, 9.0],
        [9.0, 9.0, 9.0],
    ]
)
IMAGES = tf.constant([[1.0, -1.0], [2.0, 0.5]])
KL = 0.5 * (0.5 * (1 + 4) + 0.5 * (math.e - 1 - 1))
DISTANCE = 0.5 * (0.5 * 16 + 0.5 * (1 + 1 + 4))
"""Half of the squared differences of features, the mean of the two images."""


def softplus(logit: float) -> float:
    return math.log1p(math.exp(logit))


def shaken(images: tf.Tensor, noise: Noise) -> tf.Tensor:
    return images + noise.uniform("shake", images.shape)


class Distance:
    """The squared difference of the first pixels in the place of a perceptual distance."""

    def __init__(self) -> None:
        self.loaded = 0

    def load(self) -> None:
        self.loaded += 1

    def __call__(self, images: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
        return tf.square(images[:, 0] - others[:, 0])


def build(
    loss: Loss | None = None,
    *,
    encoder: Any = lambda _: (MEAN, tf.math.log(VARIANCE)),
    generator: Any = lambda latents: 0.0 * latents,
    discriminator: Any = lambda _: (LOGITS, FEATURES),
    terms: list[Term] | None = None,
    augment: Any = None,
    distance: Any = None,
    gamma: float = 3.0,
    beta: float = 0.5,
) -> Model:
    """Two images of two pixels, of which the discriminator knows three features."""
    loss = loss or Loss("non_saturating")
    return encoded_gan(
        Function(encoder, (2,)),
        Function(generator, (2,)),
        Function(discriminator, (2,)),
        terms or [adversarial(loss), penalties(loss)],
        [reconstruction(gamma), divergence(beta)],
        Game(loss, augment),
        distance,
    )


def found(model: Model, phase: int = 0, where: Any = None) -> dict[str, float]:
    losses, logs = model.phases[phase].losses({"images": IMAGES}, where or context())
    return {name: float(value) for name, value in (losses | logs).items()}


def compared(**settings: Any) -> Comparison:
    """What the discriminator's side is given."""
    seen: list[Comparison] = []

    def cost(comparison: Comparison, _: Any) -> tuple[tf.Tensor, dict]:
        seen.append(comparison)
        return tf.constant(0.0), {}

    found(build(terms=[Term(cost, cost)], **settings))
    assert len(seen) == 2
    return seen[0]


def sums(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Logits that are the sums of an image's pixels, features that are the pixels."""
    return tf.reduce_sum(x, axis=1, keepdims=True), x


def test_facts_of_the_model() -> None:
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


def test_the_three_losses_by_hand() -> None:
    model = build()
    fakes = (-1.0, 0.0, -3.0, -2.0)
    against = sum(softplus(-fake) for fake in fakes) / 4
    of_real, of_fake = (softplus(-2) + softplus(-1)) / 2, sum(map(softplus, fakes)) / 4
    assert found(model) == pytest.approx(
        {
            "encoder": (DISTANCE + 0.5 * KL) / 3,
            "generator": 3.0 * DISTANCE / 3 + against,
            "discriminator": of_real + of_fake,
            "kl": KL,
            "distance": DISTANCE,
            "logits_real": 1.5,
            "logits_fake": -1.5,
            "ordered": 1.0,
        }
    )
    assert pytest.approx(5.5) == DISTANCE
    for network in model.networks.values():
        assert network.modes == [True]


def test_the_terms_of_the_code_by_hand() -> None:
    pair = Comparison(IMAGES, IMAGES, Output(LOGITS), Output(LOGITS), None, lambda x: x)
    distances = {"distance": tf.constant(6.0), "features": tf.constant(3.0)}
    seen = Encoded(pair, tf.constant(5.0), distances, 2.0)
    losses, logs = reconstruction(10.0)(seen, context())
    assert {name: float(value) for name, value in losses.items()} == {
        "encoder": 4.5,
        "generator": 45.0,
    }
    assert logs is distances
    losses, logs = divergence(4.0)(seen, context())
    assert {name: float(value) for name, value in (losses | logs).items()} == {
        "encoder": 10.0,
        "kl": 5.0,
    }


def test_pairs_are_of_an_image_with_its_reconstruction_and_with_a_sample() -> None:
    seen = compared()
    pairs = [(2, -1), (1, 0), (2, -3), (1, -2)]
    value = relativistic_paired_discriminator(seen.of_real.logits, seen.of_fake.logits)
    assert float(value) == pytest.approx(sum(softplus(fake - real) for real, fake in pairs) / 4)
    np.testing.assert_array_equal(seen.real, np.concatenate([IMAGES, IMAGES]))
    assert seen.labels is None


def test_the_fakes_are_reconstructions_and_then_samples() -> None:
    """z = mean + deviation * noise, and z of the prior: each from a stream of its own."""
    seen = compared(generator=lambda latents: 10.0 * latents, discriminator=sums)
    noise = context().noise
    codes = MEAN + tf.sqrt(VARIANCE) * noise.normal("posterior", (2, 2))
    expected = np.concatenate([codes, noise.normal("latents", (2, 2))]) * 10.0
    np.testing.assert_allclose(seen.fake, expected, rtol=1e-5)
    np.testing.assert_allclose(seen.of_fake.logits, expected.sum(axis=1)[:, None], rtol=1e-5)
    assert found(build(generator=lambda z: 10.0 * z, discriminator=sums))["distance"] == (
        pytest.approx(0.25 * ((10.0 * codes - IMAGES).numpy() ** 2).sum(), rel=1e-5)
    )


def test_an_image_and_its_reconstruction_change_alike() -> None:
    again = tf.concat([IMAGES, IMAGES], axis=0)
    settings = {"generator": lambda _: again, "discriminator": sums, "augment": shaken}
    seen = compared(**settings)
    noise = context().noise
    real = shaken(IMAGES, noise.branch("real").branch("change_0"))
    sampled = shaken(IMAGES, noise.branch("fake").branch("change_0"))
    np.testing.assert_array_equal(seen.real, np.concatenate([real, real]))
    np.testing.assert_array_equal(seen.fake, np.concatenate([real, sampled]))
    assert found(build(**settings))["distance"] == 0.0
    assert np.abs(real - sampled).max() > 0.1


def test_the_game_is_no_business_of_the_encoder_nor_the_distance_of_the_discriminator() -> None:
    weights = tf.Variable([1.0, 1.0])

    def discriminator(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return weights[0] * sums(x)[0], weights[1] * x

    model = build(generator=lambda z: 2.0 * z, discriminator=discriminator)
    with tf.GradientTape(persistent=True) as tape:
        losses, _ = model.phases[0].losses({"images": IMAGES}, context())
    moved = {name: tape.gradient(loss, weights).numpy() != 0.0 for name, loss in losses.items()}
    assert {name: flags.tolist() for name, flags in moved.items()} == {
        "encoder": [False, True],
        "generator": [True, True],
        "discriminator": [True, False],
    }


def test_more_updates_of_the_discriminator_are_a_phase_of_their_own() -> None:
    model = build(Loss("non_saturating", discriminator_steps=3))
    assert [(phase.trains, phase.repeats) for phase in model.phases] == [
        (("discriminator",), 3),
        (("encoder", "generator"), 1),
    ]
    both = found(build())
    assert found(model) | found(model, 1) == both
    assert set(found(model, 1)) == {"encoder", "generator", "kl", "distance"}


def test_penalties_are_paid_at_real_images_and_at_both_kinds_of_fakes() -> None:
    """Logits |x|^2 / 2: R1 is half of the mean square of real images, R2 of reconstructions and
    samples.
    """

    def discriminator(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return 0.5 * tf.reduce_sum(tf.square(x), axis=1, keepdims=True), x

    settings = {"generator": lambda z: z, "discriminator": discriminator}
    seen = compared(**settings)
    values = found(build(Loss("hinge", r1=1.0, r2=1.0), **settings))
    assert values["r1"] == pytest.approx(0.5 * (2.0 + 4.25) / 2)
    assert values["r2"] == pytest.approx(0.5 * (seen.fake.numpy() ** 2).sum() / 4, rel=1e-5)
    free = found(build(Loss("hinge"), **settings))
    assert values["discriminator"] == pytest.approx(
        free["discriminator"] + values["r1"] + values["r2"], rel=1e-5
    )
    assert values["generator"] == free["generator"]


def test_a_lazy_penalty_is_due_by_the_update() -> None:
    settings = {"generator": lambda z: z, "discriminator": sums}
    model = build(Loss("hinge", r1=1.0, r1_interval=2), **settings)
    assert found(model, where=context(3, update=4))["r1"] == pytest.approx(2.0)  # 2 * 1/2 * (1 + 1)
    assert found(model, where=context(4, update=5))["r1"] == 0.0


def test_packs_share_their_features() -> None:
    """A pack of two images has three features: 1.5 for each, and losses in the units of an
    image.
    """
    packed = (LOGITS[::2], FEATURES[::2])
    model = build(Loss("non_saturating", pack=2), discriminator=lambda _: packed)
    values = found(model)
    distance = 0.5 * 16 / 2
    assert values["distance"] == pytest.approx(distance)
    assert values["encoder"] == pytest.approx((distance + 0.5 * KL) / 1.5)
    (seen,) = model.networks["discriminator"].given
    assert seen.shape == (3, 4)


def test_a_second_distance_is_added_for_encoder_and_generator() -> None:
    """Of the first pixels 1 and 2 to reconstructions of 0: 2.5 on average, and three features."""
    distance = Distance()
    plain, seeing = build(), build(distance=distance)
    before, after = found(plain), found(seeing)
    assert after["features"] == 2.5
    assert after["distance"] == before["distance"]
    assert after["encoder"] == pytest.approx(before["encoder"] + 2.5 / 3)
    assert after["generator"] == pytest.approx(before["generator"] + 3.0 * 2.5 / 3)
    assert after["discriminator"] == before["discriminator"]
    assert "features" not in before
    plain.prepare()
    assert distance.loaded == 0
    seeing.prepare()
    assert distance.loaded == 1


def test_the_distance_is_of_images_as_they_are() -> None:
    """The discriminator sees them changed; a perceptual distance does not."""
    values = found(build(distance=Distance(), augment=shaken))
    assert values["features"] == 2.5


def test_reconstructions_are_samples_of_the_mean_code_in_inference_mode() -> None:
    model = build(generator=lambda latents: 2.0 * latents)
    np.testing.assert_array_equal(model.reconstruct(IMAGES), 2.0 * MEAN)
    np.testing.assert_array_equal(model.sample(MEAN), 2.0 * MEAN)
    for network in model.networks.values():
        assert set(network.modes) <= {False}
    moved = model.with_networks({"encoder": Function(lambda x: (x, x))})
    np.testing.assert_array_equal(moved.reconstruct(IMAGES), 2.0 * IMAGES)


def test_weights_of_the_discriminator_are_clipped() -> None:
    weight = keras.Variable([2.0])
    discriminator = Function(sums, (2,))
    discriminator.trainable_variables = [weight]
    loss = Loss("wasserstein", weight_clip=0.5)
    encoder = generator = Function(lambda x: x, (2,))
    encoded_gan(encoder, generator, discriminator, [adversarial(loss)], [], Game(loss))
    assert weight.constraint(tf.constant([-2.0, 0.25, 2.0])).numpy().tolist() == [-0.5, 0.25, 0.5]
