"""`gan-train -m`: jobs that start clean, fail alone and are counted at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import pytest

from tests.conftest import TINY, Command


@pytest.mark.slow
def test_jobs_have_their_own_directories_and_equal_single_runs(
    train: Command, tmp_path: Path
) -> None:
    options = [*TINY, "training.steps=4", "training.precision=bfloat16,float32", "seed=0,1"]
    result = train("-m", "hydra/launcher=basic", *options, "hydra.sweep.dir=sweep")
    assert result.code == 0, result.err
    runs = sorted(path for path in (tmp_path / "sweep").iterdir() if path.is_dir())
    assert [run.name for run in runs] == ["0", "1", "2", "3"]
    made = [json.loads((run / "config.json").read_text()) for run in runs]
    assert [(each["training"]["precision"], each["seed"]) for each in made] == [
        ("bfloat16", 0),
        ("bfloat16", 1),
        ("float32", 0),
        ("float32", 1),
    ]
    assert keras.config.dtype_policy().name == "float32"
    assert train(*TINY, "training.steps=4", "seed=1", "run_dir=alone").code == 0
    name = "checkpoints/step-00000004/state.safetensors"
    assert (runs[3] / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()


def test_a_failing_job_of_the_basic_launcher_stops_no_other_and_is_named_at_the_end(
    train: Command, tmp_path: Path
) -> None:
    result = train(
        "-m",
        "hydra/launcher=basic",
        *TINY,
        "training.steps=2",
        "model.latent_dim=-1,6",
        "hydra.sweep.dir=sweep",
    )
    assert result.code == 7
    assert "Traceback" not in result.err
    assert "1 of the sweep's jobs failed" in result.err
    assert (
        "model.latent_dim=-1: input should be greater than or equal to 1"
        in result.err.splitlines()[-1]
    )
    assert "model.latent_dim=-1" in (tmp_path / "sweep" / "0" / "train.log").read_text()
    assert (tmp_path / "sweep" / "1" / "checkpoints" / "step-00000002").is_dir()
    assert not (tmp_path / "sweep" / "0" / "model.json").exists()


@pytest.mark.slow
def test_a_bug_in_one_job_keeps_its_traceback_in_its_own_log(
    train: Command, tmp_path: Path, monkeypatch
) -> None:
    from gan_cli.data.pipeline import feed

    real = feed.DeviceFeed.__init__

    def broken(
        self: feed.DeviceFeed, source: Any, batch_size: int, seed: int, *others: Any
    ) -> None:
        if seed == 0:
            raise ZeroDivisionError("a bug")
        real(self, source, batch_size, seed, *others)

    monkeypatch.setattr(feed.DeviceFeed, "__init__", broken)
    result = train(
        "-m", "hydra/launcher=basic", *TINY, "training.steps=2", "seed=0,1", "hydra.sweep.dir=sweep"
    )
    assert result.code == 7
    assert "ZeroDivisionError: a bug" in result.err
    assert "Traceback" in (tmp_path / "sweep" / "0" / "train.log").read_text()
    assert (tmp_path / "sweep" / "1" / "checkpoints" / "step-00000002").is_dir()


def test_an_unknown_key_fails_before_the_first_job(train: Command, tmp_path: Path) -> None:
    result = train("-m", "hydra/launcher=basic", "traning.steps=1,2", "hydra.sweep.dir=sweep")
    assert result.code == 2
    assert not (tmp_path / "sweep" / "0").exists()
