"""Successive halving: rungs, survivors, scores at a rung."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from gan_cli.runs.record import read_job
from gan_cli.sweeps import rounds
from gan_cli.sweeps.halving import loss_at, rungs, survivors

from .tasks import Seen, logged, pool, task


@pytest.mark.parametrize(
    ("total", "every", "factor", "steps"),
    [
        (900, 100, 3, [100, 300]),
        (3000, 1000, 3, [1000]),
        (1000, 1000, 2, []),
        (1000, 100, 3, [200, 400]),
        (800, 100, 2, [100, 200, 400]),
        (100, 60, 2, []),
    ],
)
def test_rungs(total: int, every: int, factor: int, steps: list[int]) -> None:
    assert rungs(total, every, factor) == steps


def test_one_of_factor_survives_rounded_up_by_the_mean_of_its_seeds() -> None:
    losses = {"a": [1.0, 9.0], "b": [3.0, 3.0], "c": [4.0], "d": [math.inf, 0.0]}
    assert survivors(losses, 2) == {"b", "c"}
    assert survivors(losses, 3) == {"b", "c"}
    assert survivors(losses, 4) == {"b"}
    assert survivors({"a": [math.inf]}, 2) == {"a"}


def test_the_first_wins_a_draw() -> None:
    assert survivors({"a": [2.0], "b": [1.0], "c": [1.0], "d": [1.0]}, 2) == {"b", "c"}


def test_the_best_score_up_to_a_rung(tmp_path: Path) -> None:
    logged(
        tmp_path,
        frechet=[(10, 5.0), (20, 7.0), (30, 1.0)],
        elbo_held_out=[(10, -90.0), (20, -80.0)],
    )
    metrics = tmp_path / "metrics.jsonl"
    assert loss_at(metrics, "frechet", 20) == 5.0
    assert loss_at(metrics, "frechet", 30) == 1.0
    assert loss_at(metrics, "elbo_held_out", 30) == 80.0
    assert loss_at(metrics, "frechet", 9) == math.inf
    assert loss_at(tmp_path / "none", "frechet", 9) == math.inf


SCRIPT = """
until = until or 90
os.makedirs(f"checkpoints/step-{until:08d}", exist_ok=True)
open("steps", "a").write(f"{until} ")
say(state="done" if until == 90 else "paused")
"""


def sweep(folder: Path, values: dict[int, list[tuple[int, float]]]) -> tuple[list, list]:
    """Tasks two of which share a setting, with scores that they will be found to have logged."""
    tasks = [
        task(folder, number, f"rate={number // 2}", f"seed={number % 2}", steps=90)
        for number in values
    ]
    for each in tasks:
        logged(each.directory, frechet=values[each.number])
    return tasks, [each.directory / "steps" for each in tasks]


def run(tasks: list) -> Seen:
    seen = Seen()
    rounds.run(pool(SCRIPT, seen, slots=2), tasks, [10, 30], rounds.by_setting("frechet", 3))
    return seen


VALUES = {
    0: [(10, 1.0), (30, 1.0)],
    1: [(10, 9.0), (30, 9.0)],
    2: [(10, 4.0), (30, 2.0)],
    3: [(10, 4.0), (30, 2.0)],
    4: [(10, 5.5), (30, 0.0)],
    5: [(10, 5.5), (30, 0.0)],
    6: [(10, 3.0)],
    7: [],
}


@pytest.mark.slow
def test_settings_go_from_rung_to_rung_with_all_their_seeds(tmp_path: Path) -> None:
    tasks, steps = sweep(tmp_path, VALUES)
    run(tasks)
    assert [each.record.state for each in tasks] == ["pruned"] * 2 + ["done"] * 2 + ["pruned"] * 4
    assert [path.read_text() for path in steps] == ["10 30 "] * 2 + ["10 30 90 "] * 2 + ["10 "] * 4
    assert tasks[0].record.reason == "halving: not among the best 1 of 2 settings at step 30"
    assert tasks[4].record.reason == "halving: not among the best 2 of 4 settings at step 10"
    assert read_job(tasks[4].directory) == tasks[4].record


@pytest.mark.slow
def test_a_resumed_halving_repeats_its_choices_and_no_work(tmp_path: Path) -> None:
    tasks, steps = sweep(tmp_path, VALUES)
    run(tasks)
    before = [path.read_text() for path in steps]
    again = [task.record for task in tasks]
    seen = run(tasks)
    assert seen.events == []
    assert [path.read_text() for path in steps] == before
    assert [task.record for task in tasks] == again


@pytest.mark.slow
def test_one_killed_between_two_rungs_goes_on_where_it_was(tmp_path: Path) -> None:
    tasks, steps = sweep(tmp_path, VALUES)
    run(tasks)
    for each in tasks:
        if each.record.state in ("done", "pruned"):
            state = "paused" if each.number in (0, 1, 2, 3) else "pruned"
            each.record = each.record.update(each.directory, state=state)
    for each in tasks[:4]:
        (each.directory / "checkpoints" / "step-00000090").rename(
            each.directory / "gone"
        ) if each.number > 1 else None
        (each.directory / "steps").write_text("")
    run(tasks)
    assert [each.record.state for each in tasks] == ["pruned"] * 2 + ["done"] * 2 + ["pruned"] * 4
    assert [path.read_text() for path in steps[:4]] == ["", "", "90 ", "90 "]
