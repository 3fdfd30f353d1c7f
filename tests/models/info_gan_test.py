"""InfoGAN: who earns the information, what its codes do, and what does not go together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from gan_cli import models
from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.models.info_gan import InfoGan
from gan_cli.objectives.model import Model
from gan_cli.objectives.options import Loss

from ..objectives.toys import context
from .toys import assert_all_move

SPEC = DataSpec(12, 8, 1)
SMALL = InfoGan(latent_dim=4, width=2, recognition_width=8, categories=3, discriminator_norm="none")
BATCH = {"images": tf.fill([6, 12, 8, 1], 0.5)}


def build(options: InfoGan) -> Model:
    return models.build(options, SPEC, Loss("hinge"))


@pytest.mark.parametrize(
    ("change", "length", "outputs"),
    [
        ({}, 4 + 3 + 2, 3 + 2),
        ({"variance": "learnt"}, 4 + 3 + 2, 3 + 4),
        ({"categories": 0, "continuous": 3}, 4 + 3, 3),
        ({"continuous": 0}, 4 + 3, 3),
    ],
)
def test_codes_are_part_of_the_latents_and_outputs_of_the_discriminator(
    change: dict, length: int, outputs: int
) -> None:
    options = replace(SMALL, **change)
    model = build(options)
    assert model.latent_shape == (length,)
    assert model.codes == options.codes
    assert model.num_classes == 0
    said = model.networks["discriminator"](BATCH["images"])
    assert {name: value.shape[1] for name, value in said.items()} == {"logits": 1, "codes": outputs}
    assert_all_move(model, BATCH)


def test_the_discriminator_has_one_body_for_both_heads() -> None:
    discriminator = build(SMALL).networks["discriminator"]
    heads = {"logits", "recognition", "codes"}
    with tf.GradientTape(persistent=True) as tape:
        said = discriminator(BATCH["images"])
    body = [
        variable
        for layer in discriminator.layers
        if layer.name not in heads
        for variable in layer.trainable_variables
    ]
    assert len(body) >= 2
    for name in ("logits", "codes"):
        assert None not in tape.gradient(said[name], body)
    own = discriminator.get_layer("recognition").trainable_variables
    assert tape.gradient(said["logits"], own) == [None, None]


@pytest.mark.parametrize("weights", [(0.0, 0.0), (0.5, 0.25)])
def test_both_sides_pay_by_the_weights(weights: tuple[float, float]) -> None:
    """Hinge and the information that the logs tell, from the networks by hand."""
    model = build(replace(SMALL, categorical_weight=weights[0], continuous_weight=weights[1]))
    losses, logs = model.phases[0].losses(BATCH, context())
    latents = context().noise.normal("latents", (6, 9))
    fake = model.networks["generator"](latents, training=True)
    of_real, of_fake = (model.networks["discriminator"](x) for x in (BATCH["images"], fake))
    chosen = latents.numpy()[:, 4:7].argmax(axis=1)
    named = tf.nn.log_softmax(of_fake["codes"][:, :3]).numpy()[np.arange(6), chosen].mean()
    category = np.log(3) + named
    squares = np.square(of_fake["codes"][:, 3:] - latents[:, 7:]).sum(axis=1).mean()
    continuous = 1.0 - 0.5 * squares  # 1/2 nat for each of the two that are met
    assert float(logs["information_category"]) == pytest.approx(category, abs=1e-5)
    assert float(logs["information_continuous"]) == pytest.approx(continuous, abs=1e-4)
    earned = weights[0] * category + weights[1] * continuous
    real, made = of_real["logits"], of_fake["logits"]
    hinge = float(tf.reduce_mean(tf.nn.relu(1 - real) + tf.nn.relu(1 + made)))
    assert float(losses["discriminator"]) == pytest.approx(hinge - earned, rel=1e-4)
    against = -float(tf.reduce_mean(made))
    assert float(losses["generator"]) == pytest.approx(against - earned, rel=1e-3, abs=1e-5)


def test_an_image_follows_its_category_and_not_the_values_that_choose_it() -> None:
    model = build(SMALL)
    latents = np.zeros((3, 9), np.float32)
    latents[:, 4:7] = [[1.0, 0.0, 0.0], [0.5, 0.4, -3.0], [0.0, 1.0, 0.0]]
    images = model.sample(tf.constant(latents)).numpy()
    np.testing.assert_allclose(images[0], images[1], atol=1e-6)
    assert np.abs(images[0] - images[2]).max() > 1e-5


@pytest.mark.parametrize(
    ("options", "loss", "message"),
    [
        (
            replace(SMALL, categories=0, continuous=0),
            Loss(),
            "model.categories=0 with model.continuous=0 is no code to find",
        ),
        (
            replace(SMALL, categories=1),
            Loss(),
            "model.categories=1 with model.continuous=2 is no code to find",
        ),
        (SMALL, Loss(pack=2), "loss.pack=2: model=info_gan recognises codes in single images"),
        (
            replace(SMALL, discriminator_norm="batch"),
            Loss(r1=1.0),
            "loss.r1 is of single images, which",
        ),
    ],
)
def test_what_does_not_go_together(options: InfoGan, loss: Loss, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        models.check(options, SPEC, loss)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
