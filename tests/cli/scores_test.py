"""Scores while training from the outside: the best checkpoint, the early end, and the way back from
a run that went wrong.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gan_cli.evaluation import scorer
from gan_cli.runs import checkpoint
from gan_cli.runs.checkpoint import STATE
from gan_cli.training.hooks import progress, watchdog
from gan_cli.training.hooks.hook import Progress
from gan_cli.training.state import State
from tests.conftest import TINY, Command, one_line

SCORED = [
    *TINY,
    "training.steps=12",
    "training.log_every=4",
    "training.ema_decay=0.5",
    "evaluation.every=3",
    "evaluation.count=32",
    "evaluation.final_count=64",
    "evaluation.extractor=pixels",
    "watchdog=off",
]
"""Scores at steps 3, 6, 9 and 12."""


def metrics(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def numbers(run: Path) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl without what a clock decides."""
    return [
        {key: line[key] for key in line if key not in ("seconds", "images_per_second", "crc32")}
        for line in metrics(run)
    ]


def scores_of(run: Path) -> dict[int, float]:
    return {line["step"]: line["frechet"] for line in metrics(run) if "frechet" in line}


def kept(run: Path) -> dict[int, tuple[float | None, float | None, str | None]]:
    """step -> score, full score and evaluator of the checkpoints left, each found whole."""
    folder = run / "checkpoints"
    manifests = [checkpoint.verify(folder, step) for step in checkpoint.steps(folder)]
    return {each.step: (each.score, each.full_score, each.evaluator) for each in manifests}


def state(run: Path, step: int) -> bytes:
    return (checkpoint.path_of(run / "checkpoints", step) / STATE).read_bytes()


def config(run: Path) -> Any:
    return json.loads((run / "config.json").read_text())


def entries(run: Path) -> list[dict[str, Any]]:
    path = run / "watchdog.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def interrupt_at(step: int, patch: pytest.MonkeyPatch) -> None:
    """Send this process a signal when a step's line would be written."""
    write = progress.MetricsLog.__call__

    def call(self: progress.MetricsLog, moment: Progress) -> None:
        write(self, moment)
        if moment.step == step:
            os.kill(os.getpid(), signal.SIGTERM)

    patch.setattr(progress.MetricsLog, "__call__", call)


def distances(patch: pytest.MonkeyPatch, *script: float) -> None:
    """The first scores that are asked for; all later ones are 4."""
    coming = list(script)
    patch.setattr(
        scorer, "frechet_distance", lambda real, generated: coming.pop(0) if coming else 4.0
    )


@pytest.mark.slow
def test_pictures_of_a_resumed_run_state_the_score_of_its_first_part(
    train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distances(monkeypatch, 9.5)
    scored = [*SCORED, "evaluation.final_count=null", "training.preview_every=2"]
    assert train(*scored, "training.steps=3", "run_dir=run").code == 0
    result = train("resume=run", "training.steps=6")
    assert (result.code, result.err) == (0, "")
    assert train("resume=run", "training.steps=8", "evaluation.every=null").code == 0
    told = {}
    for step in (2, 4, 6, 8):
        with Image.open(tmp_path / "run" / "samples" / f"step-{step:08d}.png") as picture:
            told[step] = picture.text["Score"], picture.text.get("Score of step")
    assert told == {2: ("not scored", None), 4: ("9.5", "3"), 6: ("4", None), 8: ("4", "6")}
    with Image.open(tmp_path / "run" / "samples" / "progress.gif") as film:
        comment = film.info["comment"].decode()
    assert comment.endswith("Run: run, Step: 8, Seed: 0, Score: 4, Score of step: 6")


@pytest.mark.slow
def test_the_best_checkpoint_is_chosen_kept_and_sampled_and_training_stays_what_it_was(
    train: Command, sample: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = train(*SCORED, "run_dir=scored")
    assert (result.code, result.err) == (0, "")
    run = tmp_path / "scored"
    assert [line["step"] for line in metrics(run)] == [3, 4, 6, 8, 9, 12]
    scores = scores_of(run)
    assert list(scores) == [3, 6, 9, 12]
    assert all(0.0 < line["diversity"] < 2.0 for line in metrics(run) if line["step"] in scores)
    assert [line.split()[1] for line in result.out.splitlines() if "Fréchet" in line] == [
        "3/12",
        "6/12",
        "9/12",
        "12/12",
        "step",
    ]

    full = {step: row[1] for step, row in kept(run).items() if row[1] is not None}
    best = min(full, key=lambda step: full[step])
    assert (
        f"best step      {best}, Fréchet {full[best]:.4g} (64 samples; real images " in result.out
    )
    assert {
        step: row[0] for step, row in kept(run).items() if row[0] is not None
    }.items() <= scores.items()
    facts = json.loads((run / "scores" / "training.json").read_text())
    assert (facts["extractor"], facts["count"], facts["final_count"], facts["since"]) == (
        "pixels",
        32,
        64,
        0,
    )
    assert len({row[2] for row in kept(run).values() if row[0] is not None}) == 1
    said = sample("checkpoint=scored", "count=1").out
    assert f"from step {best} (the best, " in said
    assert "of scored: " in said

    assert train(*SCORED, "evaluation.every=null", "run_dir=plain").code == 0
    assert state(tmp_path / "plain", 12) == state(run, 12)
    assert not (tmp_path / "plain" / "scores").exists()

    with monkeypatch.context() as patch:
        interrupt_at(7, patch)
        result = train(*SCORED, "training.steps_per_call=1", "run_dir=cut")
    assert (result.code, "saved at step 7" in one_line(result)) == (143, True)
    cut = tmp_path / "cut"
    assert kept(cut).keys() == {7, 6, 3}
    assert {step: row[:2] for step, row in kept(cut).items()} == {
        7: (None, None),
        6: (scores[6], None),
        3: (scores[3], None),
    }
    assert train("resume=cut").code == 0
    assert (state(cut, 12), kept(cut)) == (state(run, 12), kept(run))
    assert scores_of(cut) == scores
    assert (cut / "scores" / "training.json").read_bytes() == (
        run / "scores" / "training.json"
    ).read_bytes()


@pytest.mark.slow
def test_patience_ends_the_run_early_and_a_resumed_one_at_the_same_step(
    train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [
        *SCORED,
        "evaluation.patience=2",
        "training.steps=100",
        "training.preview_every=100",
        "run_dir=run",
    ]
    script = [
        7.0,
        6.0,
        6.5,
        6.0,
        5.0,
        3.0,
        5.0,
    ]  # of steps 3 to 12, and with more samples of 6, 12 and 9
    distances(monkeypatch, *script)
    result = train(*arguments)
    assert (result.code, result.err) == (0, "")
    run = tmp_path / "run"
    assert "ended at step 12: no better score in evaluation.patience=2 of them" in result.out
    assert "best step      12, Fréchet 3 (64 samples" in result.out
    assert "last grid      run/samples/step-00000012.png" in result.out.splitlines()
    assert (run / "samples" / "step-00000012.png").exists()
    assert list(kept(run)) == [12, 9, 6]

    before = (run / "metrics.jsonl").read_bytes(), kept(run)
    (run / "samples" / "step-00000012.png").unlink()
    result = train("resume=run")
    assert (result.code, result.err) == (0, "")
    assert "ended at step 12" in result.out
    assert ((run / "metrics.jsonl").read_bytes(), kept(run)) == before
    assert (run / "samples" / "step-00000012.png").exists()

    result = train("resume=run", "evaluation.patience=3")
    assert (
        result.code,
        "ended at step 15: no better score in evaluation.patience=3" in result.out,
    ) == (0, False)
    assert "ended at step" in result.out  # at 15 came a better one, and from there on none
    assert metrics(run)[-1]["step"] == 24


def test_data_that_cannot_be_scored_are_trained_on(train: Command, tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    np.savez(
        tmp_path / "few.npz",
        x_train=images,
        y_train=np.arange(20, dtype=np.uint8) % 10,
        x_test=images[:2],
        y_test=np.arange(2, dtype=np.uint8),
    )
    result = train(*SCORED, "data=mnist", "data.path=few.npz", "training.steps=4", "run_dir=run")
    assert (result.code, result.err) == (0, "")
    (line,) = [line for line in result.out.splitlines() if "without scores" in line]
    assert "too few for scores" in line
    assert all("frechet" not in each for each in metrics(tmp_path / "run"))
    assert not (tmp_path / "run" / "scores").exists()


WRONG = [
    *SCORED,
    "evaluation.every=1",
    "training.steps=9",
    "optimizer.learning_rate=1e-3",
    "watchdog=rollback",
]
RISING = [10.0, 5.0, *[20.0] * 5]
"""Scores of steps 1 to 7, at the last of which it is seen that they have risen."""


@pytest.mark.slow
def test_a_rollback_is_what_a_person_would_have_done_and_twice_the_same(
    train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "COLLAPSED", 0.0)
    monkeypatch.setattr(watchdog, "LOST", 0.0)
    for name in ("first", "second"):
        distances(monkeypatch, *RISING)
        result = train(*WRONG, f"run_dir={name}")
        assert (result.code, result.err) == (0, "")
        assert re.search(r"its best, .*; back to step 2 with .*rate=0\.0005", result.out)
        assert "resumed at step 2" in result.out
    first, second = tmp_path / "first", tmp_path / "second"
    (entry,) = entries(first)
    assert {key: entry[key] for key in entry.keys() - {"text", "crc32"}} == {
        "step": 7,
        "kind": "rising",
        "action": "rollback",
        "to": 2,
        "key": "optimizer.learning_rate",
        "value": 5e-4,
    }
    assert config(first)["optimizer"]["learning_rate"] == 5e-4
    assert list(scores_of(first).values()) == [10.0, 5.0, *[4.0] * 7]
    assert checkpoint.steps(first / "checkpoints")[0] == 9
    assert (entries(second), config(second), numbers(second), kept(second)) == (
        entries(first),
        config(first),
        numbers(first),
        kept(first),
    )
    assert state(second, 9) == state(first, 9)

    by_hand = [*WRONG, "evaluation.every=null", "watchdog=off", "run_dir=hand"]
    assert train(*by_hand, "training.steps=2").code == 0
    assert train("resume=hand", "training.steps=9", "optimizer.learning_rate=5e-4").code == 0
    assert state(tmp_path / "hand", 9) == state(first, 9)


@pytest.mark.slow
def test_after_three_rollbacks_a_run_goes_on_with_a_warning(
    train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The discriminator wins all the time, and would be held back a fourth time."""
    monkeypatch.setattr(watchdog, "INTERVALS", 2)
    monkeypatch.setattr(watchdog, "SATURATED", -1.0)
    result = train(
        *TINY,
        "training.steps=8",
        "training.log_every=1",
        "training.checkpoint_every=1",
        "watchdog=rollback",
        "optimizer.players.generator.beta_1=0.1",
        "run_dir=run",
    )
    assert (result.code, result.err) == (0, "")
    run = tmp_path / "run"
    assert [(each["step"], each["action"], each.get("to")) for each in entries(run)] == [
        (2, "rollback", 1),
        (2, "rollback", 1),
        (2, "rollback", 1),
        (2, "warned", None),
    ]
    rate = config(run)["optimizer"]["learning_rate"]
    players = config(run)["optimizer"]["players"]
    assert players["discriminator"]["learning_rate"] == rate / 8
    assert (players["generator"]["beta_1"], players["generator"]["learning_rate"]) == (0.1, None)
    assert [line["step"] for line in metrics(run)] == list(range(1, 9))
    assert train("resume=run", "training.steps=9").code == 0
    assert len(entries(run)) == 4  # it has not gone since, and is not said again


def test_what_is_not_finite_goes_back_where_it_can(
    train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def finite(self: State) -> bool:
        seen.append(int(self.step))
        return seen.count(6) != 1 or seen[-1] != 6

    monkeypatch.setattr(State, "finite", finite)
    result = train(
        *TINY,
        "training.steps=8",
        "watchdog=rollback",
        "optimizer.learning_rate=1e-3",
        "run_dir=run",
    )
    assert (result.code, result.err) == (0, "")
    (entry,) = entries(tmp_path / "run")
    assert (entry["kind"], entry["step"], entry["to"], entry["value"]) == ("not finite", 6, 4, 5e-4)
    assert entry["text"] == "a weight is not finite after step 6"
    assert config(tmp_path / "run")["optimizer"]["learning_rate"] == 5e-4
    assert [line["step"] for line in metrics(tmp_path / "run")] == [2, 4, 6, 8]


@pytest.mark.slow
def test_what_stays_not_finite_ends_the_run_at_the_last_good_checkpoint(
    train: Command, tmp_path: Path, trained: Path
) -> None:
    shutil.copytree(trained / "run", tmp_path / "run")
    result = train(
        "resume=run", "training.steps=100", "optimizer.learning_rate=1e30", "watchdog=rollback"
    )
    assert result.code == 6
    assert "Last good checkpoint: run/checkpoints/step-00000008" in one_line(result)
    assert [(each["action"], each["to"]) for each in entries(tmp_path / "run")] == [
        ("rollback", 8)
    ] * 3
    assert config(tmp_path / "run")["optimizer"]["learning_rate"] == 1e30 / 8
    assert list(kept(tmp_path / "run")) == [8, 4]


def test_what_is_not_finite_before_the_first_checkpoint_fails_as_without_a_watchdog(
    train: Command, tmp_path: Path
) -> None:
    result = train(
        *TINY,
        "training.steps=100",
        "training.checkpoint_every=100",
        "optimizer.learning_rate=1e30",
        "watchdog=rollback",
        "run_dir=run",
    )
    assert result.code == 6
    assert "No checkpoint was saved before" in one_line(result)
    assert entries(tmp_path / "run") == []


@pytest.mark.slow
def test_how_a_run_is_scored_and_watched_may_change(
    train: Command, tmp_path: Path, trained: Path
) -> None:
    shutil.copytree(trained / "run", tmp_path / "run")
    changes = [
        "evaluation.every=2",
        "evaluation.count=16",
        "evaluation.final_count=null",
        "evaluation.extractor=pixels",
    ]
    result = train(
        "resume=run", "training.steps=10", *changes, "evaluation.patience=5", "watchdog=off"
    )
    assert (result.code, result.err) == (0, "")
    run = tmp_path / "run"
    stored = {"every": 2, "count": 16, "final_count": None, "extractor": "pixels", "patience": 5}
    stored["objective"] = "frechet"
    assert (config(run)["evaluation"], config(run)["watchdog"]) == (stored, "off")
    assert json.loads((run / "scores" / "training.json").read_text())["since"] == 8
    assert list(scores_of(run)) == [10]
    result = train("resume=run", "evaluation.count=3")
    assert (result.code, "evaluation.count=3" in one_line(result)) == (2, True)


@pytest.mark.parametrize("name", ["watchdog.jsonl", "scores", "metrics.jsonl"])
@pytest.mark.parametrize("make", ["link", "pipe"])
def test_what_a_stranger_planted_for_the_scores_is_refused(
    make: str, name: str, train: Command, tmp_path: Path, trained: Path
) -> None:
    shutil.copytree(trained / "run", tmp_path / "run")
    planted, precious = tmp_path / "run" / name, tmp_path / "precious"
    precious.write_text("mine")
    planted.unlink(missing_ok=True)
    planted.symlink_to(precious) if make == "link" else os.mkfifo(planted)
    result = train(
        "resume=run", "training.steps=10", "evaluation.every=1", "evaluation.extractor=pixels"
    )
    assert result.code == 4
    assert "run" in one_line(result)
    assert precious.read_text() == "mine"
    assert checkpoint.steps(tmp_path / "run" / "checkpoints") == [8, 4]


@pytest.mark.slow
def test_megabytes_of_rubbish_in_a_stranger_s_run_do_no_harm(
    train: Command, tmp_path: Path, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "LOST", 1e9)  # so that a line is written
    shutil.copytree(trained / "run", tmp_path / "run")
    run = tmp_path / "run"
    rubbish = (
        b"[" * 5_000_000 + b'\n\xff\xfe\n{"step": 8, "seconds": 1e999}\n' + b'{"step": 8}' * 500_000
    )
    for name in ("metrics.jsonl", "watchdog.jsonl"):
        with (run / name).open("ab") as file:
            file.write(rubbish)
    (run / "scores").mkdir()
    (run / "scores" / "training.json").write_bytes(rubbish)
    (run / "scores" / ".training.json.tmp").mkdir()
    scores = [
        option
        for option in SCORED
        if option.startswith("evaluation.") and option != "evaluation.every=null"
    ]
    result = train("resume=run", "training.steps=10", *scores, "evaluation.every=1")
    assert result.code == 0, result.err
    assert [line["step"] for line in metrics(run)] == [2, 4, 6, 8, 9, 10]
    entry = json.loads((run / "watchdog.jsonl").read_bytes().splitlines()[-1])
    assert (entry["kind"], entry["action"]) == ("collapsed", "warned")


@pytest.mark.slow
def test_full_scores_that_a_kill_left_out_are_taken_when_the_run_is_resumed(
    train: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert train(*SCORED, "run_dir=whole").code == 0

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(scorer.Scorer, "_score_fully", killed)
        assert train(*SCORED, "run_dir=cut").code == 130
    cut = tmp_path / "cut"
    assert {row[1] for row in kept(cut).values()} == {None}
    result = train("resume=cut")
    assert (result.code, result.err) == (0, "")
    assert "best step" in result.out
    assert "is complete at step 12" in result.out
    assert kept(cut) == kept(tmp_path / "whole")
    with monkeypatch.context() as patch:
        patch.setattr(scorer.Scorer, "choose", killed)
        assert train("resume=cut").code == 0  # once is enough


@pytest.mark.parametrize("before", [True, False])
def test_a_run_that_runs_out_of_memory_says_so(
    before: bool, train: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf

    from gan_cli.training import loop, run

    def short(*_: object, **__: object) -> None:
        message = (
            "Graph execution error:\nDetected at node conv\nOOM when allocating tensor with "
            "shape[64,512,7,7] and type float"
        )
        raise tf.errors.ResourceExhaustedError(None, None, message)

    if before:
        monkeypatch.setattr(run, "build", short)
    else:
        monkeypatch.setattr(loop.Loop, "run", short)
    result = train(*TINY, "training.steps=8", "run_dir=run")
    assert result.code == 9
    assert (
        "out of memory (OOM when allocating tensor with shape[64,512,7,7]); a smaller "
        "training.batch_size"
    ) in one_line(result)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Unable to allocate 12.0 TiB for an array",) * 2,
        ("", "an allocation was refused; make more free, or lift this process's limit"),
    ],
)
def test_data_that_do_not_fit_into_memory_are_one_line(
    text: str, said: str, train: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gan_cli import data

    def load(*_: object) -> None:
        raise MemoryError(*[text] * bool(text))

    monkeypatch.setattr(data, "load", load)
    result = train(*TINY)
    assert (result.code, one_line(result)) == (
        9,
        f"gan-train: out of memory: {said}",
    )
