"""docs/start.md from its first command to its last, each made small."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import printed

PAGE = (Path(__file__).parents[1] / "docs" / "start.md").read_text(encoding="utf-8")
SMALL = [
    "model.width=4",
    "data.size=16",
    "training.batch_size=8",
    "training.steps=6",
    "training.minutes=null",
    "evaluation.every=6",
    "evaluation.count=16",
    "evaluation.final_count=null",
]


def made_small(name: str, arguments: list[str]) -> list[str]:
    """What a command is given beside what is printed; later keys count."""
    if name == "gan-train":
        resumed = any(each.startswith("resume=") for each in arguments)
        return ["training.steps=9"] if resumed else SMALL
    if name == "gan-data":
        return ["steps=2", *SMALL[:3]]
    return ["count=16", "split=train", "metrics=[frechet]"] if name == "gan-evaluate" else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with pictures to train on."""
    (tmp_path / "pictures").mkdir()
    random = np.random.default_rng(0)
    for number in range(40):
        pixels = random.integers(0, 256, (20, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{number}.png")
    return tmp_path


@pytest.mark.slow
def test_the_page_runs_from_its_first_command_to_its_last(folder: Path) -> None:
    commands = [each for each in printed.commands(PAGE) if "format=web" not in each]
    assert len(commands) > 10  # the page that runs in a browser has tests of its own
    for command in commands:
        name, *arguments = shlex.split(command)
        code = f"import sys; from gan_cli.cli.{name[4:]} import main; sys.exit(main())"
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments, *made_small(name, arguments)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    assert (folder / "compared" / "report.html").exists()
    assert (folder / "first.keras").exists()
    assert len(list((folder / "images").glob("*.png"))) == 100
