"""What the tests share: the commands run in this process, with their exit code and output."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gan_cli.cli.hydra import source

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
source.register()  # also where a test composes by itself

TINY = [
    "data=digits",
    "model.width=4",
    "model.latent_dim=6",
    "data.size=8",
    "training.batch_size=8",
    "training.precision=float32",
    "training.threads=null",
    "optimizer=adam",
    "schedule=constant",
    "training.ema_decay=0.999",
    "training.log_every=2",
    "training.preview_every=4",
    "training.preview_count=4",
    "training.checkpoint_every=4",
    "evaluation.every=null",
]
"""Overrides for a run of milliseconds a step on 8x8 digits; a `data=` after them counts."""


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is decoded or trained once is kept for this session of tests, away from the user's own
    cache.
    """
    folder = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("GAN_CACHE_DIR", str(folder))


@dataclass
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Result]


@pytest.fixture
def train(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Command:
    """gan-train in this process, in a folder of its own."""
    from gan_cli.cli.train import main

    return _command(main, "gan-train", monkeypatch, tmp_path, capfd)


@pytest.fixture
def sample(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Command:
    """gan-sample in this process, in the same folder."""
    from gan_cli.cli.sample import main

    return _command(main, "gan-sample", monkeypatch, tmp_path, capfd)


@pytest.fixture
def export(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    trained: Path,
) -> Command:
    """gan-export in this process, in the same folder with the run `run`."""
    from gan_cli.cli.export import main

    shutil.copytree(trained / "run", tmp_path / "run", dirs_exist_ok=True)
    return _command(main, "gan-export", monkeypatch, tmp_path, capfd)


@pytest.fixture
def look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Command:
    """gan-data in this process, in the same folder."""
    from gan_cli.cli.data import main

    return _command(main, "gan-data", monkeypatch, tmp_path, capfd)


@pytest.fixture
def plot(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Command:
    """gan-plot in this process, in the same folder."""
    from gan_cli.cli.plot import main

    return _command(main, "gan-plot", monkeypatch, tmp_path, capfd)


@pytest.fixture
def runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Command:
    """gan-runs in this process, in the same folder."""
    from gan_cli.cli.runs import main

    return _command(main, "gan-runs", monkeypatch, tmp_path, capfd)


@pytest.fixture
def report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Command:
    """gan-report in this process, in the same folder."""
    from gan_cli.cli.report import main

    return _command(main, "gan-report", monkeypatch, tmp_path, capfd)


@pytest.fixture
def evaluate(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    trained: Path,
) -> Command:
    """gan-evaluate in this process, in a folder of its own with the runs `run` and `other` and an
    empty cache.
    """
    from gan_cli.cli.evaluate import main

    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("GAN_CACHE_DIR", str(tmp_path / "cache"))
    return _command(main, "gan-evaluate", monkeypatch, tmp_path, capfd)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two finished runs of 8 steps, `run` and `other`; tests work on copies."""
    from gan_cli.cli.train import main

    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for seed, name in enumerate(("run", "other")):
            patch.setattr(
                sys,
                "argv",
                ["gan-train", *TINY, "training.steps=8", f"seed={seed}", f"run_dir={name}"],
            )
            assert main() == 0
    # Keras collects garbage for every model: half a second with all that TensorFlow has brought in
    gc.freeze()
    return folder


def _command(
    main: Callable[[], int],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    capfd: pytest.CaptureFixture[str],
) -> Command:
    monkeypatch.chdir(folder)

    def run(*arguments: str) -> Result:
        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        code = main()
        out, err = capfd.readouterr()
        return Result(code, out, err)

    return run


@pytest.fixture
def tiny_run(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished run of 8 steps with checkpoints at 4 and 8, in the current folder."""
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(trained / "run", tmp_path / "run")


def one_line(result: Result) -> str:
    """The one line that an expected failure prints, checked to be one and without a traceback."""
    assert "Traceback" not in result.err
    lines = [line for line in result.err.splitlines() if line]
    assert len(lines) == 1, result.err
    return lines[0]
