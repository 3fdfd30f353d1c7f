"""Control by class: what the label reaches, and the auxiliary classifier's share of the losses."""

import math

import numpy as np
import pytest
import tensorflow as tf
from gan_cli.models.conditional import Acgan, Cgan, ProjectionGan
from gan_cli.models.gan import Gan, Play, Verdict

from gan_cli import models
from gan_cli.base.errors import ConfigError
from gan_cli.base.randomness import Noise
from gan_cli.base.spec import DataSpec
from gan_cli.objectives.options import Loss

SPEC = DataSpec(12, 8, 1, 3, ["a", "b", "c"])
KINDS = [
    Cgan(latent_dim=4, width=2),
    ProjectionGan(latent_dim=4, width=2),
    Acgan(latent_dim=4, width=2),
]
each = pytest.mark.parametrize("options", KINDS, ids=lambda options: options.name)


def build(options: Cgan | ProjectionGan | Acgan) -> Gan:
    return models.build(options, SPEC, Loss("hinge"))


def batch(label: int = 1) -> dict:
    return {
        "images": tf.fill([6, 12, 8, 1], 0.5),
        "labels": tf.fill([6], tf.constant(label, tf.int64)),
    }


@each
def test_samples_follow_latent_and_label(options: Cgan | ProjectionGan | Acgan):
    model = build(options)
    assert model.num_classes == 3
    latents = tf.ones([3, 4])
    images = model.sample(latents, tf.constant([0, 1, 1], tf.int64)).numpy()
    assert images.shape == (3, 12, 8, 1)
    np.testing.assert_allclose(images[1], images[2], atol=1e-6)
    assert np.abs(images[0] - images[1]).max() > 1e-4


@each
def test_the_loss_sees_the_label_of_real_images(options: Cgan | ProjectionGan | Acgan):
    model = build(options)
    noise = Noise(0, tf.constant(0, tf.int64))
    found = {
        label: model.phases[0].losses(batch(label), noise)[0]["discriminator"].numpy()
        for label in range(3)
    }
    assert len(set(found.values())) == 3


@each
def test_data_without_labels_are_refused(options: Cgan | ProjectionGan | Acgan):
    with pytest.raises(ConfigError, match=f"model={options.name} needs labels; the data has none"):
        models.build(options, DataSpec(12, 8, 1), Loss("hinge"))


def test_a_projection_adds_the_product_of_class_vector_and_features():
    discriminator = build(KINDS[1]).networks["discriminator"]
    images = tf.constant(np.random.default_rng(0).uniform(-1, 1, (2, 12, 8, 1)), tf.float32)
    vectors = discriminator.get_layer("embedding").vectors
    inner = tf.keras.Model(
        discriminator.inputs, [discriminator.get_layer(n).output for n in ("features", "logits")]
    )
    features, psi = (value.numpy() for value in inner([images, tf.constant([2, 0])]))
    expected = psi[:, 0] + (features * vectors.numpy()[[2, 0]]).sum(axis=1)
    np.testing.assert_allclose(
        discriminator([images, tf.constant([2, 0])])[:, 0], expected, rtol=1e-5
    )


def test_the_auxiliary_classifier_s_losses_by_hand():
    """Hinge at logits of 0 is 2 and 0; even logits of three classes cost log 3, for real and for
    fake.
    """
    model = models.build(Acgan(latent_dim=4, width=2, class_weight=0.5), SPEC, Loss("hinge"))
    even = Verdict(tf.zeros([6, 1]), tf.zeros([6, 3]))
    sure = Verdict(tf.zeros([6, 1]), tf.constant([[0.0, 50.0, 0.0]] * 6))
    play = Play(tf.zeros([6]), tf.zeros([6]), even, sure)
    assert float(model._loss_of_critic(play, batch(1))) == pytest.approx(
        2.0 + 0.5 * math.log(3.0), rel=1e-6
    )
    assert float(model._against(play, batch(1))) == pytest.approx(0.0, abs=1e-6)
    assert float(model._against(play, batch(0))) == pytest.approx(25.0, rel=1e-5)
    logs = model._logs_of(play, batch(1))
    assert [float(logs[name]) for name in ("class_accuracy_fake", "class_accuracy_real")] == [
        1.0,
        0.0,
    ]


@each
def test_the_class_begins_as_a_whisper_beside_the_latents(options: Cgan | ProjectionGan | Acgan):
    """Louder classes made generators on MNIST ignore the latents: one image of each digit, Fréchet
    14 in place of 3.
    """
    vectors = build(options).networks["generator"].get_layer("embedding").vectors.numpy()
    assert vectors.shape == (3, options.embedding_dim)
    assert vectors.std() == pytest.approx(0.05, rel=0.2)
