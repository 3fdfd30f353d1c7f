"""VAE-GAN by its options: every loss, the layer of the features, VGG16 beside them, and its
commands.
"""

from __future__ import annotations

import math
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli import models
from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.models.vae_gan import VaeGan
from gan_cli.networks import vgg16
from gan_cli.objectives.losses import LOSSES
from gan_cli.objectives.model import Model
from gan_cli.objectives.options import Loss
from gan_cli.objectives.penalties import PENALTIES
from tests.conftest import TINY, Command, one_line

from ..objectives.toys import context
from .toys import assert_all_move

SPEC = DataSpec(9, 12, 3)


def build(loss: Loss | None = None, **options: object) -> Model:
    settings = {"latent_dim": 2, "width": 2, "discriminator_depth": 2, **options}
    return models.build(VaeGan(**settings), SPEC, loss)


def batch(count: int = 4) -> dict[str, tf.Tensor]:
    return {"images": tf.random.stateless_uniform([count, *SPEC.image_shape], [0, 0], minval=-1.0)}


def losses(model: Model) -> dict[str, float]:
    found, logs = model.phases[0].losses(batch(), context())
    return {name: float(value) for name, value in (found | logs).items()}


@pytest.mark.parametrize("loss", LOSSES)
def test_every_player_has_a_gradient(loss: str) -> None:
    assert_all_move(build(Loss(loss)), batch())


def test_beta_is_the_encoder_s_and_gamma_the_generator_s() -> None:
    one, other = losses(build(gamma=1.0, beta=1.0)), losses(build(gamma=3.0, beta=4.0))
    discriminator = build().networks["discriminator"]
    elements = math.prod(discriminator.output_shape[1][1:])
    assert other["encoder"] - one["encoder"] == pytest.approx(3.0 * one["kl"] / elements, rel=1e-3)
    assert other["generator"] - one["generator"] == pytest.approx(
        2.0 * one["distance"] / elements, rel=1e-3
    )
    for name in ("discriminator", "kl", "distance"):
        assert other[name] == one[name]


def test_every_penalty_is_paid_and_none_beside_batch_normalization() -> None:
    loss = Loss("hinge", **dict.fromkeys(PENALTIES, 1.0))
    found = losses(build(loss, discriminator_norm="layer"))
    assert min(found[name] for name in ("gradient_norm", "gradient_norm_dragan", "r1", "r2")) > 0.0
    with pytest.raises(
        ConfigError, match=r"loss\.r1 is of single images.*discriminator_norm=layer"
    ):
        build(Loss("hinge", r1=1.0))


def test_packs_share_their_features() -> None:
    """Two images in a pack: half of the features for each, and the same losses in the units of an
    image.
    """
    model = build(Loss("hinge", pack=2))
    discriminator, found = model.networks["discriminator"], losses(model)
    assert discriminator.input_shape == (None, 9, 12, 6)
    elements = math.prod(discriminator.output_shape[1][1:]) / 2
    assert found["encoder"] == pytest.approx((found["distance"] + found["kl"]) / elements)


@pytest.mark.parametrize(
    ("depth", "layer", "expected"),
    [(3, 1, (5, 6, 2)), (3, 3, (2, 2, 8)), (3, None, (3, 3, 4)), (1, None, (5, 6, 2))],
)
def test_the_features_are_those_of_the_layer_asked_for(
    depth: int, layer: int | None, expected: tuple[int, int, int]
) -> None:
    model = build(discriminator_depth=depth, feature_layer=layer)
    assert model.networks["discriminator"].output_shape == [(None, 1), (None, *expected)]


def test_a_layer_that_is_not_there() -> None:
    with pytest.raises(
        ConfigError, match=r"model\.feature_layer=3: the discriminator has 2 convolutions"
    ):
        build(feature_layer=3)


def test_reconstructions_are_of_the_mean_code_each_image_alone() -> None:
    model = build()
    images = batch()["images"]
    variables = [each for network in model.networks.values() for each in network.variables]
    before = [variable.numpy() for variable in variables]
    made = model.reconstruct(images)
    assert (made.shape, made.dtype) == (images.shape, tf.float32)
    np.testing.assert_allclose(model.reconstruct(images[1:2]), made[1:2], atol=1e-6)
    mean, _ = model.networks["encoder"](images)
    np.testing.assert_allclose(model.sample(mean), made, atol=1e-6)
    for old, variable in zip(before, variables, strict=True):
        np.testing.assert_array_equal(old, variable.numpy())


@pytest.fixture
def made_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """VGG16 with weights of its own initializers."""
    keras.utils.set_random_seed(0)
    model = keras.applications.VGG16(include_top=False, weights=None)
    monkeypatch.setattr(vgg16, "load", lambda path, asked, instead: model)


def test_vgg16_adds_a_distance_in_nats(made_weights: None) -> None:
    seeing = build(gamma=1.0, features="vgg16", features_weight=0.01)
    seeing.prepare()
    before, after = losses(build(gamma=1.0)), losses(seeing)
    elements = math.prod(seeing.networks["discriminator"].output_shape[1][1:])
    assert after["features"] > 0.0
    assert after["distance"] == pytest.approx(before["distance"], rel=1e-4)
    for player in ("encoder", "generator"):
        assert after[player] == pytest.approx(
            before[player] + after["features"] / elements, rel=1e-4
        )
    assert after["discriminator"] == pytest.approx(before["discriminator"])
    assert set(seeing.networks) == {"encoder", "generator", "discriminator"}


@pytest.mark.slow
def test_runs_with_vgg16_go_on_bit_by_bit_and_keep_none_of_it(
    made_weights: None, train: Command, tmp_path: Path
) -> None:
    options = ["model=vae_gan", *TINY, "training.batch_size=4", "model.features=vgg16"]
    assert train(*options, "training.steps=4", "run_dir=straight").code == 0
    assert train(*options, "training.steps=1", "run_dir=cut").code == 0
    assert train("resume=cut", "training.steps=4", "model.features_file=elsewhere.h5").code == 0
    files = [
        tmp_path / run / "checkpoints/step-00000004/state.safetensors"
        for run in ("straight", "cut")
    ]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].stat().st_size < 10**6


def test_without_the_weights_a_run_does_not_start(train: Command, tmp_path: Path) -> None:
    result = train(
        "model=vae_gan",
        *TINY,
        "model.features=vgg16",
        f"model.features_file={tmp_path}",
        "run_dir=run",
    )
    assert one_line(result).startswith(
        f"gan-train: model.features=vgg16: no {vgg16.NAME} at {tmp_path}; it is published at"
    )
    assert result.code != 0
    assert not (tmp_path / "run").exists()
