"""`resume=`: what is inherited, what may change, what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PIL import Image

from gan_cli.runs import checkpoint
from tests.conftest import TINY, Command, one_line


def test_a_finished_run_says_so_and_goes_on_to_more_steps(train: Command, tiny_run: Path) -> None:
    result = train("resume=run")
    assert result.code == 0
    assert "run is complete at step 8; a larger training.steps=N continues it" in result.out
    result = train("resume=run", "training.steps=10")
    assert result.code == 0
    assert "resumed at step 8" in result.out
    assert json.loads((tiny_run / "config.json").read_text())["training"]["steps"] == 10
    assert train("resume=run").out.count("complete at step 10") == 1


@pytest.mark.slow
def test_a_new_learning_rate_is_the_one_used(train: Command, tmp_path: Path) -> None:
    for name in ("small", "large"):
        assert train(*TINY, "training.steps=4", f"run_dir={name}", "optimizer=sgd").code == 0
    assert train("resume=small", "training.steps=5", "optimizer.learning_rate=1e-30").code == 0
    key = "discriminator/conv_1/kernel"
    before, after = (_tensor(tmp_path / "small", step, key) for step in (4, 5))
    assert (before == after).all()
    assert (
        train(
            "resume=large", "training.steps=5", "optimizer.players.generator.learning_rate=1e-30"
        ).code
        == 0
    )
    before, after = (_tensor(tmp_path / "large", step, key) for step in (4, 5))
    assert (before != after).any()
    key = "generator/dense/kernel"
    before, after = (_tensor(tmp_path / "large", step, key) for step in (4, 5))
    assert (before == after).all()


def _tensor(run: Path, step: int, key: str):
    from safetensors import safe_open

    with safe_open(
        run / "checkpoints" / f"step-{step:08d}" / checkpoint.STATE, framework="numpy"
    ) as tensors:
        return tensors.get_tensor(key)


@pytest.mark.parametrize(
    ("override", "row"),
    [
        ("model.width=5", ["model.width", "4", "5"]),
        ("training.batch_size=16", ["training.batch_size", "8", "16"]),
        ("seed=3", ["seed", "0", "3"]),
        ("loss=hinge", ["loss.name", "non_saturating", "hinge"]),
        ("loss.r1=0.5", ["loss.r1", "0.0", "0.5"]),
        (
            "augment=diffaug",
            ["augment.differentiable", "[]", "['color',", "'translation',", "'cutout']"],
        ),
        ("augment.rotation=5", ["augment.rotation", "0.0", "5"]),
        ("optimizer=rmsprop", ["optimizer.name", "adam", "rmsprop"]),
        ("optimizer.beta_1=0.9", ["optimizer.beta_1", "0.5", "0.9"]),
        ("data=mnist", ["data.name", "digits", "mnist"]),
        ("training.precision=bfloat16", ["training.precision", "float32", "bfloat16"]),
    ],
)
def test_what_changes_the_meaning_is_refused_with_a_table(
    override: str, row: list[str], train: Command, tiny_run: Path
) -> None:
    before = {path: path.read_bytes() for path in tiny_run.rglob("*.json")}
    result = train("resume=run", override, "training.steps=20")
    assert result.code == 2
    assert "Traceback" not in result.err
    head, *table = result.err.strip().splitlines()
    assert head == "gan-train: resume=run cannot change these; start a new run for them:"
    assert table[0].split() == ["key", "this", "run", "asked", "for"]
    assert row in [line.split() for line in table[1:]]
    assert not [line for line in table if "training.steps" in line]
    assert before == {path: path.read_bytes() for path in tiny_run.rglob("*.json")}


@pytest.mark.slow
def test_a_schedule_and_intervals_may_change(train: Command, tiny_run: Path) -> None:
    result = train(
        "resume=run",
        "training.steps=12",
        "schedule=cosine",
        "training.log_every=3",
        "training.checkpoint_every=1",
    )
    assert result.code == 0
    stored = json.loads((tiny_run / "config.json").read_text())
    assert (
        stored["schedule"]["name"],
        stored["training"]["log_every"],
        stored["model"]["width"],
    ) == ("cosine", 3, 4)
    assert checkpoint.steps(tiny_run / "checkpoints") == [12, 11]


@pytest.mark.slow
def test_a_run_with_changed_images_goes_on_with_them(train: Command, tmp_path: Path) -> None:
    assert (
        train(
            *TINY, "training.steps=4", "augment=diffaug", "augment.rotation=10", "run_dir=run"
        ).code
        == 0
    )
    assert train("resume=run", "training.steps=5").code == 0
    stored = json.loads((tmp_path / "run" / "config.json").read_text())["augment"]
    assert (stored["differentiable"], stored["rotation"]) == (
        ["color", "translation", "cutout"],
        10.0,
    )
    assert (
        train("resume=run", "training.steps=6", "augment=diffaug", "augment.rotation=10").code == 0
    )  # as it is stored


def test_damage_is_loud_and_the_checkpoint_before_is_used(train: Command, tiny_run: Path) -> None:
    path = tiny_run / "checkpoints" / "step-00000008" / "state.safetensors"
    good = path.read_bytes()
    path.write_bytes(good[:-1])
    result = train("resume=run")
    assert result.code == 0
    assert "DAMAGED CHECKPOINT" in result.out
    assert "resumed at step 4" in result.out
    assert path.read_bytes() == good
    for damaged in (4, 8):
        (tiny_run / "checkpoints" / f"step-{damaged:08d}" / "manifest.json").write_text("{}")
    result = train("resume=run", "training.steps=20")
    assert result.code == 5
    assert "none of its 2 checkpoints is valid" in one_line(result)


@pytest.mark.slow
def test_a_run_killed_before_its_first_checkpoint_starts_at_step_0_and_says_so(
    train: Command, tmp_path: Path
) -> None:
    import shutil

    assert train(*TINY, "training.steps=8", "run_dir=whole").code == 0
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    shutil.rmtree(tmp_path / "cut" / "checkpoints")
    result = train("resume=cut")
    assert result.code == 0
    assert "cut has no checkpoint yet: starting at step 0" in result.out
    name = "checkpoints/step-00000008/state.safetensors"
    assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("file", ["model.json", "config.json"])
@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"format": 1}', '{"__class__": "os.system"}', '{"model": {"name": "../x"}}'],
)
def test_files_of_a_stranger_are_read_as_data_and_refused_in_one_line(
    file: str, content: str, train: Command, tiny_run: Path
) -> None:
    (tiny_run / file).write_text(content)
    result = train("resume=run", "training.steps=9")
    assert result.code in (2, 4, 5)
    one_line(result)


@pytest.mark.parametrize(
    "name", ["train.log", "metrics.jsonl", ".lock", "samples", "checkpoints", "tensorboard"]
)
def test_links_in_a_stranger_s_run_directory_are_refused_before_they_are_followed(
    name: str, train: Command, tiny_run: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    if (tiny_run / name).exists():
        (tiny_run / name).rename(tmp_path / "away")
    (tiny_run / name).symlink_to(precious)
    result = train("resume=run", "training.steps=9")
    assert result.code == 4
    assert f"run/{name}: is a link" in one_line(result)
    assert precious.read_text() == "mine"


def test_nothing_is_written_through_a_link_at_a_temporary_name(
    train: Command, tiny_run: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tiny_run / "samples" / ".real.png.tmp").symlink_to(precious)
    (tiny_run / "samples" / ".step-00000001.png.tmp").write_text("what a kill left")
    (tiny_run / ".config.json.tmp").write_text("half")
    assert train("resume=run", "training.steps=9").code == 0
    assert precious.read_text() == "mine"
    assert not list(tiny_run.rglob("*.tmp"))


def test_whole_never_writes_through_a_link(tmp_path: Path) -> None:
    from gan_cli.base.files import whole

    (tmp_path / "precious").write_text("mine")
    (tmp_path / ".file.tmp").symlink_to(tmp_path / "precious")
    with whole(tmp_path / "file") as partial:
        partial.write_text("new")
    assert (tmp_path / "precious").read_text() == "mine"
    assert (tmp_path / "file").read_text() == "new"
    assert not (tmp_path / "file").is_symlink()


def test_planted_frames_and_checkpoint_links_are_left_alone(
    train: Command, tiny_run: Path, tmp_path: Path
) -> None:
    (tiny_run / "samples" / "step-00000001.png").write_text("no picture")
    (tiny_run / "samples" / "step-00000002.png").symlink_to("/dev/zero")
    (tiny_run / "samples" / "step-99999999.png").write_text("beyond the last")
    os.mkfifo(tiny_run / "samples" / "step-00000003.png")
    (tmp_path / "outside").mkdir()
    (tiny_run / "checkpoints" / "step-00000099").symlink_to(tmp_path / "outside")
    result = train("resume=run", "training.steps=12")
    assert result.code == 0, result.err
    with Image.open(tiny_run / "samples" / "progress.gif") as gif:
        assert gif.n_frames == 3
    assert (tmp_path / "outside").is_dir()


def test_another_data_set_is_not_taken_for_the_one_of_the_run(
    train: Command, tmp_path: Path
) -> None:
    import numpy as np

    for name, seed in (("first", 0), ("second", 1)):
        images = np.random.default_rng(seed).integers(0, 256, (20, 28, 28), dtype=np.uint8)
        np.savez(
            tmp_path / f"{name}.npz", x_train=images, y_train=np.arange(20, dtype=np.uint8) % 10
        )
    options = [*TINY, "data=mnist", "data.path=first.npz", "training.steps=2", "run_dir=run"]
    assert train(*options).code == 0
    result = train("resume=run", "training.steps=4", "data.path=second.npz")
    assert result.code == 5
    assert "second.npz: not the images that run was trained on" in one_line(result)


def test_a_key_that_the_run_does_not_know_is_refused(train: Command, tiny_run: Path) -> None:
    result = train("resume=run", "training.stesp=9")
    assert result.code == 2
    assert "did you mean 'training.steps'?" in one_line(result)


@pytest.mark.parametrize("override", ["~training.steps", "seed.below=1", "experiment=mnist_fast"])
def test_overrides_that_make_no_sense_on_resume_are_one_line(
    override: str, train: Command, tiny_run: Path
) -> None:
    result = train("resume=run", override)
    assert result.code == 2
    assert override.split("=")[0] in one_line(result)


@pytest.mark.parametrize(
    "content", ['{"model": 3}', '{"training.steps": 5, "training": 3}', '{"seed": {"a": 1}}']
)
def test_a_config_of_a_stranger_is_checked_before_it_is_merged(
    content: str, train: Command, tiny_run: Path
) -> None:
    (tiny_run / "config.json").write_text(content)
    result = train("resume=run", "training.steps=9")
    assert result.code == 4
    assert "run/config.json: " in one_line(result)


def test_what_is_no_run_directory(train: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, reason in (
        ("empty", "not a run directory (it has no model.json)"),
        ("nowhere", "no such directory"),
    ):
        result = train(f"resume={name}")
        assert result.code == 4
        assert one_line(result) == f"gan-train: {name}: {reason}"
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.parametrize("name", ["train.log", "metrics.jsonl", "anything"])
def test_a_pipe_in_a_run_directory_does_not_hang(train: Command, tiny_run: Path, name: str) -> None:
    (tiny_run / name).unlink(missing_ok=True)
    os.mkfifo(tiny_run / name)
    result = train(f"resume={tiny_run}", "training.steps=9")
    assert result.code == 4
    assert one_line(result) == f"gan-train: {tiny_run}/{name}: is neither a file nor a folder"


def test_a_start_that_was_killed_is_begun_again(train: Command, tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / ".hydra").mkdir(parents=True)
    for name in ("command.json", "train.log"):
        (run / name).write_text("")
    assert train(*TINY, "training.steps=2", "run_dir=run").code == 0
    again = train(*TINY, "training.steps=2", "run_dir=run")
    assert again.code == 4
    assert "resume=run continues it" in one_line(again)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    refused = train(*TINY, "training.steps=2", "run_dir=mine")
    assert refused.code == 4
    assert "already holds notes.txt" in one_line(refused)


@pytest.mark.slow
def test_a_run_that_goes_on_before_its_first_score_is_scored_as_one(
    train: Command, tmp_path: Path
) -> None:
    scored = ["evaluation.every=4", "evaluation.count=32", "evaluation.extractor=pixels"]
    assert train(*TINY, *scored, "training.steps=8", "run_dir=whole").code == 0
    assert train(*TINY, *scored, "training.steps=3", "run_dir=part").code == 0
    assert train("resume=part", "training.steps=8").code == 0
    whole, part = (tmp_path / name / "scores" / "training.json" for name in ("whole", "part"))
    assert json.loads(part.read_text())["since"] == 0
    assert part.read_bytes() == whole.read_bytes()
