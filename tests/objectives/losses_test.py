"""Adversarial losses against numbers worked out by hand from the papers' formulas."""

import math

import pytest
import tensorflow as tf

from gan_cli.objectives.losses import LOSSES, build

REAL, FAKE = (2.0, -1.0), (0.5, -3.0)


def logits(*values: float) -> tf.Tensor:
    return tf.constant([[value] for value in values], tf.float32)


def log_probability(logit: float) -> float:
    """log D for a discriminator with this logit; log(1 - D) is that of the negated logit."""
    return math.log(1.0 / (1.0 + math.exp(-logit)))


CROSS_ENTROPY = (
    -(log_probability(2.0) + log_probability(-1.0)) / 2
    - (log_probability(-0.5) + log_probability(3.0)) / 2
)

EXPECTED = {  # name -> (discriminator, generator) at REAL and FAKE
    "minimax": (CROSS_ENTROPY, (log_probability(-0.5) + log_probability(3.0)) / 2),
    "non_saturating": (CROSS_ENTROPY, -(log_probability(0.5) + log_probability(-3.0)) / 2),
    # (1 + 4) / 2 of the real, (0.25 + 9) / 2 of the fake images, halved; (0.25 + 16) / 2, halved.
    "least_squares": (0.5 * (2.5 + 4.625), 0.5 * 8.125),
    # (0 + 2) / 2 + (1.5 + 0) / 2; minus the mean of the fake logits.
    "hinge": (1.75, 1.25),
    "wasserstein": (-1.25 - 0.5, 1.25),
    # Pairs (2, 0.5) and (-1, -3): differences 1.5 and 2.
    "relativistic_paired": (
        -(log_probability(1.5) + log_probability(2.0)) / 2,
        -(log_probability(-1.5) + log_probability(-2.0)) / 2,
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_values_at_small_logits(name: str):
    discriminator, generator = EXPECTED[name]
    assert float(build(name).discriminator(logits(*REAL), logits(*FAKE))) == pytest.approx(
        discriminator, abs=1e-6
    )
    assert float(build(name).generator(logits(*REAL), logits(*FAKE))) == pytest.approx(
        generator, abs=1e-6
    )


def test_cross_entropy_by_numbers():
    """The same in plain decimals, so that no formula of this file can hide an error of its own."""
    pair = build("non_saturating")
    assert float(pair.discriminator(logits(*REAL), logits(*FAKE))) == pytest.approx(
        1.231427, abs=1e-5
    )
    assert float(pair.generator(logits(*REAL), logits(*FAKE))) == pytest.approx(1.761332, abs=1e-5)
    assert float(build("minimax").generator(logits(*REAL), logits(*FAKE))) == pytest.approx(
        -0.511332, abs=1e-5
    )
    paired = build("relativistic_paired")
    assert float(paired.discriminator(logits(*REAL), logits(*FAKE))) == pytest.approx(
        0.164171, abs=1e-5
    )
    assert float(paired.generator(logits(*REAL), logits(*FAKE))) == pytest.approx(
        1.914171, abs=1e-5
    )


@pytest.mark.parametrize("name", EXPECTED)
def test_players_want_what_they_should(name: str):
    """Lower for the discriminator: real logits up or fake ones down. Lower for the generator: fake
    logits up.
    """
    pair = build(name)
    low, high, fake = logits(-0.5, 0.0), logits(0.0, 0.5), logits(0.1, 0.4)
    assert pair.discriminator(high, fake) < pair.discriminator(low, fake)
    assert pair.discriminator(low, fake) < pair.discriminator(low, fake + 0.5)
    assert pair.generator(low, fake + 0.5) < pair.generator(low, fake)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_scalar_in_float32(name: str):
    for side in build(name):
        value = side(logits(*REAL), logits(*FAKE))
        assert value.shape == ()
        assert value.dtype == tf.float32


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        ("minimax", 2000.0, -1000.0),
        ("non_saturating", 2000.0, 0.0),
        ("relativistic_paired", 2000.0, 0.0),
    ],
)
def test_no_overflow_at_large_logits(name: str, discriminator: float, generator: float):
    """-log of a probability of e^-1000 is 1000, not infinite."""
    real, fake = logits(-1000.0), logits(1000.0)
    assert float(build(name).discriminator(real, fake)) == pytest.approx(discriminator)
    assert float(build(name).generator(real, fake)) == pytest.approx(generator)


def test_minimax_is_flat_where_the_discriminator_wins_and_non_saturating_is_not():
    """Goodfellow et al. (2014), section 3: at D(G(z)) near 0 the slopes are -D and -(1 - D)."""
    fake = logits(-10.0)
    slopes = {}
    for name in ("minimax", "non_saturating"):
        with tf.GradientTape() as tape:
            tape.watch(fake)
            loss = build(name).generator(fake, fake)
        slopes[name] = float(tape.gradient(loss, fake)[0, 0])
    probability = 1.0 / (1.0 + math.exp(10.0))
    assert slopes["minimax"] == pytest.approx(-probability, rel=1e-4)
    assert slopes["non_saturating"] == pytest.approx(probability - 1.0, rel=1e-6)


SMOOTHED = [name for name in EXPECTED if LOSSES[name].smooths]


def test_what_is_not_smoothed_is_the_loss_itself():
    """Nor can every loss be smoothed: hinge, Wasserstein and pairs have no target."""
    for name in EXPECTED:
        pair, zero = build(name), build(name, 0.0)
        real, fake = logits(*REAL), logits(*FAKE)
        assert float(pair.discriminator(real, fake)) == float(zero.discriminator(real, fake))
    for name in set(EXPECTED) - set(SMOOTHED):
        assert build(name, 0.3).discriminator is build(name).discriminator
    assert set(SMOOTHED) == {"minimax", "non_saturating", "least_squares"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # 0.9 times -log D of the real logits 2 and -1, plus 0.1 times -log(1 - D); the fake images
        # as before.
        ("minimax", 1.281427),
        ("non_saturating", 1.281427),
        # Targets 0.9: (1.21 + 3.61) / 2 of the real, 4.625 of the fake images, halved.
        ("least_squares", 0.5 * (2.41 + 4.625)),
    ],
)
def test_smoothed_values_of_the_discriminator(name: str, expected: float):
    pair = build(name, 0.1)
    assert float(pair.discriminator(logits(*REAL), logits(*FAKE))) == pytest.approx(
        expected, abs=1e-5
    )
    assert pair.generator is build(name).generator


def test_smoothed_cross_entropy_by_its_two_terms():
    real, fake = 0.8 * log_probability(2.0) + 0.2 * log_probability(-2.0), log_probability(3.0)
    value = build("non_saturating", 0.2).discriminator(logits(2.0), logits(-3.0))
    assert float(value) == pytest.approx(-real - fake, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "best"), [("non_saturating", math.log(0.9 / 0.1)), ("least_squares", 0.9)]
)
def test_a_smoothed_loss_is_lowest_where_real_images_reach_their_target(name: str, best: float):
    """Cross-entropy: D(x) = 0.9. More certainty costs, on both sides of it."""
    loss = build(name, 0.1).discriminator
    below, at, above = (
        float(loss(logits(best + offset), logits(-1.0))) for offset in (-0.3, 0.0, 0.3)
    )
    assert at < below
    assert at < above


@pytest.mark.parametrize(("real", "expected"), [(-1000.0, 900.0), (1000.0, 100.0)])
def test_a_smoothed_loss_does_not_overflow(real: float, expected: float):
    assert float(
        build("minimax", 0.1).discriminator(logits(real), logits(-1000.0))
    ) == pytest.approx(expected)
