"""The score that runs are ranked by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gan_cli.runs.rundir import RunDirectory
from gan_cli.sweeps.outcome import Outcome, outcome

from .tasks import logged


def checkpoint(run: Path, step: int, **facts: object) -> None:
    folder = run / "checkpoints" / f"step-{step:08d}"
    folder.mkdir(parents=True)
    manifest = {
        "format": 3,
        "step": step,
        "files": {},
        "model": "m",
        "data": "d",
        "score": None,
        "versions": {},
    } | facts
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_the_best_full_score_wins_where_there_are_some(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path)
    assert outcome(run, "frechet") == Outcome("frechet")
    assert outcome(run, "frechet").loss == float("inf")
    checkpoint(tmp_path, 10, score=5.0, evaluator="r")
    checkpoint(tmp_path, 20, score=4.0, evaluator="r")
    checkpoint(tmp_path, 30)
    assert outcome(run, "frechet") == Outcome("frechet", 4.0, 20, None, "r")
    checkpoint(tmp_path, 40, score=4.5, evaluator="r", full_score=4.4, full_count=10_000)
    assert outcome(run, "frechet") == Outcome("frechet", 4.4, 40, 10_000, "r")
    assert outcome(run, "frechet").loss == 4.4


def test_of_bounds_the_highest_wins(tmp_path: Path) -> None:
    logged(tmp_path, elbo_held_out=[(10, -95.0), (20, -90.5), (30, -91.0)], frechet=[(10, 1.0)])
    found = outcome(RunDirectory(tmp_path), "elbo_held_out")
    assert (found, found.loss) == (Outcome("elbo_held_out", -90.5, 20), 90.5)


@pytest.mark.parametrize("value", ["NaN", "Infinity", '"low"', "true", "[1]", "1e999"])
def test_what_is_no_number_does_not_count(value: str, tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text(
        f'{{"step": 1, "seconds": 1, "elbo_held_out": {value}}}\n'
    )
    assert outcome(RunDirectory(tmp_path), "elbo_held_out").score is None
