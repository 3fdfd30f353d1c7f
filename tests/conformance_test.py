"""What every registered model must do; a model is found here by its name alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf
from hydra import compose, initialize_config_module
from PIL import Image

from gan_cli import models
from gan_cli.base.spec import Batch, DataSpec
from gan_cli.cli.training.stored import plain
from gan_cli.config.schema import Augment, Optimizer, Schedule, TrainConfig
from gan_cli.data.pipeline.feed import DeviceFeed
from gan_cli.data.reading.captions import fitting
from gan_cli.data.reading.source import Source
from gan_cli.models import MODELS, needs
from gan_cli.networks.variables import export, variables_by_key
from gan_cli.objectives.augmentation.ada import adaptive
from gan_cli.objectives.losses import LOSSES
from gan_cli.objectives.model import Model
from gan_cli.objectives.options import Loss
from gan_cli.objectives.penalties import PENALTIES
from gan_cli.sampling import drawing
from gan_cli.training import optimizers
from gan_cli.training.configuration import train_config
from gan_cli.training.state import State
from gan_cli.training.step import Step
from tests.conftest import TINY, Command
from tests.models.toys import assert_all_move, gradients

Shape = tuple[int, int, int]
SMALLEST = (8, 8, 1)
SHAPES = [SMALLEST, (28, 28, 1), (32, 32, 3), (48, 64, 3), (128, 128, 3)]
FRAMES = 3
FIRST = "dcgan"
"""The model for which every test is quick enough to run each time; of the others, marked slow, CI
runs all.
"""
LARGE = ("style_gan", "r3gan", "resnet_gan")
"""Models that take seconds to trace, whatever their size: the quick tests only build them."""
names = pytest.mark.parametrize("name", list(MODELS))
STEERED = (FIRST, "vae_gan")
"""Quick ones with the two compositions that have discriminators."""
EACH_KIND = (FIRST, "vae")
"""A game and an autoencoder; the resumed runs of the others are among the slow tests."""
resumed = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in EACH_KIND else [pytest.mark.slow]) for name in MODELS],
)


def crossed(values: Sequence[Shape | str], quick: Sequence[Shape | str]) -> list[Any]:
    """Every model with every shape or precision; slow, but for the `quick` values of each model
    that is not large, and all values of the first model.
    """
    found = []
    for name in MODELS:
        for value in values:
            wanted = name == FIRST or (value in quick and name not in LARGE)
            marks = [] if wanted else [pytest.mark.slow]
            if isinstance(value, str):
                asked, shown = (name, SMALLEST, value), value
            else:
                asked, shown = (name, value, "float32"), "x".join(map(str, value))
            found.append(pytest.param(asked, marks=marks, id=f"{name}-{shown}"))
    return found


PRECISIONS = ["float32", "bfloat16", "float16"]
as_given = pytest.mark.parametrize(
    "built", [pytest.param((name, SMALLEST, "float32"), id=name) for name in MODELS], indirect=True
)
shapes = pytest.mark.parametrize("built", crossed(SHAPES, quick=SHAPES[:1]), indirect=True)
precisions = pytest.mark.parametrize("built", crossed(PRECISIONS, quick=["float32"]), indirect=True)


def sizes(name: str) -> list[str]:
    """Overrides that make any model small."""
    fields = MODELS[name].options.__dataclass_fields__
    return [
        f"model.{key}={value}" for key, value in (("width", 4), ("latent_dim", 6)) if key in fields
    ]


def sequences(name: str) -> bool:
    return "sequences" in MODELS[name].needs


@pytest.fixture
def tiny(tmp_path: Path) -> Any:
    """Of a model: the arguments of a tiny run, on small digits or, for sequences, on three
    small videos.
    """

    def arguments(name: str) -> list[str]:
        common = [
            f"model={name}",
            *sizes(name),
            *(each for each in TINY if not each.startswith("model.")),
        ]
        if not sequences(name):
            return common
        for video in range(9):
            levels = np.random.default_rng(video).integers(0, 256, (FRAMES, 8, 8), dtype=np.uint8)
            frames = [Image.fromarray(frame) for frame in levels]
            (tmp_path / "videos").mkdir(exist_ok=True)
            frames[0].save(
                tmp_path / "videos" / f"{video}.gif", save_all=True, append_images=frames[1:]
            )
        return [
            *common,
            "data=frames",
            "data.path=videos",
            f"data.frames={FRAMES}",
            "data.test_share=0",
        ]

    return arguments


def captions(name: str) -> bool:
    return "captions" in MODELS[name].needs


def source(shape: tuple[int, ...], count: int = 12) -> Source:
    pixels = np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8)
    return Source(pixels, np.arange(count) % 2, ["even", "odd"])


def composed(name: str) -> TrainConfig:
    with initialize_config_module("gan_cli.configs", version_base="1.3"):
        return train_config(plain(compose("train", [f"model={name}", *sizes(name)])))


class Built(NamedTuple):
    """A model as it trains."""

    name: str
    shape: Shape
    model: Model
    state: State
    step: Step


def build(name: str, shape: Shape = SMALLEST, precision: str = "float32") -> Built:
    config = composed(name)
    images = fitting(source((FRAMES, *shape) if sequences(name) else shape), captions(name))
    model = models.build(config.model, images.spec, config.loss, seed=1, precision=precision)
    state = State(
        model, optimizers.build(model, Optimizer("adam"), Schedule("constant"), 10, precision), 0.9
    )
    return Built(name, shape, model, state, Step(state, DeviceFeed(images, 4, 1), 1))


@pytest.fixture(scope="module")
def built(request: pytest.FixtureRequest) -> Built:
    """Built, and its step traced, once for all tests of the same model: they follow each other."""
    return build(*request.param)


def blank(name: str) -> Batch:
    """A batch of four grey images, or sequences, with labels or captions."""
    labels = tf.zeros([4], tf.int64)
    if captions(name):
        return {"images": tf.zeros([4, *SMALLEST]), "captions": tf.constant([[1, 2], [1, 3]] * 2)}
    if sequences(name):
        return {"sequence": tf.zeros([4, FRAMES, *SMALLEST]), "labels": labels}
    return {"images": tf.zeros([4, *SMALLEST]), "labels": labels}


def pictures() -> Batch:
    pixels = np.random.default_rng(0).uniform(-1.0, 1.0, (4, 8, 8, 1))
    return {"images": tf.constant(pixels, tf.float32)}


def game(loss: Loss) -> Model:
    """The first model, tiny, by this loss, without what mixes images or draws."""
    options = MODELS[FIRST].options(width=2, latent_dim=3, discriminator_norm="none", dropout=0.0)
    return models.build(options, DataSpec(8, 8, 1), loss)


def run(step: Step, count: int) -> dict[str, float]:
    finite, totals = step.run(tf.constant(count, tf.int64), tf.zeros([1]))
    assert bool(finite)
    return dict(zip(step.names, totals.numpy().tolist(), strict=True))


@names
def test_the_yaml_exists_says_what_it_is_and_binds(name: str) -> None:
    text = (
        (Path(__file__).parents[1] / "configs" / "model" / f"{name}.yaml").read_text().splitlines()
    )
    text = text[text[0].startswith("# @") :]  # Hydra reads a package in the first line alone
    assert text[0].startswith("# ")
    assert text[1].startswith("# gan-train ")
    assert f"model={name}" in text[1]
    with initialize_config_module("gan_cli.configs", version_base="1.3"):
        composed = compose("train", [f"model={name}"])
    assert set(composed.model) == {field for field in MODELS[name].options.__dataclass_fields__}
    assert composed.model.name == name


@as_given
def test_the_registry_says_what_the_model_takes(built: Built) -> None:
    name, model = built.name, built.model
    assert (model.num_classes > 0) == ("labels" in needs(composed(name).model))
    assert (model.captions is not None) == captions(name)
    assert (model.sequence_length > 0) == sequences(name)
    assert (model.evidence_bound is not None) == MODELS[name].likelihood
    assert (model.styles is not None) == MODELS[name].styles
    assert (model.filling is not None) == MODELS[name].fills
    assert ("discriminator" in " ".join(model.players)) == MODELS[name].adversarial


@precisions
def test_losses_are_finite_and_every_player_has_every_gradient(built: Built) -> None:
    for player, found in gradients(built.model, blank(built.name)).items():
        assert None not in found, player


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in STEERED else [pytest.mark.slow])
        for name in MODELS
        if MODELS[name].adversarial
    ],
)
def test_adaptive_augmentation_goes_with_every_discriminator(name: str) -> None:
    """Every gradient passes through it, and one update moves its probability."""
    config, given = composed(name), blank(name)
    augment = Augment(ada=["flip", "rotation", "contrast"], ada_interval=1, ada_images=8)
    steered = adaptive(augment, config.loss.name, batch_size=4)
    steered.variables["ada_probability"].assign(0.75)
    kind = "sequence" if sequences(name) else "images"
    spec = fitting(source(tuple(given[kind].shape[1:])), captions(name)).spec
    model = models.build(config.model, spec, config.loss, seed=1, adaptive=steered)
    for player, found in gradients(model, given).items():
        assert None not in found, player
    assert float(model.variables["ada_probability"]) in (0.25, 1.0)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_moves_both_sides(name: str) -> None:
    """In values that are finite, of the tiniest model there is a discriminator in."""
    assert_all_move(game(Loss(name)), pictures())


@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_is_finite_and_changes_the_discriminator_alone(name: str) -> None:
    """Its second derivatives reach every kernel."""
    with_it, without = (
        gradients(game(Loss(**loss)), pictures()) for loss in ({name: 3.0}, {name: 0.0})
    )
    for player, changed in (("generator", False), ("discriminator", True)):
        for one, other in zip(with_it[player], without[player], strict=True):
            assert np.isfinite(one).all()
            if len(one.shape) > 1:
                assert np.array_equal(one, other) != changed


@shapes
def test_steps_move_every_network_of_a_player(built: Built) -> None:
    name, model = built.name, built.model
    before = {
        key: export(variables_by_key(key, network)) for key, network in model.networks.items()
    }
    owned = {network for networks in model.players.values() for network in networks}
    logs = run(built.step, 2)  # what stands before zeros moves in the second
    assert set(logs) >= {f"loss_{player}" for player in model.players}
    for name_, network in model.networks.items():
        after = export(variables_by_key(name_, network))
        trained = {id(variable) for variable in network.trainable_variables}
        trainable = {
            key
            for key, variable in variables_by_key(name_, network).items()
            if id(variable) in trained
        }
        moved = {key for key in after if not np.array_equal(after[key], before[name_][key])}
        still = (
            {f"{name_}/logits/bias"} if composed(name).loss.name == "wasserstein" else set()
        )  # it cancels
        assert (moved >= trainable - still) if name_ in owned else not moved & trainable, name_


@shapes
def test_samples_have_the_shape_of_the_data_and_its_range(built: Built) -> None:
    model, shape = built.model, built.shape
    run(built.step, 1)  # baselines know no image before
    draw = drawing.inputs(model, 0)(3)
    inputs = [tf.constant(value) for value in draw._replace(latents=draw.latents * 100).given]
    images = model.sample(*inputs).numpy()
    network = model.generator(inputs if len(inputs) > 1 else inputs[0], training=False)
    np.testing.assert_allclose(network, images, atol=1e-5)
    assert images.shape == ((3, FRAMES, *shape) if sequences(built.name) else (3, *shape))
    assert images.dtype == np.float32
    assert -1.0 <= images.min() < 0.0 < images.max() <= 1.0


@pytest.mark.parametrize("asked", crossed(PRECISIONS, quick=[]))  # resumed runs show it of each
def test_steps_are_the_same_bits_however_they_are_cut_into_calls(
    asked: tuple[str, Shape, str],
) -> None:
    _, _, _, straight, step = build(*asked)
    sums = run(step, 7)
    _, _, _, cut, step = build(*asked)
    totals = tf.zeros([1])
    for count in (1, 2, 4):
        _, totals = step.run(tf.constant(count, tf.int64), totals)
    assert dict(zip(step.names, totals.numpy().tolist(), strict=True)) == sums
    for key, value in export(straight.tensors()).items():
        np.testing.assert_array_equal(value, export(cut.tensors())[key], err_msg=key)


@as_given
def test_no_variable_is_missing_from_the_state(built: Built) -> None:
    model, state = built.model, built.state
    kept = {id(variable) for variable in state.tensors().values()}
    for network in (*model.networks.values(), *state.averages.values()):
        assert {id(variable) for variable in network.variables} <= kept
    for optimizer in state.optimizers.values():
        assert {id(variable) for variable in optimizer.variables} <= kept
    assert id(state.step) in kept
    parts = [*model.networks.values(), *state.averages.values(), *state.optimizers.values()]
    remembered = len(model.variables)
    assert len(kept) == 1 + remembered + sum(len(part.variables) for part in parts)


@resumed
def test_k_and_n_minus_k_steps_in_another_run_equal_n_steps(
    name: str, train: Command, tiny: Any, tmp_path: Path
) -> None:
    options = [*tiny(name), "training.preview_every=3", "optimizer.clip_norm=1.0"]
    assert train(*options, "training.steps=9", "run_dir=straight/run").code == 0
    first, *more = (1, 4, 6, 9) if name == FIRST else (4, 9)
    assert train(*options, f"training.steps={first}", "run_dir=cut/run").code == 0
    for k in more:
        assert train("resume=cut/run", f"training.steps={k}").code == 0
    for file in (
        "checkpoints/step-00000009/state.safetensors",
        "samples/step-00000009.png",
        "config.json",
    ):
        straight, cut = (tmp_path / each / "run" / file for each in ("straight", "cut"))
        assert straight.read_bytes() == cut.read_bytes(), file


@pytest.mark.slow
@names
def test_streamed_resident_and_augmented_runs_are_the_same_bits(
    name: str, train: Command, tiny: Any, tmp_path: Path
) -> None:
    """Where the data lives, and when it moves, changes no bit; nor does a stop between two
    augmented steps.
    """
    augment = [
        "augment.rotation=20",
        "augment.crop=0.8",
        "augment.horizontal_flip=true",
        "augment.contrast=0.2",
    ]
    options = [*tiny(name), *augment]
    assert (
        train(*options, "training.steps=7", "run_dir=resident", "training.feed=resident").code == 0
    )
    assert train(*options, "training.steps=3", "run_dir=moved", "training.feed=stream").code == 0
    assert train("resume=moved", "training.steps=7", "training.feed=auto").code == 0
    assert train(*options, "training.steps=7", "run_dir=stream", "training.feed=stream").code == 0
    straight = train(*tiny(name), "training.steps=7", "run_dir=plain")
    assert straight.code == 0
    state = "checkpoints/step-00000007/state.safetensors"
    kept = {
        run: (tmp_path / run / state).read_bytes()
        for run in ("resident", "moved", "stream", "plain")
    }
    assert kept["resident"] == kept["moved"] == kept["stream"] != kept["plain"]


@pytest.mark.slow
@names
def test_a_fresh_process_draws_the_same_samples(
    name: str, train: Command, tiny: Any, tmp_path: Path
) -> None:
    assert train(*tiny(name), "training.steps=4", "run_dir=run").code == 0
    arguments = ["checkpoint=run", "count=5", "format=npz", "output=fresh.npz", "seed=3"]
    code = "from gan_cli.cli.sample import main; raise SystemExit(main())"
    subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, cwd=tmp_path, capture_output=True
    )

    from gan_cli.runs.checkpoint import newest
    from gan_cli.runs.rundir import RunDirectory
    from gan_cli.sampling.generate import load_sampler

    directory = RunDirectory.read("run")
    manifest = newest(directory.checkpoints, print)
    assert manifest is not None
    here = np.concatenate(list(drawing.batches(load_sampler(directory, manifest), 5, 3, 2)))
    with np.load(tmp_path / "fresh.npz") as arrays:
        np.testing.assert_array_equal(arrays["images"], here)
    assert here.std() > 0
