"""A process that is killed right after a save."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from gan_cli.runs import checkpoint
from tests.conftest import TINY, Command

RUN = [
    *TINY,
    "schedule=constant",
    "training.steps=6",
    "training.log_every=1",
    "training.preview_every=2",
    "training.checkpoint_every=6",
    "evaluation.every=2",
    "evaluation.count=64",
    "evaluation.final_count=null",
]


@pytest.mark.slow
def test_whoever_goes_on_from_a_save_lacks_nothing_of_its_step(
    train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = checkpoint.save

    def copied(folder: Path, step: int, *others: object) -> Path:
        saved = save(folder, step, *others)
        shutil.copytree(folder.parent, tmp_path / f"killed-{step}" / "run")
        return saved

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save", copied)
        assert train(*RUN, "run_dir=whole/run").code == 0
    whole = _written(tmp_path / "whole" / "run")
    for step in (2, 6):
        assert train(f"resume=killed-{step}/run").code == 0
        assert _written(tmp_path / f"killed-{step}" / "run") == whole
    assert whole[-1] == [1, 2, 3, 4, 5, 6]


def _written(run: Path) -> tuple[list[str], dict[str, bytes], list[int]]:
    """The names of all files, the bytes of pictures, and the steps that were logged."""
    files = [each for each in run.rglob("*") if each.is_file()]
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return (
        sorted(str(each.relative_to(run)) for each in files),
        {each.name: each.read_bytes() for each in files if each.suffix in (".png", ".gif")},
        [json.loads(line)["step"] for line in lines],
    )
