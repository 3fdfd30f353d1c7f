"""Damaged run directories through the commands: every command says what it does instead."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from gan_cli import data
from gan_cli.data.npz import Npz
from gan_cli.runs import checkpoint
from gan_cli.runs.checkpoint import SAMPLER, STATE, Scored
from tests.conftest import TINY, Command, Result, one_line

SCORED = [
    *TINY,
    "evaluation.every=4",
    "evaluation.count=16",
    "evaluation.final_count=null",
    "evaluation.extractor=pixels",
]


@pytest.fixture(scope="session")
def scored_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `runs` with one run, whose best checkpoint is that of step 4 of 4 and 8."""
    import sys

    from gan_cli.cli.train import main

    folder = tmp_path_factory.mktemp("scored")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["gan-train", *SCORED, "training.steps=8", "run_dir=runs/a"])
        assert main() == 0
    checkpoints = folder / "runs" / "a" / "checkpoints"
    _save(checkpoints, 4, Scored(36.64, "evaluator"))
    _save(checkpoints, 8, Scored(42.31, "evaluator"))
    return folder


def _save(folder: Path, step: int, scored: Scored | None, change: float = 1.0) -> None:
    """Save a checkpoint again, with another score or with changed weights."""
    manifest = checkpoint.verify(folder, step)
    tensors = {
        name: {
            key: array * np.float32(change) if array.dtype == np.float32 else array
            for key, array in load_file(checkpoint.path_of(folder, step) / name).items()
        }
        for name in (STATE, SAMPLER)
    }
    checkpoint.save(folder, step, tensors, manifest.model, manifest.data, scored)


@pytest.fixture
def run(scored_run: Path, tmp_path: Path) -> Path:
    """A copy of it, in the folder of the commands."""
    shutil.copytree(scored_run / "runs", tmp_path / "runs")
    return tmp_path / "runs" / "a"


def flip(path: Path) -> None:
    """One bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) * 3 // 4] ^= 1
    path.write_bytes(content)


def lines(result: Result) -> list[str]:
    assert "Traceback" not in result.err
    return [line for line in result.err.splitlines() if line]


HARM: dict[str, Callable[[Path], object]] = {
    "no manifest": lambda path: (path / "manifest.json").unlink(),
    "a changed digit": lambda path: (path / "manifest.json").write_text(
        (path / "manifest.json").read_text().replace("36.64", "96.64")
    ),
    "no sampler": lambda path: (path / SAMPLER).unlink(),
    "no folder": shutil.rmtree,
}


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_best_checkpoint_is_announced_by_every_command(
    harm: str, run: Path, sample: Command, report: Command
) -> None:
    HARM[harm](run / "checkpoints" / "step-00000004")
    result = sample("checkpoint=runs/a", "count=4")
    (line,) = lines(result)
    assert (result.code, "step 8 (the best, 42.31) of runs/a" in result.out) == (0, True)
    assert line.startswith("DAMAGED CHECKPOINT runs/a/checkpoints/step-00000004")
    assert line.endswith("(score 36.64); step 8 is used instead")
    pinned = sample("checkpoint=runs/a", "count=4", "step=4", "output=x.png")
    assert (pinned.code, "4" in one_line(pinned)) == (5, True)
    result = report("runs", "samples=4")
    assert result.code == 0
    assert [each.removeprefix("gan-report: ") for each in lines(result)] == [line]
    assert "42.31" in result.out
    assert "36.64" not in result.out
    page = (run.parent / "report.html").read_text(encoding="utf-8")
    assert line in page
    assert "step 8" in page


def test_gan_evaluate_announces_it_too(scored_run: Path, evaluate: Command, tmp_path: Path) -> None:
    shutil.copytree(scored_run / "runs", tmp_path / "runs")
    (tmp_path / "runs/a/checkpoints/step-00000004/manifest.json").unlink()
    small = ("checkpoint=runs/a", "extractor=pixels", "count=64", "metrics=[edges]")
    result = evaluate(*small)
    (line,) = lines(result)
    where = "runs/a, step 8 (the best, 42.31)"
    assert (result.code, result.out.splitlines()[0]) == (0, f"{where}: 64 samples, 2 times")
    assert line.endswith("(score 36.64); step 8 is used instead")
    assert evaluate(*small, "step=4").code == 5


@pytest.mark.slow
def test_a_comparison_announces_it_and_says_which_steps_are_compared(
    scored_run: Path, evaluate: Command, tmp_path: Path
) -> None:
    shutil.copytree(scored_run / "runs", tmp_path / "runs")
    shutil.copytree(tmp_path / "runs/a", tmp_path / "runs/b")
    flip(tmp_path / "runs/a/checkpoints/step-00000004" / SAMPLER)
    small = ("compare=[runs/a,runs/b]", "extractor=pixels", "count=64", "metrics=[edges]")
    result = evaluate(*small)
    (line,) = lines(result)
    assert line.startswith("DAMAGED CHECKPOINT runs/a/checkpoints/step-00000004")
    assert line.endswith("(score 36.64); step 8 is used instead")
    where = ["runs/a: step 8 (the best, 42.31)", "runs/b: step 4 (the best, 36.64)"]
    assert [each for each in result.out.splitlines() if each in where] == where
    pinned = evaluate(*small, "step=4")
    assert (pinned.code, "sampler.safetensors is not what was saved" in one_line(pinned)) == (
        5,
        True,
    )
    stored = tmp_path / "runs/b/scores/step-00000004-pixels-64.json"
    stored.write_text(stored.read_text().replace('"count": 64', '"count": 65'))
    (_, line) = lines(evaluate(*small))
    assert "b/scores/step-00000004-pixels-64.json: changed since it was written" in line
    assert line.endswith("; written anew")
    assert len(lines(evaluate(*small))) == 1


def test_a_page_for_judges_is_not_of_a_damaged_step(
    scored_run: Path, evaluate: Command, tmp_path: Path
) -> None:
    shutil.copytree(scored_run / "runs", tmp_path / "runs")
    flip(tmp_path / "runs/a/checkpoints/step-00000004" / SAMPLER)
    page = ("runs/a", "people=true", "people_count=5")
    assert evaluate(*page, "step=4").code == 5
    result = evaluate(*page)
    (line,) = lines(result)
    assert (result.code, line.endswith("step 8 is used instead")) == (0, True)
    assert "step 8 (the best, 42.31) of runs/a" in result.out
    assert [path.name for path in tmp_path.glob("runs/a/people/*.html")] == ["step-00000008.html"]


def test_a_run_goes_on_from_the_newest_that_is_whole(run: Path, train: Command) -> None:
    flip(run / "checkpoints/step-00000008" / STATE)
    result = train("resume=runs/a", "training.steps=10", "evaluation.every=null")
    assert (result.code, result.err) == (0, "")
    (line,) = [each for each in result.out.splitlines() if "DAMAGED" in each]
    assert line.startswith("DAMAGED CHECKPOINT runs/a/checkpoints/step-00000008: state.safetensors")
    assert line.endswith("; step 4 is used instead")
    assert "resumed at step 4" in result.out


@pytest.mark.slow
def test_weights_of_a_damaged_step_are_not_taken_by_a_new_run(run: Path, train: Command) -> None:
    flip(run / "checkpoints/step-00000004" / STATE)
    new = (*SCORED, "evaluation.every=null", "training.steps=1")
    pinned = train(*new, "run_dir=x", "init_from=runs/a/checkpoints/step-00000004")
    assert (pinned.code, "state.safetensors is not what was saved" in one_line(pinned)) == (5, True)
    result = train(*new, "run_dir=y", "init_from=runs/a")
    assert "(score 36.64); step 8 is used instead" in result.out
    assert "runs/a, step 8 (the best, 42.31)" in result.out


def test_a_figure_and_a_list_say_what_is_damaged(run: Path, plot: Command, runs: Command) -> None:
    path = run / "metrics.jsonl"
    path.write_text(path.read_text().replace('"step": 4, "seconds": ', '"step": 4, "seconds": 1'))
    line = "runs/a/metrics.jsonl: 1 line is not as written; left out of the curves"
    result = plot("runs/a")
    assert (result.code, lines(result)) == (0, [line])
    result = runs("runs")
    assert (result.code, lines(result)) == (0, [f"gan-runs: {line}"])
    assert result.out.splitlines()[-1].split()[-1] == "damaged"


@pytest.mark.slow
def test_a_damaged_score_is_not_published(run: Path, export: Command) -> None:
    (run / "scores" / "step-00000004-pixels-64.json").write_text("{")
    result = export("runs/a", "format=keras", "output=x.keras")
    (line,) = lines(result)
    assert (result.code, "step 4 (the best, 36.64)" in result.out) == (0, True)
    assert line.endswith(": not readable as JSON; what it says of the scores is left out")


def test_a_whole_run_is_read_without_a_word(run: Path, sample: Command, report: Command) -> None:
    result = sample("checkpoint=runs/a", "count=4")
    assert (result.code, result.err, "step 4 (the best, 36.64) of runs/a" in result.out) == (
        0,
        "",
        True,
    )
    result = report("runs", "samples=4")
    assert (result.code, result.err, "36.64" in result.out) == (0, "", True)


@pytest.mark.parametrize(
    ("name", "old", "new", "line"),
    [
        ("model.json", None, None, "model.json: is missing"),
        ("model.json", '"width": 4', '"width": 5', "is not what step 4 was saved from"),
        ("config.json", '"log_every": 2', '"log_every": 3', "config.json: changed since"),
        ("metrics.jsonl", '"step": 4', '"step": 5', "metrics.jsonl: 1 line is not as written"),
        ("metrics.jsonl", None, None, "metrics.jsonl: No such file or directory"),
        ("metrics.jsonl", "", "", "metrics.jsonl: is empty"),
        ("command.json", '"model.width=4"', '"model.width=5"', "command.json: changed since"),
        ("train.log", "gan-train", "gan\0train", "train.log: is not as written"),
        ("train.log", "", "", "train.log: is cut off"),
        ("checkpoints/index.json", "36.64", "6.64", "index.json: changed since"),
    ],
)
def test_a_report_lists_what_is_damaged(
    name: str, old: str | None, new: str | None, line: str, run: Path, report: Command
) -> None:
    path = run / name
    if old is None or new is None:
        path.unlink()
    elif not old:
        path.write_text(path.read_text()[:-1] if name == "train.log" else "")
    else:
        assert path.read_text().count(old) == 1
        path.write_text(path.read_text().replace(old, new))
    result = report("runs", "samples=0")
    (found,) = lines(result)
    assert (result.code, line in found) == (0, True), found
    page = (run.parent / "report.html").read_text(encoding="utf-8")
    assert line in page


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"learning_rate": 0.0002', '"learning_rate": 0.0003'),
        pytest.param('"beta_2": 0.9', '"beta_2": 0.8', marks=pytest.mark.slow),
    ],
)
def test_a_changed_configuration_is_not_resumed(
    old: str, new: str, train: Command, tiny_run: Path
) -> None:
    config = tiny_run / "config.json"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))
    before = {path: path.read_bytes() for path in tiny_run.rglob("*") if path.is_file()}
    result = train("resume=run", "training.steps=10")
    assert result.code == 4
    assert "run/config.json: changed since it was written" in one_line(result)
    after = {path: path.read_bytes() for path in tiny_run.rglob("*") if path.is_file()}
    assert {p for p in after if after[p] != before.get(p)} <= {tiny_run / "train.log"}
    config.write_text(text)
    assert train("resume=run", "training.steps=9", "optimizer.learning_rate=0.1").code == 0
    assert train("resume=run", "training.steps=10").code == 0


@pytest.mark.slow
def test_a_changed_line_of_metrics_is_announced_and_kept(train: Command, tiny_run: Path) -> None:
    path = tiny_run / "metrics.jsonl"
    whole = path.read_text()
    assert [json.loads(line)["step"] for line in whole.splitlines()] == [2, 4, 6, 8]
    damaged = whole.replace('"step": 6, "seconds": ', '"step": 6, "seconds": 1')
    path.write_text(damaged)
    result = train("resume=run", "training.steps=10")
    assert result.code == 0
    assert (
        "DAMAGED run/metrics.jsonl: line 3 is not as written; the lines before it are kept, the "
        "whole file is in metrics.damaged.jsonl"
    ) in result.out
    assert (tiny_run / "metrics.damaged.jsonl").read_text() == damaged
    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == [2, 4, 10]
    assert "DAMAGED" not in train("resume=run", "training.steps=12").out
    path.write_text(path.read_text() + '{"step": 14, "lo')  # what a kill cuts off
    assert "DAMAGED" not in train("resume=run", "training.steps=14").out


def test_a_manifest_has_the_fingerprint_of_what_was_trained_on(
    train: Command, tmp_path: Path
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 1), np.uint8)
    np.savez(tmp_path / "own.npz", images=pixels)
    small = [option for option in TINY if not option.startswith("data")]
    own = ["data=npz", "data.path=own.npz", "data.test_share=0"]
    assert train(*small, *own, "training.steps=2", "run_dir=run").code == 0
    options = Npz(path=str(tmp_path / "own.npz"), test_share=0.0)
    manifest = json.loads((tmp_path / "run/checkpoints/step-00000002/manifest.json").read_text())
    assert manifest["data"] == data.load(options).fingerprint
    pixels[3, 4, 5, 0] ^= 1
    np.savez(tmp_path / "own.npz", images=pixels)
    result = train("resume=run", "training.steps=4")
    assert (result.code, "not the images that run was trained on" in one_line(result)) == (5, True)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_weights_that_are_not_finite_are_one_line(sample: Command, run: Path) -> None:
    _save(run / "checkpoints", 8, None, float("nan"))
    result = sample("checkpoint=runs/a", "step=8", "count=4")
    line = one_line(result)
    assert result.code == 5
    assert line.startswith(
        "gan-sample: runs/a/checkpoints/step-00000008/sampler.safetensors: tensor 'generator/"
    )
    assert line.endswith("' holds values that are not finite")
    assert not list(run.parents[1].glob("*.png"))


def test_a_run_of_an_earlier_version_is_one_line(
    run: Path, train: Command, sample: Command, report: Command
) -> None:
    for path in (run / "model.json", *run.glob("checkpoints/*/manifest.json")):
        values = json.loads(path.read_text()) | {"format": 1}
        values.pop("gan_cli", None)
        path.write_text(json.dumps(values))
    for result in (train("resume=runs/a"), sample("checkpoint=runs/a")):
        assert result.code == 4
        assert "runs/a: made by an earlier gan_cli 0." in one_line(result)
    assert "runs/a: made by an earlier gan_cli 0." in one_line(report("runs", "samples=0"))
