"""The models without players: trained, saved, resumed and sampled by the same commands as any
other.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gan_cli import models
from gan_cli.base.errors import ConfigError
from gan_cli.base.images import to_uint8
from gan_cli.base.spec import DataSpec
from gan_cli.config.schema import Optimizer, Schedule
from gan_cli.data.pipeline.feed import DeviceFeed
from gan_cli.data.reading.source import Source
from gan_cli.models.random_pixels import RandomPixels
from gan_cli.models.template import Template
from gan_cli.objectives.options import Loss
from gan_cli.training import optimizers
from gan_cli.training.state import State
from gan_cli.training.step import Step
from tests.conftest import TINY, Command

OPTIONS = [
    RandomPixels(),
    RandomPixels("random_pixels", "uniform"),
    Template(bank=6),
    Template(bank=6, background="mean"),
]
PIXELS = np.random.default_rng(0).choice([0, 100, 255], (12, 8, 8, 1)).astype(np.uint8)
SMALL = [each for each in TINY if not each.startswith("model.")]


def trained(options: object, steps: int) -> State:
    """A state after some steps of 4 images each: three are an epoch."""
    source = Source(PIXELS, None, [])
    model = models.build(options, source.spec, Loss("non_saturating"))
    state = State(
        model,
        optimizers.build(model, Optimizer("adam"), Schedule("constant"), steps, "float32"),
        0.9,
    )
    step = Step(state, DeviceFeed(source, 4, 1), 1)
    finite, _ = step.run(tf.constant(steps, tf.int64), tf.zeros([1]))
    assert bool(finite)
    assert state.finite()
    return state


def levels(state: State, count: int = 400) -> np.ndarray:
    latents = tf.random.stateless_normal([count, *state.model.latent_shape], [1, 2])
    return to_uint8(state.sampler.sample(latents).numpy())


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_there_is_no_player_and_nothing_is_trained(options: object):
    state = trained(options, 1)
    (network,) = state.model.networks.values()
    assert state.model.players == state.optimizers == {}
    assert network.trainable_variables == []
    assert int(state.step.numpy()) == 1


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_what_is_remembered_is_not_averaged(options: object):
    """A moving average would blur counts and images: samples come from the network as it is, and it
    is saved as that.
    """
    state = trained(options, 3)
    (network,) = state.model.networks.values()
    assert state.averages == {}
    assert {id(variable) for variable in state.sampler_tensors().values()} == {
        id(variable) for variable in network.variables
    }
    assert len(state.tensors()) == 1 + len(network.variables)


def test_after_an_epoch_the_histogram_is_that_of_the_data():
    counts = (
        trained(RandomPixels(), 3).model.networks["pixels"].variables[0].numpy().reshape(64, 256)
    )
    for level in (0, 100, 255):
        np.testing.assert_array_equal(counts[:, level], (level == PIXELS).sum(axis=0).reshape(-1))
    assert counts.sum() == 12 * 64


def test_samples_of_the_histogram_have_the_levels_of_their_pixels():
    """Each pixel is drawn on its own: its mean is that of the data, within five standard
    deviations.
    """
    made, data = levels(trained(RandomPixels(), 3)), PIXELS.astype(float)
    assert set(np.unique(made)) == {0, 100, 255}
    assert np.abs(made.mean(axis=0) - data.mean(axis=0)).max() < 5 * data.std(
        axis=0
    ).max() / np.sqrt(400)


def test_samples_of_uniform_pixels_have_all_levels():
    assert len(np.unique(levels(trained(OPTIONS[1], 1)))) == 256


def test_the_bank_of_a_template_holds_images_of_the_data():
    state = trained(Template(bank=6), 3)
    bank = state.model.networks["template"].layers[-1].bank.numpy().reshape(6, -1)
    rows = {image.tobytes() for image in PIXELS.reshape(12, -1)}
    assert len({image.tobytes() for image in bank}) == 6
    assert {image.tobytes() for image in bank} <= rows
    assert set(np.unique(levels(state))) == {0, 100, 255}


def test_a_smallest_size_above_the_largest_is_refused():
    with pytest.raises(ConfigError) as caught:
        models.build(
            Template(min_size=0.8, max_size=0.5), DataSpec(8, 8, 1), Loss("non_saturating")
        )
    assert str(caught.value) == "model.min_size=0.8 is larger than model.max_size=0.5"


def test_the_numbers_of_a_template_s_latent():
    model = models.build(Template(bank=3, shapes=5), DataSpec(8, 8, 3), Loss("non_saturating"))
    assert model.latent_shape == (1 + 5 * 8,)


@pytest.mark.parametrize(
    ("name", "log"), [("random_pixels", "bits_per_value"), ("template", "bank_filled")]
)
def test_training_logs_what_is_known_of_the_data(
    name: str, log: str, train: Command, tmp_path: Path
):
    assert train(f"model={name}", *SMALL, "training.steps=4", "run_dir=run").code == 0
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [2, 4]
    assert all(json.loads(line)[log] > 0.0 for line in lines)


def test_samples_are_drawn_from_a_checkpoint_without_tensors(
    train: Command, sample: Command, tmp_path: Path
):
    assert (
        train(
            "model=random_pixels", "model.source=uniform", *SMALL, "training.steps=1", "run_dir=run"
        ).code
        == 0
    )
    for output in ("one.npz", "two.npz"):
        assert (
            sample("checkpoint=run", "count=5", "format=npz", f"output={output}", "seed=3").code
            == 0
        )
    with np.load(tmp_path / "one.npz") as one, np.load(tmp_path / "two.npz") as two:
        np.testing.assert_array_equal(one["images"], two["images"])
        assert one["images"].shape == (5, 8, 8, 1)
        assert len(np.unique(one["images"])) > 100


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (["loss=hinge"], "loss=hinge"),
        (["augment=diffaug"], "augment.differentiable"),
        (["optimizer.players.generator.learning_rate=1.0"], "optimizer.players"),
    ],
)
def test_what_belongs_to_a_game_is_refused(given: list[str], key: str, train: Command):
    result = train("model=template", *SMALL, *given)
    assert result.code == 2
    assert key in result.err
    assert "Traceback" not in result.err
