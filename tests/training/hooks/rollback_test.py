"""What is done about a finding: a word, or the way back, and what is left on the disk then."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_cli.base.errors import NonFiniteError, RunDirectoryError
from gan_cli.config.schema import Optimizer, PlayerOptimizer, Schedule, TrainConfig, Training
from gan_cli.objectives.options import Loss
from gan_cli.runs import checkpoint
from gan_cli.runs.checkpoint import SAMPLER, STATE, Scored
from gan_cli.runs.reading import StoredRun
from gan_cli.runs.rundir import RunDirectory
from gan_cli.training.hooks.hook import RollBack
from gan_cli.training.hooks.rollback import from_non_finite, reaction
from gan_cli.training.hooks.watchdog import ADVICE, Finding
from gan_cli.training.training_run import TrainingRun

SATURATED = Finding("saturated", "the discriminator wins", "discriminator")
RISING = Finding("rising", "the score rises")
TOTAL = 100


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """Checkpoints of steps 10 to 40, of which 20 is the best."""
    found = RunDirectory(tmp_path)
    for step, score in ((10, 3.0), (20, 1.0), (30, 2.0), (40, None)):
        save(found, step, score)
    return found


def save(run: RunDirectory, step: int, score: float | None = None) -> None:
    arrays = {"step": np.asarray(step)}
    scored = None if score is None else Scored(score, "evaluator")
    checkpoint.save(
        run.checkpoints, step, {STATE: arrays, SAMPLER: arrays}, "model", "data", scored
    )


def training(
    directory: RunDirectory,
    watchdog: str,
    say: Callable[[str], None] = print,
    total: int = TOTAL,
    **players: PlayerOptimizer,
) -> TrainingRun:
    """A run of `total` steps whose data nobody looks at."""
    optimizer = Optimizer("adam", learning_rate=4e-4, players=players)
    config = TrainConfig(
        model=None,
        data=None,
        loss=Loss("hinge"),
        optimizer=optimizer,
        schedule=Schedule("constant"),
        training=Training(steps=total),
        watchdog=watchdog,  # type: ignore[arg-type]
    )
    return TrainingRun(config, {}, None, directory, say)  # type: ignore[arg-type]


def logged(run: RunDirectory) -> list[dict[str, Any]]:
    return list(StoredRun(run).warnings())


def react(
    run: RunDirectory, watchdog: str, step: int, finding: Finding, total: int = TOTAL
) -> list[str]:
    said: list[str] = []
    assert reaction(training(run, watchdog, said.append, total))(step, finding) is None
    return said


def rolled_back(
    run: RunDirectory, step: int, finding: Finding, total: int = TOTAL
) -> tuple[Optimizer, list[str]]:
    said: list[str] = []
    back = reaction(training(run, "rollback", said.append, total))(step, finding)
    assert isinstance(back, RollBack)
    return back.optimizer, said


def test_a_warning_is_said_and_written_down_and_nothing_else(run: RunDirectory) -> None:
    assert react(run, "warn", 45, RISING) == [
        f"WATCHDOG at step 45: the score rises; {ADVICE['rising']}"
    ]
    assert logged(run) == [
        {
            "step": 45,
            "kind": "rising",
            "text": "the score rises",
            "action": "warned",
            "advice": ADVICE["rising"],
        }
    ]
    assert checkpoint.steps(run.checkpoints) == [40, 30, 20, 10]


def test_a_rollback_leaves_nothing_newer_than_the_best_and_halves_every_rate(
    run: RunDirectory,
) -> None:
    optimizer, said = rolled_back(run, 45, RISING)
    assert optimizer == Optimizer("adam", learning_rate=2e-4)
    assert said == [
        "WATCHDOG at step 45: the score rises; back to step 20 with optimizer.learning_rate=0.0002"
    ]
    assert checkpoint.steps(run.checkpoints) == [20, 10]
    assert sorted(path.name for path in run.checkpoints.iterdir()) == [
        "index.json",
        "step-00000010",
        "step-00000020",
    ]
    entry = {
        "step": 45,
        "kind": "rising",
        "text": "the score rises",
        "action": "rollback",
        "to": 20,
    }
    assert logged(run) == [entry | {"key": "optimizer.learning_rate", "value": 2e-4}]


def test_a_finding_about_one_player_halves_the_rate_of_that_one(run: RunDirectory) -> None:
    optimizer, said = rolled_back(run, 45, SATURATED)
    assert optimizer == Optimizer(
        "adam", learning_rate=4e-4, players={"discriminator": PlayerOptimizer(learning_rate=2e-4)}
    )
    assert said[0].endswith(
        "back to step 20 with optimizer.players.discriminator.learning_rate=0.0002"
    )
    assert (logged(run)[0]["key"], logged(run)[0]["value"]) == (
        "optimizer.players.discriminator.learning_rate",
        2e-4,
    )


def test_after_three_rollbacks_there_are_warnings_only(run: RunDirectory) -> None:
    for step in (50, 60, 70):
        rolled_back(run, step, RISING)
    assert react(run, "rollback", 80, RISING) == [
        f"WATCHDOG at step 80: the score rises; {ADVICE['rising']}"
    ]
    assert [entry["action"] for entry in logged(run)] == ["rollback"] * 3 + ["warned"]
    assert from_non_finite(training(run, "rollback"), 90, NonFiniteError("x")) is None
    assert checkpoint.steps(run.checkpoints) == [20, 10]


def test_without_scores_the_newest_checkpoint_is_the_way_back(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path)
    save(run, 10)
    save(run, 20)
    _, said = rolled_back(run, 25, SATURATED)
    assert "back to step 20 with" in said[0]
    assert checkpoint.steps(run.checkpoints) == [20, 10]


def test_the_full_score_of_a_run_that_goes_on_does_not_throw_away_what_is_better_now(
    run: RunDirectory,
) -> None:
    checkpoint.add_full_score(run.checkpoints, checkpoint.verify(run.checkpoints, 10), 2.5, 64)
    rolled_back(run, 45, RISING)
    assert checkpoint.steps(run.checkpoints) == [20, 10]


def test_a_damaged_best_is_named_and_not_gone_back_to(run: RunDirectory) -> None:
    (checkpoint.path_of(run.checkpoints, 20) / STATE).write_bytes(b"x")
    _, said = rolled_back(run, 45, RISING)
    assert said[0].startswith("DAMAGED CHECKPOINT")
    assert "back to step 30 with" in said[1]
    assert checkpoint.steps(run.checkpoints) == [30, 20, 10]


def test_without_a_way_back_there_is_a_warning(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path)
    assert react(run, "rollback", 5, RISING)[0].startswith("WATCHDOG at step 5")
    save(run, 10)
    (checkpoint.path_of(run.checkpoints, 10) / STATE).write_bytes(b"x")
    said = react(run, "rollback", 15, RISING)
    assert [line.split()[0] for line in said] == ["DAMAGED", "WATCHDOG"]
    assert [entry["action"] for entry in logged(run)] == ["warned", "warned"]
    assert checkpoint.steps(run.checkpoints) == [10]


def test_at_the_end_of_a_run_there_is_a_way_back_but_none_to_the_end_itself(
    run: RunDirectory,
) -> None:
    rolled_back(run, 40, RISING, total=40)
    save(run, 40, 0.5)
    assert (
        "WATCHDOG at step 40: the score rises; " in react(run, "rollback", 40, RISING, total=40)[0]
    )
    assert checkpoint.steps(run.checkpoints) == [40, 20, 10]
    assert "back to step 40" in rolled_back(run, 40, RISING, total=41)[1][0]


@pytest.mark.parametrize("watchdog", ["off", "warn"])
def test_what_is_not_finite_is_left_to_its_error_unless_rollback_is_asked_for(
    watchdog: str, run: RunDirectory
) -> None:
    error = NonFiniteError("loss_generator not finite at step 45")
    assert from_non_finite(training(run, watchdog), 45, error) is None
    assert logged(run) == []
    assert checkpoint.steps(run.checkpoints) == [40, 30, 20, 10]


def test_what_is_not_finite_goes_back_and_halves_every_rate(run: RunDirectory) -> None:
    said: list[str] = []
    own = PlayerOptimizer(learning_rate=1e-3)
    error = NonFiniteError("loss_generator not finite at step 45")
    back = from_non_finite(training(run, "rollback", said.append, generator=own), 45, error)
    halves = Optimizer(
        "adam", learning_rate=2e-4, players={"generator": PlayerOptimizer(learning_rate=5e-4)}
    )
    assert back == RollBack(halves)
    assert (
        "loss_generator not finite at step 45; back to step 20 with optimizer.learning_rate=0.0002"
        in said[0]
    )
    assert (logged(run)[0]["kind"], logged(run)[0]["to"]) == ("not finite", 20)


@pytest.mark.parametrize("make", ["link", "pipe"])
def test_a_planted_log_is_refused_before_the_run_begins(
    make: str, run: RunDirectory, tmp_path: Path
) -> None:
    path, precious = run.path / "watchdog.jsonl", tmp_path / "precious"
    precious.write_text("mine")
    path.symlink_to(precious) if make == "link" else os.mkfifo(path)
    with pytest.raises(RunDirectoryError, match=r"watchdog\.jsonl"):
        reaction(training(run, "warn"))
    assert precious.read_text() == "mine"
