"""docs/extending.md: its files are complete, and its commands, made small, take what they add."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests import printed

PAGE = (Path(__file__).parents[1] / "docs" / "extending.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"`(mine/\w+\.py)`:.*?```python\n(.*?)```", PAGE, re.DOTALL))
# All commands of the page; each is run below.
TRAIN, RESUME, SAMPLE, EVALUATE, SWEEP, REPORT = printed.commands(PAGE)
SMALL = [
    "model=dense_gan",
    "model.units=8",
    "loss=margin",
    "data=stripes",
    "data.count=64",
    "training.batch_size=16",
    "training.threads=1",
    "training.log_every=4",
    "evaluation.every=4",
    "evaluation.count=32",
    "evaluation.final_count=null",
    "evaluation.extractor=random",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the printed files, and a run of 8 steps."""
    path: Path = tmp_path_factory.mktemp("extending")
    (path / "mine").mkdir()
    for name, text in FILES.items():
        (path / name).write_text(text, encoding="utf-8")
    assert line(path, TRAIN, *SMALL, "training.steps=8", "run_dir=run").returncode == 0
    return path


def command(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, started in a folder."""
    code = f"import sys; from gan_cli.cli.{name} import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def line(folder: Path, text: str, *more: str, run: str = "run") -> subprocess.CompletedProcess[str]:
    """A command of the page, of a run or of the sweep `sweep`, with more arguments."""
    name, *arguments = shlex.split(text.replace("RUN", run).replace("SWEEP", "sweep"))
    return command(folder, name.removeprefix("gan-"), *arguments, *more)


def state(folder: Path, run: str) -> bytes:
    return (folder / run / "checkpoints" / "step-00000008" / "state.safetensors").read_bytes()


def test_the_page_has_four_files_of_at_most_sixty_lines() -> None:
    assert sorted(FILES) == ["mine/data.py", "mine/loss.py", "mine/metric.py", "mine/model.py"]
    assert max(len(text.splitlines()) for text in FILES.values()) <= 60


@pytest.mark.slow
def test_a_resumed_run_has_the_same_bits(folder: Path) -> None:
    first = line(folder, TRAIN, *SMALL, "training.steps=5", "run_dir=cut")
    assert first.returncode == 0, first.stderr
    resumed = line(folder, RESUME, "training.steps=8", run="cut")
    assert resumed.returncode == 0, resumed.stderr
    assert state(folder, "cut") == state(folder, "run")


@pytest.mark.slow
def test_samples_and_scores(folder: Path) -> None:
    sampled = line(folder, SAMPLE, "count=5", "format=npz", "output=samples.npz")
    assert sampled.returncode == 0, sampled.stderr
    with np.load(folder / "samples.npz") as arrays:
        assert arrays["images"].shape == (5, 16, 16, 1)
    scored = line(folder, EVALUATE, "extractor=random", "count=60", "output=scores.json")
    assert scored.returncode == 0, scored.stderr
    scores = json.loads((folder / "scores.json").read_text())["scores"]
    assert set(scores) == {"frechet", "brightness_gap"}
    assert 0.0 <= scores["brightness_gap"]["mean"] <= 255.0
    assert scores["brightness_gap"]["better"] == "lower"


@pytest.mark.slow
def test_a_sweep_and_its_report(folder: Path) -> None:
    small = [each for each in SMALL if not each.startswith("model.units")]
    places = ["hydra.sweep.dir=sweep", "hydra.launcher.jobs=1"]
    swept = line(folder, SWEEP, *small, "training.steps=8", *places)
    assert swept.returncode == 0, swept.stdout + swept.stderr
    reported = line(folder, REPORT, "samples=4")
    assert reported.returncode == 0, reported.stderr
    rows = (folder / "sweep" / "report.csv").read_text().splitlines()
    assert len(rows) == 3
    assert (folder / "sweep" / "report.html").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments"),
    [("sample", ["run", "output=x.png"]), ("evaluate", ["run"]), ("train", ["resume=run"])],
)
def test_without_its_plugins_a_run_says_which_it_needs(
    name: str, arguments: list[str], folder: Path
) -> None:
    done = command(folder, name, *arguments)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "mine.model" in line
    assert "plugins=" in line
