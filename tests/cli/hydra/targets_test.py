"""What a YAML in a folder of one's own may have Hydra build: nothing but installed plugins."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Command, Result, one_line

COPY = "{_target_: shutil.copyfile, src: mine/hydra/callbacks/x.yaml, dst: copied}"


@pytest.mark.parametrize(
    ("file", "content", "arguments", "named"),
    [
        ("hydra/callbacks/x", f"x: {COPY}", ["hydra/callbacks=x"], "callbacks.x._target_: shutil"),
        (
            "hydra/callbacks/x",
            f"x: {{_target_: gan_cli.cli.multirun.sweeper.Sweep, y: [{COPY}]}}",
            ["hydra/callbacks=x"],
            "callbacks.x.y.0._target_: shutil",
        ),
        (
            "hydra/callbacks/x",
            "x: ${hydra.job.config.y}",
            ["hydra/callbacks=x", f"+hydra.job.config.y={COPY.replace(': ', ':')}"],
            "callbacks.x._target_: shutil",
        ),
        (
            "experiment/x",
            f"# @package _global_\nhydra: {{callbacks: {{x: {COPY}}}}}",
            ["experiment=x"],
            "callbacks.x._target_: shutil",
        ),
        ("hydra/launcher/x", COPY, ["-m", "hydra/launcher=x"], "launcher._target_: shutil"),
        ("hydra/sweeper/x", COPY, ["-m", "hydra/sweeper=x"], "sweeper._target_: shutil"),
        (
            "hydra/job_logging/x",
            "version: 1\nhandlers: {f: {class: logging.FileHandler, filename: copied}}",
            ["hydra/job_logging=x"],
            "job_logging.handlers.f.class: logging.FileHandler",
        ),
        (
            "hydra/hydra_logging/x",
            "version: 1\nroot: {}\nhandlers: {f: {'()': shutil.copyfile}}",
            ["hydra/hydra_logging=x"],
            "hydra_logging.handlers.f.(): shutil.copyfile",
        ),
    ],
)
def test_what_is_no_plugin_is_refused_before_hydra_builds_it(
    file: str, content: str, arguments: list[str], named: str, train: Command, tmp_path: Path
) -> None:
    path = tmp_path / "mine" / f"{file}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(content + "\n")
    result = train("--config-dir", "mine", "data=npz", "data.path=nowhere.npz", *arguments)
    assert result.code == 2
    assert one_line(result).startswith(f"gan-train: hydra.{named}")
    assert not (tmp_path / "copied").exists()


@pytest.mark.slow
def test_hydra_s_own_log_goes_on(tmp_path: Path) -> None:
    """In a process of its own: it closes every handler of the process, those of pytest too."""
    code = "from gan_cli.cli.train import main; raise SystemExit(main())"
    arguments = ["hydra/job_logging=default", "data=npz", "data.path=nowhere.npz"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 3
    assert "nowhere.npz" in one_line(Result(done.returncode, done.stdout, done.stderr))
