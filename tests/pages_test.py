"""Commands that pages print for runs that are there: each is run, on a small run of its kind."""

from __future__ import annotations

import importlib
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import printed
from tests.conftest import TINY

DOCS = Path(__file__).parents[1] / "docs"
TEXT = ["model.text_units=16", "model.embedding_dim=8", "model.condition_dim=8"]
TRAINED = {
    "2026-11-20/10-31-02-dcgan-mnist": [],
    "2026-11-20/11-02-45-dcgan-mnist": ["seed=1"],
    "2026-11-20/11-02-45-cgan-mnist": ["model=cgan"],
    "2026-11-20/11-40-12-acgan-cifar10": ["model=acgan", "data=folder", "data.path=pets"],
    "2026-11-20/12-15-30-sequence_gan-moving_mnist": [
        *("model=sequence_gan", "data=frames", "data.path=films", "data.frames=3"),
    ],
    "2026-11-20/12-40-18-text_gan-shapes": [
        *("model=text_gan", "data=shapes", "data.size=16", "data.count=48", *TEXT),
    ],
    "2026-11-20/12-50-00-info_gan-mnist": ["model=info_gan"],
}
COPIED = {
    "2026-11-20/10-31-02-sweep/0": "2026-11-20/10-31-02-dcgan-mnist",
    "2026-11-22/01-30-11-cgan-mnist": "2026-11-20/11-02-45-cgan-mnist",
    "2026-11-22/01-52-40-dcgan-mnist_small": "2026-11-20/10-31-02-dcgan-mnist",
}
"""What pages call the same runs."""
SMALL = {"gan-evaluate": ["count=16", "split=train", "extractor=random"], "gan-report": []}
NAMES = ("gan-sample", "gan-plot", "gan-runs", "gan-report", "gan-evaluate")


def shown() -> list[tuple[str, str]]:
    """(page, command) of those that name a run of a page's own."""
    found = []
    for page in ("commands.md", "models.md", "runs.md", "scores.md", "sweeps.md", "trouble.md"):
        for command in printed.commands((DOCS / page).read_text(encoding="utf-8")):
            name = command.split()[0]
            elsewhere = re.search(r"FOLDER|samples=images|RUN (truncation|labels)", command)
            if name in NAMES and not elsewhere:
                found.append((page, command))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the runs."""
    made = tmp_path_factory.mktemp("pages")
    random = np.random.default_rng(0)
    for kind, count in (("pets/cat", 24), ("pets/dog", 24), ("films/one", 12), ("films/two", 12)):
        (made / kind).mkdir(parents=True)
        for number in range(count):
            pixels = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(made / kind / f"{number:02}.png")
    np.save(made / "mine.npy", random.standard_normal((8, 6), np.float32))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        for name, settings in TRAINED.items():
            arguments = [*TINY, *settings, "training.steps=4", f"run_dir=runs/{name}"]
            if "data=frames" in settings:
                arguments = [each for each in arguments if not each.startswith("data.size")]
            assert called("gan-train", arguments, patch) == 0
        for name, original in COPIED.items():
            shutil.copytree(made / "runs" / original, made / "runs" / name)
        yield made


def called(name: str, arguments: list[str], patch: pytest.MonkeyPatch) -> int:
    patch.setattr(sys, "argv", [name, *arguments])
    main = importlib.import_module(f"gan_cli.cli.{name.removeprefix('gan-')}").main
    code: int = main()
    return code


@pytest.mark.slow
@pytest.mark.parametrize(("page", "command"), shown())
def test_it_runs(page: str, command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, *arguments = shlex.split(command)
    info = f"runs/{list(TRAINED)[-1]}"
    arguments = [each.replace("checkpoint=RUN", f"checkpoint={info}") for each in arguments]
    small = list(SMALL.get(name, []))
    if name == "gan-evaluate" and not any(each.startswith("metrics=") for each in arguments):
        small.append("metrics=[frechet]")
    if name == "gan-sample":
        small = ["count=8"]
    monkeypatch.chdir(folder)
    assert called(name, [*arguments, *small], monkeypatch) == 0


def test_enough_of_them_are_found() -> None:
    commands = [command for _, command in shown()]
    assert len(commands) > 25
    assert {command.split()[0] for command in commands} == set(NAMES)
