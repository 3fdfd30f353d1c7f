"""SNGAN as a model: classes by an option, attention that fits, and whose updates move the singular
vectors.
"""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from gan_cli import models
from gan_cli.base.errors import ConfigError
from gan_cli.base.spec import DataSpec
from gan_cli.config.schema import Optimizer, Schedule
from gan_cli.data.pipeline.feed import DeviceFeed
from gan_cli.data.reading.source import Source
from gan_cli.models import needs
from gan_cli.models.r3gan import R3gan
from gan_cli.models.resnet_gan import ResnetGan
from gan_cli.networks.layers.spectral import Spectral
from gan_cli.objectives.model import Model
from gan_cli.objectives.options import Loss
from gan_cli.training import optimizers
from gan_cli.training.state import State
from gan_cli.training.step import Step

from ..conftest import TINY as TINY_RUN
from ..conftest import Command
from .toys import assert_all_move

SPEC = DataSpec(16, 16, 1, 2, ["a", "b"])
TINY = {"latent_dim": 4, "width": 2}
PENALTIES = {"r1": 1.0, "r2": 1.0, "gradient_penalty": 1.0}


def build(loss: Loss, **options: object) -> Model:
    return models.build(ResnetGan(**TINY, **options), SPEC, loss)


def stepped(model: Model, steps: int) -> dict[str, np.ndarray]:
    """Run steps that change no weight; the variables of the discriminator's spectral layers by
    their names.
    """
    pixels = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 1), dtype=np.uint8)
    still = Optimizer("sgd", learning_rate=1e-30)
    players = optimizers.build(model, still, Schedule("constant"), steps, "float32")
    state = State(model, players, 0.0)
    step = Step(state, DeviceFeed(Source(pixels), 4, 1), 1)
    step.run(tf.constant(steps, tf.int64), tf.zeros([1]))
    return {
        f"{layer.name}/{variable.name}": variable.numpy()
        for layer in model.networks["discriminator"].layers
        if isinstance(layer, Spectral)
        for variable in (layer.kernel, layer.singular_vector)
    }


@pytest.mark.parametrize(
    "loss",
    [
        Loss("hinge"),
        pytest.param(Loss("hinge", **PENALTIES), marks=pytest.mark.slow),
        pytest.param(Loss("hinge", discriminator_steps=3), marks=pytest.mark.slow),
    ],
    ids=["one forward pass", "penalties", "three updates"],
)
def test_an_update_of_the_discriminator_is_one_power_iteration(loss: Loss) -> None:
    """Whatever else passes through it in a step: penalties, and the generator's own update.

    A rate this small moves no kernel, so that the iterations can be counted in NumPy.
    """
    model = build(loss)
    layers = [x for x in model.networks["discriminator"].layers if isinstance(x, Spectral)]
    before = {layer.name: layer.singular_vector.numpy() for layer in layers}
    after = stepped(model, steps=2)
    assert len(layers) > 5
    for layer in layers:
        w, u = after[f"{layer.name}/kernel"], before[layer.name]
        w = w.reshape(-1, w.shape[-1])
        for _ in range(2 * loss.discriminator_steps):
            u = w.T @ (w @ u)
            u /= np.linalg.norm(u)
        found = after[f"{layer.name}/singular_vector"]
        np.testing.assert_allclose(found, u, atol=1e-4, err_msg=layer.name)


def test_samples_and_losses_leave_the_singular_vectors() -> None:
    model = build(Loss("hinge", **PENALTIES), attention=8)
    assert_all_move_but_the_attention(model)
    variables = model.networks["discriminator"].non_trainable_variables
    before = [variable.numpy() for variable in variables]
    model.sample(tf.zeros([2, 4]))
    for old, variable in zip(before, variables, strict=True):
        np.testing.assert_array_equal(old, variable.numpy())


def assert_all_move_but_the_attention(model: Model) -> None:
    """Behind a gain of 0 kernels have no slope: it is set to 1 before."""
    for network in model.networks.values():
        network.get_layer("attention_gain").gain.assign(1.0)
    pixels = np.random.default_rng(0).uniform(-1.0, 1.0, (4, 16, 16, 1))
    assert_all_move(model, {"images": tf.constant(pixels, tf.float32)})


@pytest.mark.parametrize("kind", [ResnetGan, R3gan])
def test_classes_are_an_option(kind: type) -> None:
    plain, by_class = kind(**TINY), kind(**TINY, conditional=True)
    assert (needs(plain), needs(by_class)) == ((), ("labels",))
    assert models.build(plain, SPEC, Loss("hinge")).num_classes == 0
    model = models.build(by_class, SPEC, Loss("hinge"))
    assert model.num_classes == 2
    for network in model.networks.values():  # a residual branch of r3gan begins as nothing
        for variable in network.trainable_variables:
            variable.assign_add(0.1 * np.random.default_rng(0).normal(size=variable.shape))
    pixels = np.random.default_rng(0).uniform(-1.0, 1.0, (4, 16, 16, 1))
    batch = {
        "images": tf.constant(pixels, tf.float32),
        "labels": tf.constant([0, 1, 0, 1], tf.int64),
    }
    assert_all_move(model, batch)
    first, second = model.sample(tf.ones([2, 4]), tf.constant([0, 1], tf.int64)).numpy()
    assert np.abs(first - second).max() > 1e-4


@pytest.mark.parametrize("kind", [ResnetGan, R3gan])
def test_classes_need_labels_and_single_images(kind: type) -> None:
    options = kind(**TINY, conditional=True)
    with pytest.raises(ConfigError, match=f"^model={options.name} needs labels; the data has"):
        models.build(options, DataSpec(16, 16, 1), Loss("hinge"))
    with pytest.raises(ConfigError, match=f"the discriminator of model={options.name} takes"):
        models.build(options, SPEC, Loss("hinge", pack=2))
    packed = models.build(kind(**TINY), SPEC, Loss("hinge", pack=2)).networks["discriminator"]
    assert packed.input_shape == (None, 16, 16, 2)


def test_attention_at_a_size_that_there_is_not_is_refused() -> None:
    expected = r"^model\.attention=16: features of images of 28x32 have the shorter sides 14, 7$"
    with pytest.raises(ConfigError, match=expected):
        models.check(ResnetGan(attention=16), DataSpec(28, 32, 1), Loss("hinge"))
    models.check(ResnetGan(attention=14), DataSpec(28, 32, 1), Loss("hinge"))


@pytest.mark.parametrize("kind", [ResnetGan, R3gan])
def test_either_side_has_a_width_of_its_own(kind: type) -> None:
    both = {"latent_dim": 4, "width": 3, "discriminator_width": 5}
    generator, discriminator = models.build(kind(**both), SPEC, Loss("hinge")).networks.values()
    assert generator.get_layer("conv").kernel.shape[2] == 3
    first = "block_1_conv_1" if kind is ResnetGan else "conv"
    assert discriminator.get_layer(first).filters == 5


@pytest.mark.slow
def test_a_run_by_class_is_sampled_by_class(train: Command, sample: Command) -> None:
    by_class = ["model=resnet_gan", "model.conditional=true", "training.steps=2", "run_dir=run"]
    assert train(*TINY_RUN, *by_class).code == 0
    drawn = ["labels=[3]", "count=2", "format=npz", "output=three.npz"]
    assert sample("checkpoint=run", *drawn).code == 0
    with np.load("three.npz") as arrays:
        assert arrays["labels"].tolist() == [3, 3]
