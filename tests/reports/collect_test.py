"""Rows from directories: of sweeps, of plain runs, of strangers."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gan_cli.base import files
from gan_cli.base.errors import ConfigError, RunDirectoryError
from gan_cli.reports import collect as collecting
from gan_cli.reports.collect import collect
from gan_cli.reports.provenance import APART
from gan_cli.sweeps.outcome import Outcome

from . import made


def test_all_of_a_sweep(tmp_path: Path) -> None:
    collected = collect(made.sweep(tmp_path / "sweep"))
    assert [(row.name, row.state) for row in collected.rows] == [
        ("0", "done"),
        ("1", "done"),
        ("2", "done"),
        ("3", "done"),
        ("4", "failed"),
        ("5", "pruned"),
        ("6", "waiting"),
    ]
    assert collected.sweep is not None
    assert collected.sweep.arguments == ["-m", "seed=0,1", "loss=hinge,minimax"]
    assert (collected.objective, collected.warnings) == ("frechet", [])
    assert collected.varying == ["optimizer.learning_rate", "loss"]
    assert collected.constant == {"training.steps": "200"}
    first, *_, failed, pruned, waiting = collected.rows
    assert first.outcome == Outcome("frechet", 40.0, 100, 1000, made.FACTS.fingerprint)
    assert first.settings == {
        "training.steps": "200",
        "optimizer.learning_rate": "0.0001",
        "loss": "hinge",
        "seed": "0",
    }
    assert (first.seconds, first.peak_bytes, first.images_per_second) == (
        120.0,
        1_500_000_000,
        200.0,
    )
    assert first.beside == {"diversity": 0.4}
    assert first.versions == made.VERSIONS
    assert first.arguments == [
        "training.steps=200",
        "optimizer.learning_rate=1e-4",
        "loss=hinge",
        "seed=0",
    ]
    assert {key: series.values.tolist() for key, series in first.curves.items()} == {
        "loss_generator": [1.0, 0.5],
        "frechet": [60.0, 45.0],
    }
    assert (failed.run, failed.outcome.score, failed.reason) == (
        None,
        None,
        "loss_generator not finite at step 7",
    )
    assert (failed.attempts, failed.exit_code) == (2, 6)
    assert (pruned.outcome.score, pruned.outcome.count) == (70.0, None)
    assert pruned.provenance is not None
    assert pruned.provenance.count == 500
    assert (waiting.settings["seed"], waiting.settings["training.steps"], waiting.arguments) == (
        "1",
        "200",
        None,
    )


def test_reading_changes_nothing(tmp_path: Path) -> None:
    directory = made.sweep(tmp_path / "sweep")
    before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    collect(directory)
    assert {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()} == before


def test_plain_runs_of_a_day_and_of_a_sweep_beside_them(tmp_path: Path) -> None:
    made.run(tmp_path / "day" / "10-00-00-dcgan", overrides=["seed=1", "run_dir=x"])
    made.run(
        tmp_path / "day" / "11-00-00-sweep" / "0",
        overrides=["optimizer.learning_rate=1e-3"],
        end=None,
    )
    made.run(tmp_path / "day" / "11-00-00-sweep" / "10", end="ruined")
    made.run(tmp_path / "day" / "11-00-00-sweep" / "9", end="stopped and saved at step 7; x")
    (tmp_path / "day" / "notes").mkdir()
    rows = collect(tmp_path / "day").rows
    assert [(row.name, row.state) for row in rows] == [
        ("10-00-00-dcgan", "done"),
        ("11-00-00-sweep/0", "unfinished"),
        ("11-00-00-sweep/9", "stopped"),
        ("11-00-00-sweep/10", "failed"),
    ]
    assert rows[0].arguments == ["seed=1"]
    assert [row.settings["optimizer.learning_rate"] for row in rows] == [
        "0.0001",
        "0.001",
        "0.0001",
        "0.0001",
    ]
    assert (rows[0].seconds, rows[0].attempts, rows[3].reason) == (60.0, None, "ruined")


@pytest.mark.parametrize(
    ("steps", "state"), [(100, "done"), (101, "unfinished"), (None, "unfinished")]
)
def test_without_a_log_the_checkpoints_say_how_far_a_run_came(
    steps: int | None, state: str, tmp_path: Path
) -> None:
    config = {"training": {"steps": steps}, "seed": 5}
    run = made.run(tmp_path / "runs" / "a", config=config, overrides=None)
    (run / "train.log").unlink()
    (row,) = collect(tmp_path / "runs").rows
    assert (row.state, row.arguments, row.settings["seed"]) == (state, None, "5")


def test_the_objective_is_that_of_the_runs(tmp_path: Path) -> None:
    config = made.CONFIG | {
        "evaluation": {"objective": "elbo_held_out"},
        "model": {"name": "vae", "likelihood": "gaussian"},
    }
    lines = [
        {"step": step, "seconds": 1.0, "elbo_held_out": value}
        for step, value in ((5, -90.0), (10, -80.0), (15, -85.0))
    ]
    made.run(tmp_path / "runs" / "a", config=config, lines=lines)
    collected = collect(tmp_path / "runs")
    (row,) = collected.rows
    assert (collected.objective, row.outcome.score, row.outcome.step) == (
        "elbo_held_out",
        -80.0,
        10,
    )
    assert row.provenance is not None
    assert dict(row.provenance.said) == {
        "held-out images": "of digits (cdcdcdcdcdcd)",
        "likelihood": "gaussian",
        "binarized": "false",
    }
    assert collect(tmp_path / "runs", "frechet").rows[0].outcome.score == 40.0
    made.run(tmp_path / "runs" / "b")
    with pytest.raises(
        ConfigError, match="objectives elbo_held_out and frechet; objective=NAME chooses one"
    ):
        collect(tmp_path / "runs")


def test_a_score_of_another_fingerprint_than_the_stored_one_says_so(tmp_path: Path) -> None:
    run = made.run(tmp_path / "runs" / "a")
    made.change(run / "scores" / "training.json", data_name="mnist")
    (row,) = collect(tmp_path / "runs").rows
    assert row.provenance is not None
    assert row.provenance.fingerprint == made.FACTS.fingerprint
    assert (list(row.provenance.said), row.provenance.stored) == (["measured with"], False)


def test_jobs_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    names = ["2", "10", "a-2", "a-10", "b-1"]
    for name in names[::-1]:
        made.job(tmp_path / "runs" / name, ["seed=0"])
    assert [row.name for row in collect(tmp_path / "runs").rows] == names


def test_where_there_are_no_runs(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="no such directory"):
        collect(tmp_path / "nowhere")
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    with pytest.raises(RunDirectoryError, match="no run in it, nor one folder below"):
        collect(tmp_path / "a")
    run = made.run(tmp_path / "run")
    with pytest.raises(
        RunDirectoryError, match="is a run itself; gan-report takes the folder that holds runs"
    ):
        collect(run)


def test_a_changed_record_of_a_job_is_named(tmp_path: Path) -> None:
    path = made.sweep(tmp_path / "sweep") / "1" / "job.json"
    path.write_text(path.read_text().replace('"seconds": 120.0', '"seconds": 20.0'))
    (line,) = collect(tmp_path / "sweep").damage
    assert line.startswith(f"{path}: changed since it was written")


@pytest.mark.parametrize(
    ("name", "content", "warning"),
    [
        ("job.json", "{", "job.json: not readable as JSON"),
        ("job.json", '{"format": 1}', "job.json: overrides is missing"),
        ("metrics.jsonl", "FOLDER", "metrics.jsonl: is not a plain file"),
        ("config.json", "[]", "config.json: not a JSON object"),
        ("config.json", '{"a":' * 900 + "1" + "}" * 900, "config.json"),
        ("link", None, "link: is a link"),
    ],
)
def test_a_damaged_run_is_named_and_the_others_are_shown(
    name: str, content: str | None, warning: str, tmp_path: Path
) -> None:
    directory = made.sweep(tmp_path / "sweep")
    damaged = directory / "1" / name
    if content == "FOLDER":
        damaged.unlink()
        damaged.mkdir()
    else:
        damaged.symlink_to("/etc/passwd") if content is None else damaged.write_text(content)
    collected = collect(directory)
    damage = {row.name: row.damage for row in collected.rows if row.damage}
    assert set(damage) == {"1"}
    assert [line for line in damage["1"] if warning in line]
    assert (collected.warnings, collected.damage) == ([], [*damage["1"]])
    assert [row.outcome.score for row in collected.rows if row.name in "023"] == [40.0, 30.0, 36.0]


def test_damaged_metrics_cost_the_curves_and_not_the_score(tmp_path: Path) -> None:
    run = made.run(tmp_path / "runs" / "a")
    with (run / "metrics.jsonl").open("a") as file:
        file.write("{\n")
    (row,) = collect(tmp_path / "runs").rows
    line = f"{run}/metrics.jsonl: 1 line is not as written; left out of the curves"
    assert row.damage == (line,)
    assert row.curves["frechet"].values.tolist() == [60.0, 50.0]
    (run / "metrics.jsonl").unlink()
    (run / "metrics.jsonl").mkdir()
    (row,) = collect(tmp_path / "runs").rows
    line = f"{run}/metrics.jsonl: is not a plain file; the run is shown without curves"
    assert row.damage == (line,)
    assert (row.outcome.score, row.curves, row.seconds) == (40.0, {}, None)


def test_damaged_scores_are_no_scores(tmp_path: Path) -> None:
    run = made.run(tmp_path / "runs" / "a")
    made.change(run / "checkpoints" / "step-00000100" / "manifest.json", full_score=1e300)
    collected = collect(tmp_path / "runs")
    assert collected.rows[0].outcome.score is None
    assert collected.rows[0].damage == (f"{run}: its score is beyond 1e+30",)
    made.change(
        run / "checkpoints" / "step-00000100" / "manifest.json", full_score=1.0, full_count=10**400
    )
    (row,) = collect(tmp_path / "runs").rows
    assert (row.outcome.score, row.outcome.count) == (1.0, None)


def test_numbers_that_fit_nowhere_are_left_out(tmp_path: Path) -> None:
    path = made.run(tmp_path / "runs" / "a")
    made.job(path, ["seed=0"], attempts=10**30, exit_code=-(10**30), peak_bytes=10**400)
    (row,) = collect(tmp_path / "runs").rows
    assert (row.attempts, row.exit_code, row.peak_bytes) == (None, None, None)


def test_a_damaged_sweep_file_is_named(tmp_path: Path) -> None:
    directory = made.sweep(tmp_path / "sweep")
    (directory / "sweep.json").write_text("{}")
    collected = collect(directory)
    assert (collected.sweep, len(collected.rows)) == (None, 6)
    assert "sweep.json: format is missing" in collected.warnings[0]


def test_links_hidden_folders_and_pipes_are_no_jobs(tmp_path: Path) -> None:
    made.run(tmp_path / "elsewhere")
    made.run(tmp_path / "runs" / "a")
    made.run(tmp_path / "runs" / ".hidden")
    (tmp_path / "runs" / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "runs" / "pipe")
    assert [row.name for row in collect(tmp_path / "runs").rows] == ["a"]


def test_more_jobs_than_a_page_can_show_are_cut_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = made.sweep(tmp_path / "sweep")
    monkeypatch.setattr(collecting, "MOST_JOBS", 2)
    collected = collect(directory)
    assert [row.name for row in collected.rows] == ["0", "1"]
    assert collected.warnings == [f"{directory}: 6 jobs, of which the first 2 are shown"]


def test_the_command_of_a_run_is_kept_as_it_was_given(tmp_path: Path) -> None:
    given = ["data.size=[48,64]", "data.path=my pictures/seed=1", "loss='a b'", "run_dir=x"]
    made.run(tmp_path / "runs" / "a", overrides=given)
    (row,) = collect(tmp_path / "runs").rows
    assert row.arguments == given[:3]
    assert row.settings["data.size"] == "[48,64]"
    assert row.settings["data.path"] == "my pictures/seed=1"


def test_a_command_that_is_none_is_damage(tmp_path: Path) -> None:
    run = made.run(tmp_path / "runs" / "a")
    (run / "command.json").write_text('{"format": 1, "arguments": [1]}')
    (row,) = collect(tmp_path / "runs").rows
    assert (row.arguments, row.outcome.score) == (None, 40.0)
    assert row.damage[0].startswith(f"{run}/command.json: ")


def test_the_fingerprint_is_the_one_that_training_writes() -> None:
    facts = {key: value for key, value in made.FACTS.__dict__.items() if key not in APART}
    assert made.FACTS.fingerprint == files.fingerprint(facts)
    assert (
        replace(made.FACTS, final_count=None, since=9).fingerprint
        == made.FACTS.fingerprint
        != replace(made.FACTS, count=9).fingerprint
    )


def test_no_tensorflow(tmp_path: Path) -> None:
    made.sweep(tmp_path / "sweep")
    code = (
        "import sys; from pathlib import Path; from gan_cli.reports.collect import collect\n"
        "assert len(collect(Path('sweep')).rows) == 7\n"
        "assert not {'tensorflow', 'keras', 'matplotlib'} & set(sys.modules), 'imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
