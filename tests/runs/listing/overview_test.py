"""A run at a glance, its state, and which checkpoints it can do without."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_cli.base.errors import CheckpointError, RunDirectoryError
from gan_cli.runs import checkpoint
from gan_cli.runs.checkpoint import SAMPLER, STATE, Scored
from gan_cli.runs.listing import overview, prune
from gan_cli.runs.rundir import RunDirectory
from tests.reports import made


def save(run: Path, step: int, score: float | None) -> None:
    """Another checkpoint of a run that `made` has made."""
    tensors = {STATE: {}, SAMPLER: {"weight": np.zeros(100, np.float32)}}
    scored = None if score is None else Scored(score, made.FACTS.fingerprint)
    checkpoint.save(run / "checkpoints", step, tensors, "m", "d", scored)


def test_what_is_known_of_a_run(tmp_path: Path) -> None:
    config = {**made.CONFIG, "name": "wide", "notes": "twice as wide"}
    run = made.run(tmp_path / "run", config=config)
    save(run, 200, 70.0)
    found = overview.of(run)
    assert (found.name, found.notes, found.model, found.data) == (
        *("wide", "twice as wide"),
        *("dcgan", "digits"),
    )
    assert (found.step, found.steps, found.score, found.score_step) == (200, 200, 40.0, 100)
    assert (found.state, found.damage) == ("done", ())
    assert found.began is not None
    assert abs((found.began - datetime.now()).total_seconds()) < 100
    assert overview.size(run) == sum(
        path.stat().st_size for path in run.rglob("*") if path.is_file()
    )


@pytest.mark.parametrize(
    ("end", "state"),
    [
        ("done", "done"),
        (None, "stopped"),
        ("stopped and saved at step 100; gan-train resume=run continues it", "stopped"),
        ("loss_generator not finite at step 7", "failed"),
    ],
)
def test_the_state_is_that_of_the_log(end: str | None, state: str, tmp_path: Path) -> None:
    assert overview.of(made.run(tmp_path / "run", end=end)).state == state


def test_a_run_at_work_is_known_by_its_lock_and_its_last_line(tmp_path: Path) -> None:
    run = made.run(tmp_path / "run", end=None)
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"step": 150}\n{"step": 16')
    held = RunDirectory.resume(str(run))
    found = overview.of(run)
    assert (found.state, found.step) == ("training", 150)
    held.release()
    assert (overview.of(run).state, overview.of(run).step) == ("damaged", 100)


def test_looking_at_a_lock_leaves_the_folder_as_it_is(tmp_path: Path) -> None:
    run = made.run(tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    overview.of(run)
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", "{"),
        ("model.json", "[]"),
        ("metrics.jsonl", '{"step": "x"}\n'),
        ("checkpoints/step-00000100/sampler.safetensors", "x"),
        ("checkpoints/step-00000100/manifest.json", "{}"),
        ("job.json", "{}"),
    ],
)
def test_damage_is_seen_and_named(file: str, content: str, tmp_path: Path) -> None:
    run = made.run(tmp_path / "run")
    (run / file).write_text(content)
    found = overview.of(run)
    assert found.state == "damaged"
    assert any(Path(file).name in line or Path(file).stem in line for line in found.damage)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"name": 3, "notes": [], "model": "x", "data": {"name": {}}, "training": {"steps": -1}},
        {"model": {"name": "m" * 10**6}, "training": {"steps": 10**400}},
    ],
)
def test_a_strangers_configuration_is_taken_for_what_it_is(
    config: dict[str, Any], tmp_path: Path
) -> None:
    found = overview.of(made.run(tmp_path / "run", config=config))
    assert (found.name, found.notes, found.data, found.steps) == (None, None, "", None)
    assert len(found.model) in (0, overview.LONGEST_TEXT)


def test_jobs_of_a_sweep(tmp_path: Path) -> None:
    made.sweep(tmp_path / "sweep")
    states = [overview.of(path).state for path in sorted((tmp_path / "sweep").iterdir())[:6]]
    assert states == ["done", "done", "done", "done", "failed", "pruned"]


def test_pruning_keeps_the_best_and_the_newest(tmp_path: Path) -> None:
    run = made.run(tmp_path / "run")  # step 100, full score 40
    for step, score in ((200, 60.0), (300, 10.0), (400, None)):
        save(run, step, score)
    files = [path for n in (2, 3) for path in run.glob(f"checkpoints/step-00000{n}00/*")]
    size = sum(path.stat().st_size for path in files)
    assert prune.prune(run, dry=True) == ([300, 200], size)
    assert checkpoint.steps(run / "checkpoints") == [400, 300, 200, 100]
    assert prune.prune(run, dry=False) == ([300, 200], size)
    assert checkpoint.steps(run / "checkpoints") == [400, 100]
    assert overview.of(run).score == 40.0
    assert prune.prune(run, dry=False) == ([], 0)


def test_nothing_is_removed_from_a_damaged_run_or_one_at_work(tmp_path: Path) -> None:
    run = made.run(tmp_path / "run")
    save(run, 200, 60.0)
    save(run, 300, 60.0)
    held = RunDirectory.resume(str(run))
    with pytest.raises(RunDirectoryError, match="another process is training in it"):
        prune.prune(run, dry=False)
    held.release()
    (run / "checkpoints/step-00000100/sampler.safetensors").write_bytes(b"x")
    with pytest.raises(CheckpointError, match="step-00000100"):
        prune.prune(run, dry=False)
    assert checkpoint.steps(run / "checkpoints") == [300, 200, 100]
