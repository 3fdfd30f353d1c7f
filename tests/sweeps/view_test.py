"""What a sweep shows: lines in a file, a table on a terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.live import Live

from gan_cli.sweeps import view
from gan_cli.sweeps.processes import Task

from .tasks import logged, task


@pytest.fixture
def tasks(tmp_path: Path) -> list[Task]:
    made = [
        task(
            tmp_path,
            number,
            "model.width=4",
            f"optimizer.learning_rate={number}e-3",
            "loss=hinge",
            steps=100,
        )
        for number in range(4)
    ]
    made[0].record = replace(made[0].record, state="done")
    made[0].spent = 10.0
    made[1].record = replace(made[1].record, state="running")
    made[3].record = replace(made[3].record, state="failed", reason="a loss is not finite")
    logged(made[0].directory, frechet=[(50, 9.0), (100, 4.25)])
    logged(
        made[1].directory, frechet=[(20, 7.5), (40, 8.0)], elbo_held_out=[(20, -90.0), (40, -80.0)]
    )
    return made


def test_cells(tasks: list[Task], tmp_path: Path) -> None:
    standing = view.Standing(tmp_path, tasks, "frechet", 2)
    assert standing.cells(tasks[1]) == ("1", "learning_rate=1e-3", "0/100", "", "")
    standing.read(tasks)
    assert standing.cells(tasks[0]) == ("0", "learning_rate=0e-3", "done", "4.25", "")
    assert standing.cells(tasks[1]) == ("1", "learning_rate=1e-3", "40/100", "7.5", "00:06")
    assert standing.cells(tasks[2]) == ("2", "learning_rate=2e-3", "waiting", "", "")
    tasks[1].until = 50
    assert standing.cells(tasks[1])[2:] == ("40/50", "7.5", "00:01")


def test_of_a_bound_more_is_better(tasks: list[Task], tmp_path: Path) -> None:
    standing = view.Standing(tmp_path, tasks, "elbo_held_out", 2)
    standing.read(tasks)
    assert standing.cells(tasks[1])[3] == "-80"


def test_a_job_that_has_just_begun_is_taken_to_last_as_long_as_those_before(
    tasks: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 60.0])
    monkeypatch.setattr("gan_cli.sweeps.view.time.monotonic", lambda: next(clock))
    fresh = view.Standing(Path("sweep"), tasks, "frechet", 2)  # no line of it has been read
    assert fresh.heading().endswith("1 waiting; 01:00 so far, about 00:10 left")


def test_the_heading_counts_and_estimates(
    tasks: list[Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 60.0, 60.0])
    monkeypatch.setattr("gan_cli.sweeps.view.time.monotonic", lambda: next(clock))
    standing = view.Standing(Path("sweep"), tasks, "frechet", 2)
    standing.read(tasks)
    assert (
        standing.heading()
        == "sweep: 4 jobs, 1 done, 1 running, 1 failed, 1 waiting; 01:00 so far, about 00:08 left"
    )
    for each in tasks:
        each.record = replace(each.record, state="done")
    assert standing.heading() == "sweep: 4 jobs, 4 done; 01:00 in all"


def test_lines(
    tasks: list[Task],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with view.view(tmp_path, tasks, "frechet", 2) as seen:
        seen.started(tasks[1])
        seen.show([tasks[1]])
        seen.ended(tasks[3])
        monkeypatch.setattr(view, "EVERY", 0.0)
        seen.show([tasks[1]])
    first, second, third, fourth, last = capsys.readouterr().out.splitlines()
    assert first == f"job 1 (learning_rate=1e-3) started in {tmp_path}/1"
    assert second == "job 3 (learning_rate=3e-3) failed, 00:00: a loss is not finite"
    assert third == "job 1 (learning_rate=1e-3)  40/100  Fréchet 7.5  00:06 left"
    assert fourth.startswith(f"{tmp_path}: 4 jobs, 1 done, 1 running")
    assert last.startswith(f"{tmp_path}: 4 jobs, 1 done, 1 running")


def test_the_table_fits_its_terminal(tasks: list[Task], tmp_path: Path) -> None:
    out = io.StringIO()
    many = tasks + [task(tmp_path, number, f"a.key={'[bold]' * 40}") for number in range(4, 40)]
    console = Console(file=out, width=80, height=12, force_terminal=True)
    with Live(console=console, auto_refresh=False) as live:
        seen = view.LiveTable(view.Standing(Path("sweep"), many, "frechet", 2), live)
        seen.show(many)
        seen.ended(tasks[3])
    text = out.getvalue()
    assert "Fréchet" in text
    assert "a loss is not finite" in text
    assert "40/100" in text
    last = text[text.rindex("sweep: 40 jobs") :].splitlines()[2:]
    rows = [line.split()[0] for line in last if line.strip()[:1].isdigit()]
    assert rows[:3] == ["0", "1", "2"]
    assert len(rows) == 5
    assert "3" in rows


def test_what_is_no_text_never_reaches_the_terminal(tmp_path: Path) -> None:
    made = [task(tmp_path, number, f"a.b=\x1b[2J{number}") for number in range(2)]
    assert view.Standing(tmp_path, made, "frechet", 1).cells(made[1])[1] == "b=\\x1b[2J1"
