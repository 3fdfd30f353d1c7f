"""Weights from another run: what agrees is loaded bit for bit, all else starts anew and is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from gan_cli import models
from gan_cli.base import files
from gan_cli.base.errors import CheckpointError, GanError, RunDirectoryError
from gan_cli.base.spec import DataSpec
from gan_cli.config.schema import Optimizer, Schedule
from gan_cli.models.dcgan import Dcgan
from gan_cli.networks.variables import export
from gan_cli.objectives.options import Loss
from gan_cli.runs import checkpoint
from gan_cli.runs.checkpoint import SAMPLER, STATE, Scored
from gan_cli.training import init_from, optimizers
from gan_cli.training.state import State

SPEC = DataSpec(16, 16, 1)
LOSS = Loss("non_saturating")


def new(
    seed: int = 0,
    spec: DataSpec = SPEC,
    ema: float = 0.9,
    precision: str = "float32",
    **options: Any,
) -> State:
    """The state at step 0 of a tiny DCGAN."""
    chosen = {"discriminator_width": 4, "discriminator_norm": "none", "dropout": 0.3}
    networks = Dcgan(width=4, latent_dim=6, kernel_size=5, **{**chosen, **options})
    model = models.build(networks, spec, LOSS, seed=seed, precision=precision)
    return State(
        model, optimizers.build(model, Optimizer("adam"), Schedule("constant"), 10, precision), ema
    )


def saved(folder: Path, state: State, step: int = 7, score: float | None = None) -> Path:
    """A run directory with a checkpoint of a state."""
    state.step.assign(step)
    tensors = {STATE: export(state.tensors()), SAMPLER: export(state.sampler_tensors())}
    scored = None if score is None else Scored(score, "evaluator")
    (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    checkpoint.save(folder / "checkpoints", step, tensors, "model", "data", scored)
    (folder / "model.json").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def other() -> State:
    """Another run's state: no two of its tensors are those of a new one."""
    state, random = new(seed=1), np.random.default_rng(0)
    for key, variable in state.tensors().items():
        if "float" in getattr(variable.dtype, "name", variable.dtype) and not key.startswith(
            "optimizer/"
        ):
            variable.assign(random.standard_normal(variable.shape))
    return state


@pytest.fixture(scope="module")
def here() -> State:
    """A state to load into, where what it held before does not matter."""
    return new()


def loaded(state: State, origin: Path | str) -> list[str]:
    """What is said of it."""
    said: list[str] = []
    init_from.load(state, str(origin), said.append)
    return said


def weights(state: State) -> dict[str, np.ndarray]:
    """Those of the networks themselves, without seeds."""
    arrays = {
        key: array for key, array in export(state.tensors()).items() if array.dtype == np.float32
    }
    return {
        key: array for key, array in arrays.items() if key.partition("/")[0] in state.model.networks
    }


def same(first: np.ndarray, second: np.ndarray) -> bool:
    return first.shape == second.shape and first.tobytes() == second.tobytes()


def test_all_weights_and_nothing_else_of_an_equal_run(tmp_path: Path, other: State) -> None:
    state = new()
    before = export(state.tensors())
    said = loaded(state, saved(tmp_path / "run", other))
    assert said == [
        f"init_from {tmp_path}/run, step 7 (the newest, none is scored)",
        "  generator: all 17 tensors",
        "  discriminator: all 6 tensors",
    ]
    theirs, after = export(other.tensors()), export(state.tensors())
    assert len(weights(state)) == 23
    for key, value in after.items():
        if key in weights(state):
            assert same(value, theirs[key]), key
            assert not same(value, before[key]), key
        elif key.startswith("average/"):
            assert same(
                value, theirs[key.removeprefix("average/")]
            )  # the weights, not the other run's averages
        else:  # step, optimizers, seeds of Dropout
            assert same(value, before[key]), key
    seeds = [key for key in after if "seed" in key]
    assert seeds
    assert any(not same(theirs[key], before[key]) for key in seeds)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {"spec": DataSpec(16, 16, 3)},
            [
                "generator: 15 of 17 tensors; left: conv_3/kernel [5, 5, 1, 4] here [5, 5, 3, 4], "
                "conv_3/bias [1] here [3]",
                "discriminator: 5 of 6 tensors; left: conv_1/kernel [5, 5, 1, 4] here [5, 5, 3, 4]",
            ],
        ),
        (
            {"discriminator_width": 5},
            [
                "generator: all 17 tensors",
                "discriminator: 1 of 6 tensors; left: conv_1/kernel [5, 5, 1, 4] here [5, 5, 1, "
                "5], conv_1/bias [4] here [5], "
                "conv_2/kernel [5, 5, 4, 8] here [5, 5, 5, 10] and 2 more",
            ],
        ),
        (
            {"discriminator_depth": 1},
            [
                "generator: all 17 tensors",
                "discriminator: 3 of 4 tensors; left: logits/kernel [128, 1] here [256, 1]; 2 "
                "more there have no place here",
            ],
        ),
        (
            {"discriminator_norm": "batch"},
            [
                "generator: all 17 tensors",
                "discriminator: 5 of 9 tensors; left: norm_2/gamma is not there, norm_2/beta is "
                "not there, "
                "norm_2/moving_mean is not there and 1 more; 1 more there have no place here",
            ],
        ),
    ],
)
def test_what_agrees_is_loaded_and_what_does_not_starts_anew(
    changes: dict[str, Any], lines: list[str], tmp_path: Path, other: State
) -> None:
    state = new(**changes)
    before = weights(state)
    said = loaded(state, saved(tmp_path / "run", other))
    assert said[1:] == [f"  {line}" for line in lines]
    theirs, taken = weights(other), 0
    for key, value in weights(state).items():
        agrees = key in theirs and theirs[key].shape == value.shape
        assert same(value, theirs[key] if agrees else before[key]), key
        taken += agrees
    assert taken == sum(_count(line) for line in lines)
    for name, network in state.averages.items():
        for average, plain in zip(
            network.variables, state.model.networks[name].variables, strict=True
        ):
            assert same(np.asarray(average), np.asarray(plain))


def _count(line: str) -> int:
    return int(line.split()[1 if "all" not in line else 2])


def test_without_an_average_and_in_mixed_precision_the_weights_are_the_same(
    tmp_path: Path, other: State
) -> None:
    saved(tmp_path / "run", other)
    for state in (new(ema=0.0), new(precision="bfloat16"), new(precision="float16")):
        assert loaded(state, tmp_path / "run")[1:] == [
            "  generator: all 17 tensors",
            "  discriminator: all 6 tensors",
        ]
        assert all(same(value, weights(other)[key]) for key, value in weights(state).items())


def test_a_run_means_its_best_checkpoint_and_a_folder_itself(
    tmp_path: Path, other: State, here: State
) -> None:
    run, second = saved(tmp_path / "run", other, 7, score=1.0), new(seed=2)
    saved(run, second, 9, score=2.0)
    assert loaded(here, run)[0].endswith("run, step 7 (the best, 1)")
    saved(run, second, 11, score=0.5)
    assert loaded(here, run)[0].endswith("run, step 11 (the best, 0.5)")
    assert loaded(here, run / "checkpoints" / "step-00000007")[0].endswith(
        "run/checkpoints/step-00000007, step 7"
    )
    assert all(same(value, weights(other)[key]) for key, value in weights(here).items())
    plain = saved(tmp_path / "plain", second, 3)
    saved(plain, other, 5)
    assert loaded(here, plain)[0].endswith("plain, step 5 (the newest, none is scored)")


def test_a_damaged_best_checkpoint_is_said_and_another_used(
    tmp_path: Path, other: State, here: State
) -> None:
    run = saved(saved(tmp_path / "run", other, 7), other, 9)
    path = run / "checkpoints" / "step-00000009" / STATE
    path.write_bytes(path.read_bytes()[:-1] + b"\x7f")
    said = loaded(here, run)
    assert said[0].startswith("DAMAGED CHECKPOINT")
    assert said[1].endswith("run, step 7 (the newest, none is scored)")
    with pytest.raises(
        CheckpointError, match=r"^init_from: .*state\.safetensors is not what was saved"
    ):
        loaded(here, run / "checkpoints" / "step-00000009")


def test_networks_that_are_not_here_are_said(tmp_path: Path, other: State, here: State) -> None:
    run = saved(tmp_path / "run", other)
    rewrite(
        run,
        lambda arrays: (
            arrays
            | {f"{name}/x": np.zeros(1, np.float32) for name in ("encoder", "b", "c", "d\x1b[2J")}
        ),
    )
    assert (
        loaded(here, run)[-1]
        == "  not here: b (1 tensors), c (1 tensors), d\\x1b[2J (1 tensors) and 1 more"
    )


def rewrite(run: Path, change: Any, step: int = 7) -> None:
    """What a stranger can do: other tensors, with a manifest that fits them."""
    folder = checkpoint.path_of(run / "checkpoints", step)
    arrays = change(load_file(folder / STATE))
    save_file(arrays, folder / STATE)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][STATE] = {
        "size": (folder / STATE).stat().st_size,
        "sha256": files.sha256(folder / STATE),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (run / "checkpoints" / "index.json").unlink(missing_ok=True)


def test_another_dtype_is_left(tmp_path: Path, other: State, here: State) -> None:
    run, key = saved(tmp_path / "run", other), "generator/dense/kernel"
    rewrite(run, lambda arrays: arrays | {key: arrays[key].astype(np.float64)})
    assert (
        loaded(here, run)[1]
        == "  generator: 16 of 17 tensors; left: dense/kernel float64 here float32"
    )


def test_weights_that_are_not_finite_are_refused_before_any_is_taken(
    tmp_path: Path, other: State, here: State
) -> None:
    run, key = saved(tmp_path / "run", other), "discriminator/logits/bias"
    rewrite(run, lambda arrays: arrays | {key: np.full(1, np.nan, np.float32)})
    before = weights(here)
    with pytest.raises(
        CheckpointError,
        match=r"init_from: .*run, step 7 .*: discriminator/logits/bias is not finite$",
    ):
        loaded(here, run)
    assert all(same(value, before[key]) for key, value in weights(here).items())


def test_nothing_that_agrees_is_refused(tmp_path: Path, other: State, here: State) -> None:
    run = saved(tmp_path / "run", other)
    rewrite(run, lambda arrays: {f"x{key}": array for key, array in arrays.items()})
    with pytest.raises(
        CheckpointError,
        match=r"no weight of it has the name and shape of one here \(generator, discrim",
    ):
        loaded(here, run)


@pytest.mark.parametrize(
    ("origin", "failure", "words"),
    [
        ("gone", RunDirectoryError, r"^init_from: .*gone: no such directory$"),
        (
            "empty",
            RunDirectoryError,
            r"^init_from: .*empty: not a run directory \(it has no model\.json\)$",
        ),
        ("young", CheckpointError, r"^init_from: .*young has no checkpoint yet$"),
        ("run/checkpoints", RunDirectoryError, r"checkpoints: not a run directory"),
        ("run/checkpoints/step-00000008", RunDirectoryError, r"step-00000008: no such directory"),
        ("run/checkpoints/step-00000006", CheckpointError, r"^init_from: .*manifest\.json"),
        ("linked", RunDirectoryError, r"is a link"),
    ],
)
def test_what_is_no_checkpoint(
    origin: str, failure: type[GanError], words: str, tmp_path: Path, other: State, here: State
) -> None:
    run = saved(tmp_path / "run", other)
    (run / "checkpoints" / "step-00000006").mkdir()
    for name in ("empty", "young", "linked"):
        (tmp_path / name).mkdir()
    (tmp_path / "young" / "model.json").write_text("{}")
    (tmp_path / "linked" / "model.json").symlink_to(run / "model.json")
    with pytest.raises(failure, match=words) as caught:
        loaded(here, tmp_path / origin)
    assert "\n" not in str(caught.value)


def test_a_link_or_a_header_that_lies_is_refused(tmp_path: Path, other: State, here: State) -> None:
    run = saved(tmp_path / "run", other)
    path = run / "checkpoints" / "step-00000007" / STATE
    content = path.read_bytes()
    path.write_bytes((2**40).to_bytes(8, "little") + content[8:])
    manifest = path.with_name("manifest.json")
    values = json.loads(manifest.read_text())
    values["files"][STATE]["sha256"] = files.sha256(path)
    manifest.write_text(json.dumps(values))
    (run / "checkpoints" / "index.json").unlink()
    with pytest.raises(CheckpointError, match=r"^init_from: .*state\.safetensors"):
        loaded(here, run)
    path.rename(tmp_path / "moved")
    path.symlink_to(tmp_path / "moved")
    with pytest.raises(CheckpointError, match=r"^init_from: .*state\.safetensors: is a link"):
        loaded(here, path.parent)
    with pytest.raises(CheckpointError, match=r"^init_from: .*none of its 1 checkpoints is valid$"):
        loaded(here, run)
