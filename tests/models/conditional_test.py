"""Control by class: what the label reaches, and what the auxiliary classifier pays."""

import numpy as np
import pytest
import tensorflow as tf

from gan_cli import models
from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.models.acgan import Acgan
from gan_cli.models.cgan import Cgan
from gan_cli.models.projection_gan import ProjectionGan
from gan_cli.objectives.model import Model
from gan_cli.objectives.options import Loss

from ..objectives.toys import context

SPEC = DataSpec(12, 8, 1, 3, ["a", "b", "c"])
KINDS = [
    Cgan(latent_dim=4, width=2),
    ProjectionGan(latent_dim=4, width=2),
    Acgan(latent_dim=4, width=2),
]
each = pytest.mark.parametrize("options", KINDS, ids=lambda options: options.name)


def build(options: Cgan | ProjectionGan | Acgan) -> Model:
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
    found = {
        label: model.phases[0].losses(batch(label), context())[0]["discriminator"].numpy()
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


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_both_sides_of_the_auxiliary_classifier_pay_by_its_weight(weight: float):
    """Hinge and the cross-entropy of the classes, from the networks by hand."""
    options = Acgan(latent_dim=4, width=2, dropout=0.0, class_weight=weight)
    model, given = models.build(options, SPEC, Loss("hinge")), batch(1)
    losses, _ = model.phases[0].losses(given, context())
    latents = context().noise.normal("latents", (6, 4))
    fake = model.networks["generator"]([latents, given["labels"]], training=True)
    of_real, of_fake = (model.networks["discriminator"](x) for x in (given["images"], fake))
    class_loss = [
        -float(tf.reduce_mean(tf.nn.log_softmax(classes)[:, 1]))
        for _, classes in (of_real, of_fake)
    ]
    hinge = float(tf.reduce_mean(tf.nn.relu(1 - of_real[0]) + tf.nn.relu(1 + of_fake[0])))
    assert float(losses["discriminator"]) == pytest.approx(
        hinge + weight * sum(class_loss), rel=1e-4
    )
    against = -float(tf.reduce_mean(of_fake[0]))
    assert float(losses["generator"]) == pytest.approx(
        against + weight * class_loss[1], rel=1e-3, abs=1e-5
    )


@each
def test_the_class_begins_small_beside_the_latents(options: Cgan | ProjectionGan | Acgan):
    """Classes of unit variance made generators on MNIST ignore the latents: one image of each
    digit, Fréchet 14 in place of 3.
    """
    vectors = build(options).networks["generator"].get_layer("embedding").vectors.numpy()
    assert vectors.shape == (3, options.embedding_dim)
    assert vectors.std() == pytest.approx(0.05, rel=0.2)
