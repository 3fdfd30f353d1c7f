"""The terms of a model that reads captions, by hand."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.networks.text import CaptionHead, Reading, encoder
from gan_cli.objectives.options import Loss
from gan_cli.objectives.terms import Comparison, Output
from gan_cli.objectives.text import (
    conditioning_augmentation,
    contrast,
    matching,
    text_generator,
)

from .toys import context


def column(*values: float) -> tf.Tensor:
    return tf.constant(values, tf.float32)[:, None]


def test_real_images_beside_captions_of_others_count_as_fake() -> None:
    """Of three images the second and third have the same caption: there the fake image stays."""
    real = Output(column(2.0, 0.5, -1.0), mismatched=column(0.0, -3.0, 1.0))
    captions = tf.constant([[1, 2], [1, 3], [1, 3]], tf.int32)
    images = tf.zeros([3, 1, 1, 1])
    fake = Output(column(9.0, 9.0, -0.5))
    seen = Comparison(images, images, real, fake, captions, lambda x: x)
    term = matching(Loss("hinge"), 2.0)
    assert term.generator is None
    assert term.discriminator is not None
    cost, logs = term.discriminator(seen, context())
    # max(0, 1 - real) and max(0, 1 + other): 0, 0.5, 2 and 1, 0, 0.5
    assert float(cost) == pytest.approx(2.0 * (2.5 / 3 + 1.5 / 3))
    assert float(logs["captions_told"]) == pytest.approx(2 / 3)


def test_the_last_latents_say_where_about_its_mean_a_condition_is() -> None:
    captions = keras.Input((2,), dtype="int32")
    floats = keras.ops.cast(captions, "float32")
    text_encoder = keras.Model(captions, [floats, keras.ops.log(floats) * 2.0])
    vectors = keras.Input((3,))
    made = text_generator(text_encoder, keras.Model(vectors, vectors * 10.0), np.ones((1, 2)))
    assert made.latent_shape == (3,)
    latents, said = tf.constant([[5.0, 0.0, -1.0]]), tf.constant([[3, 4]], tf.int32)
    expected = [[50.0, 30.0, 0.0]]  # means 3 and 4, deviations 3 and 4
    for images in (
        made.generate(latents, said, context().noise),
        made.sample(made.networks, latents, said, None),
        made.assemble(made.networks)([latents, said]),
    ):
        np.testing.assert_allclose(images, expected, rtol=1e-5)


def test_the_divergence_of_conditions_from_a_standard_normal() -> None:
    network = encoder(Reading(words=3, length=2, embedding_dim=4, units=5), 2)
    for name, bias in (("mean", [1.0, -2.0]), ("log_variance", [0.0, math.log(4.0)])):
        layer = network.get_layer(name)
        layer.kernel.assign(tf.zeros_like(layer.kernel))
        layer.bias.assign(bias)
    batch = {"captions": tf.constant([[1, 2], [3, 0]], tf.int32)}
    cost, logs = conditioning_augmentation(network, 0.5).cost(batch, context())
    # 0.5 (m^2 + s^2 - 1 - log s^2): 0.5 and 0.5 (4 + 4 - 1 - log 4)
    expected = 0.5 + 0.5 * (7.0 - math.log(4.0))
    assert float(logs["condition_divergence"]) == pytest.approx(expected)
    assert float(cost) == pytest.approx(0.5 * expected)


def test_an_encoder_reads_up_to_the_last_word_and_in_order() -> None:
    reading = Reading(words=5, length=4, embedding_dim=8, units=6)
    network = encoder(reading, 3)
    longer = encoder(reading._replace(length=6), 3)
    for ours, theirs in zip(longer.variables, network.variables, strict=True):
        ours.assign(theirs)
    rows = np.array([[1, 2, 3, 0], [3, 2, 1, 0]], np.int32)
    found, padded = network(rows)[0], longer(np.pad(rows, ((0, 0), (0, 2))))[0]
    np.testing.assert_allclose(found, padded, atol=1e-6)
    assert np.abs(found[0] - found[1]).max() > 1e-4


def test_a_head_compares_each_image_with_its_caption_and_with_the_one_before() -> None:
    head = CaptionHead(Reading(words=5, length=2, embedding_dim=8, units=6), keras.layers.Dense)
    images = keras.Input((4, 4, 3))
    network = keras.Model(head.inputs(images), head.after(images))
    pixels = tf.constant(np.random.default_rng(0).normal(size=(3, 4, 4, 3)), tf.float32)
    captions = tf.constant([[1, 2], [3, 0], [4, 5]], tf.int32)
    said = network([pixels, captions])
    shifted = network([pixels, tf.roll(captions, 1, axis=0)])
    np.testing.assert_allclose(said["mismatched"], shifted["logits"], atol=1e-6)
    assert np.abs(said["mismatched"] - said["logits"]).min() > 1e-5


def test_an_image_finds_its_caption_among_those_that_differ() -> None:
    """Of three captions the last two are the same: neither counts against the other."""
    likeness = tf.constant([[1.0, 0.0, 0.0], [2.0, 1.0, 5.0], [0.0, 4.0, 1.0]])
    worse = tf.constant([[0.0, 1.0, 0.0], [0.0, 2.0, 9.0], [0.0, 9.0, 3.0]])
    captions = tf.constant([[1, 2], [3, 0], [3, 0]], tf.int32)
    images, logits = tf.zeros([3, 1, 1, 1]), column(0.0, 0.0, 0.0)
    real, fake = Output(logits, likeness=likeness), Output(logits, likeness=worse)
    seen = Comparison(images, images, real, fake, captions, lambda x: x)
    term = contrast(0.5)
    assert term.discriminator is not None
    assert term.generator is not None
    cost, logs = term.discriminator(seen, context())
    e = math.e
    of_real = math.log((e + 2) / e) + math.log((e**2 + e) / e) + math.log((1 + e) / e)
    assert float(cost) == pytest.approx(0.5 * of_real / 3)
    assert float(logs["captions_found_real"]) == pytest.approx(2 / 3)
    assert float(logs["captions_found_fake"]) == pytest.approx(2 / 3)
    of_fake = math.log(2 + e) + math.log(1 + e**-2) + math.log(1 + e**-3)
    assert float(term.generator(seen, context())[0]) == pytest.approx(0.5 * of_fake / 3)


def test_likeness_is_of_every_image_with_every_caption() -> None:
    head = CaptionHead(Reading(words=5, length=2, embedding_dim=8, units=6), keras.layers.Dense)
    images = keras.Input((4, 4, 3))
    network = keras.Model(head.inputs(images), head.after(images))
    pixels = tf.constant(np.random.default_rng(0).normal(size=(3, 4, 4, 3)), tf.float32)
    captions = tf.constant([[1, 2], [3, 0], [4, 5]], tf.int32)
    likeness = network([pixels, captions])["likeness"].numpy()
    turned = network([pixels, tf.roll(captions, 1, axis=0)])["likeness"].numpy()
    np.testing.assert_allclose(np.roll(likeness, 1, axis=1), turned, atol=1e-5)
    assert likeness.shape == (3, 3)
    assert np.abs(likeness).max() <= 10.0 + 1e-4
