"""`augment=ada` from the command line: its probability is state, it is logged, and it is refused
where there is nothing to steer by.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from tests.conftest import TINY, Command, one_line

KEYS = ("objective/ada_probability", "objective/ada_signs")
FAST = ["augment=ada", "augment.ada_images=200", "augment.ada_interval=3", "loss=hinge"]
"""p moves by 8 * 3 / 200 in every third update."""


def logged(run: Path) -> list[dict[str, float]]:
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.slow
@pytest.mark.parametrize(
    "more", [[], ["loss.discriminator_steps=2", "training.precision=bfloat16"]]
)
def test_the_probability_is_saved_and_a_resumed_run_is_the_same_bits(
    more: list[str], train: Command, tmp_path: Path
) -> None:
    options = [*TINY, *FAST, *more, "augment.ada_target=0.05"]
    assert train(*options, "training.steps=9", "run_dir=straight").code == 0
    assert train(*options, "training.steps=4", "run_dir=cut").code == 0
    early = load_file(tmp_path / "cut/checkpoints/step-00000004/state.safetensors")
    assert train("resume=cut", "training.steps=9").code == 0
    name = "checkpoints/step-00000009/state.safetensors"
    assert (tmp_path / "straight" / name).read_bytes() == (tmp_path / "cut" / name).read_bytes()
    late = load_file(tmp_path / "cut" / name)
    for state in (early, late):
        moves = state[KEYS[0]] / 0.12
        assert moves == pytest.approx(round(float(moves)), abs=1e-5)
    assert early[KEYS[1]] != 0.0  # the sum of an interval that has not ended
    assert late[KEYS[1]] == 0.0
    lines = logged(tmp_path / "straight")
    assert lines[-1]["ada_p"] > 0.0
    assert all(-1.0 <= line["ada_r"] <= 1.0 for line in lines)
    keep = ("step", "ada_p", "ada_r", "loss_generator")
    assert [[line[key] for key in keep] for line in lines] == [
        [line[key] for key in keep] for line in logged(tmp_path / "cut")
    ]


def test_without_it_nothing_is_added_to_the_state(tiny_run: Path) -> None:
    state = load_file(tiny_run / "checkpoints/step-00000008/state.safetensors")
    assert not [key for key in state if key.startswith("objective")]


@pytest.mark.slow
def test_weights_of_such_a_run_start_another_and_p_does_not(train: Command, tmp_path: Path) -> None:
    options = [*TINY, *FAST, "augment.ada_target=0.05", "training.steps=8"]
    assert train(*options, "run_dir=run").code == 0
    result = train(*options[:-1], "training.steps=1", "init_from=run", "run_dir=other")
    assert result.code == 0
    assert "not here" not in result.out
    state = load_file(tmp_path / "other/checkpoints/step-00000001/state.safetensors")
    assert state[KEYS[0]] == 0.0


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["model=vae", "augment=ada"],
            "gan-train: model=vae has no discriminator for augment.ada; augment=none",
        ),
        (
            ["augment=ada", "augment.differentiable=[color]"],
            "gan-train: augment.ada and augment.differentiable both change what the discriminator "
            "sees; leave one out",
        ),
    ],
)
def test_what_it_does_not_go_with(arguments: list[str], line: str, train: Command) -> None:
    result = train(*arguments, "run_dir=run")
    assert result.code == 2
    assert one_line(result) == line


@pytest.mark.parametrize(
    "argument", ["augment.ada=[spin]", "augment.ada_target=1.0", "augment.ada_images=0"]
)
def test_wrong_options_are_one_line(argument: str, train: Command) -> None:
    result = train("augment=ada", argument, "run_dir=run")
    assert result.code == 2
    assert argument.partition("=")[0] in one_line(result)
