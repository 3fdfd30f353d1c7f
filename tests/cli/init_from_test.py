"""`gan-train init_from=`: what a new run starts with, what is stored, and what a run that goes on
makes of it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from gan_cli.runs.checkpoint import SAMPLER, STATE
from tests.conftest import TINY, Command, one_line


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A folder with the finished runs `run` and `other`, which gan-train runs in."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return tmp_path


def state(run: Path, step: int, file: str = STATE) -> bytes:
    return (run / "checkpoints" / f"step-{step:08d}" / file).read_bytes()


def test_a_new_run_starts_with_the_weights_and_says_so(train: Command, folder: Path) -> None:
    """With a rate of next to nothing the first step leaves them as they were."""
    still = (
        "optimizer=sgd",
        "optimizer.learning_rate=1e-30",
        "training.checkpoint_every=1",
        "training.ema_decay=0.9",
    )
    result = train(*TINY, "training.steps=1", "seed=5", "init_from=run", "run_dir=new", *still)
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[:3] == [
        f"init_from {folder}/run, step 8 (the newest, none is scored)",
        "  generator: all 12 tensors",
        "  discriminator: all 4 tensors",
    ]
    theirs, ours = (
        load_file(folder / name)
        for name in (
            f"run/checkpoints/step-{8:08d}/{STATE}",
            f"new/checkpoints/step-{1:08d}/{STATE}",
        )
    )
    for key in ("generator/dense/kernel", "discriminator/conv_1/kernel"):
        np.testing.assert_array_equal(ours[key], theirs[key])
    np.testing.assert_array_equal(
        ours["average/generator/dense/kernel"], theirs["generator/dense/kernel"]
    )
    assert ours["step"] == 1


@pytest.mark.slow
def test_the_path_is_stored_so_that_it_holds_in_every_directory(
    train: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = [*TINY, "training.steps=4", "init_from=./run", "seed=5"]
    assert train(*options, "run_dir=whole").code == 0
    stored = json.loads((folder / "whole" / "config.json").read_text())
    assert stored["init_from"] == str(folder / "run")
    killed = folder / "killed"
    shutil.copytree(folder / "whole", killed)
    shutil.rmtree(killed / "checkpoints")  # killed before its first checkpoint
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    result = train(f"resume={killed}")
    assert result.code == 0, result.err
    assert "has no checkpoint yet: starting at step 0" in result.out
    assert f"init_from {folder}/run, step 8 (the newest, none is scored)" in result.out
    assert state(killed, 4) == state(folder / "whole", 4)
    shutil.rmtree(killed / "checkpoints")
    (folder / "run").rename(folder / "away")
    result = train(f"resume={killed}")
    assert result.code == 4
    assert one_line(result) == f"gan-train: init_from: {folder}/run: no such directory"


@pytest.mark.slow
def test_a_run_in_parts_is_the_run_at_once_and_needs_the_other_only_at_its_start(
    train: Command, folder: Path
) -> None:
    options = [*TINY, "seed=5", "init_from=run/checkpoints/step-00000004"]
    assert train(*options, "training.steps=7", "run_dir=whole").code == 0
    assert train(*options, "training.steps=3", "run_dir=parts").code == 0
    (folder / "run").rename(folder / "away")
    result = train("resume=parts", "training.steps=7")
    assert result.code == 0, result.err
    assert "init_from" not in result.out
    for file in (STATE, SAMPLER):
        assert state(folder / "parts", 7, file) == state(folder / "whole", 7, file)
    assert train(*TINY, "seed=5", "training.steps=7", "run_dir=without").code == 0
    assert state(folder / "without", 7) != state(folder / "whole", 7)


@pytest.mark.slow
def test_another_init_from_is_refused_on_resume_and_the_same_is_not(
    train: Command, folder: Path
) -> None:
    assert train(*TINY, "training.steps=2", "init_from=run", "run_dir=new").code == 0
    assert train("resume=new", "training.steps=3", "init_from=run").code == 0
    for run, asked in (
        ("new", "init_from=other"),
        ("new", "init_from=null"),
        ("run", "init_from=other"),
    ):
        result = train(f"resume={run}", "training.steps=12", asked)
        assert result.code == 2
        assert f"resume={run} cannot change these; start a new run for them:" in result.err
        assert result.err.splitlines()[-1].split()[0] == "init_from"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["init_from=gone"], 4, "init_from: {folder}/gone: no such directory"),
        (
            ["init_from=whatever"],
            4,
            "init_from: {folder}/whatever: not a run directory (it has no model.json)",
        ),
        (["init_from=5"], 2, "init_from=5: input should be a valid string"),
        (["init_from=''"], 2, "init_from=: string should have at least 1 character"),
        (["init_from=${oc.env:HOME}"], 2, "only data.path may come from the environment"),
        (["init_from=run", "model.width=5"], 0, ""),
        (["init_from=emptied"], 5, "init_from: {folder}/emptied has no checkpoint yet"),
        (
            ["init_from=damaged"],
            5,
            "init_from: {folder}/damaged/checkpoints: none of its 2 checkpoints is valid",
        ),
    ],
)
def test_mistakes_are_one_line_and_leave_no_run(
    arguments: list[str], code: int, words: str, train: Command, folder: Path
) -> None:
    (folder / "whatever").mkdir()
    shutil.copytree(folder / "run", folder / "emptied")
    shutil.rmtree(folder / "emptied" / "checkpoints")
    shutil.copytree(folder / "run", folder / "damaged")
    for manifest in (folder / "damaged").rglob("manifest.json"):
        manifest.write_text("{}")
    result = train(*TINY, "training.steps=1", "run_dir=new", *arguments)
    assert result.code == code, result.err
    if code:
        assert words.format(folder=folder) in one_line(result)
    assert (folder / "new").exists() == (code == 0)


def test_a_wrong_path_is_answered_before_tensorflow_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from gan_cli.cli.train import main\n"
        "sys.argv[1:] = ['init_from=gone']\n"
        "code = main()\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules), 'imported'\n"
        "sys.exit(code)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert answer.returncode == 4, answer.stderr
    assert not (tmp_path / "runs").exists()
