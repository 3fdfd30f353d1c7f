"""`gan-runs`, and runs asked for by other names than their paths."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import gan_cli
from gan_cli.runs import checkpoint
from tests.conftest import TINY, Command, one_line
from tests.reports import made
from tests.runs.listing.overview_test import save

DAY = Path("runs/2026-11-20")


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A folder of three runs: done, with a name, failed."""
    day = tmp_path / DAY
    made.run(day / "10-31-02-dcgan-digits")
    config = {**made.CONFIG, "name": "wide", "notes": "twice\x1b[31m as wide"}
    made.run(day / "10-45-00-wide", full=30.0, config=config)
    config = {**made.CONFIG, "model": {"name": "vae"}}
    made.run(day / "11-00-00-vae-digits", full=None, score=None, config=config, end="no memory")
    return tmp_path


def test_the_table_fits_and_says_how_each_run_stands(three: Path, runs: Command) -> None:
    found = runs("sort=name")
    assert (found.code, found.err) == (0, "")
    assert max(map(len, found.out.splitlines())) <= 80
    head, first, second, third, notes = found.out.splitlines()
    assert head.split() == ["run", "model", "data", "step", "Fréchet", "size", "state"]
    known = ["dcgan", "digits", "100"]
    assert first.split()[:5] == ["2026-11-20/10-31-02", *known, "40"]
    assert second.split()[:5] == ["2026-11-20/10-45-00-wide", *known, "30"]
    assert third.split()[:4] == ["2026-11-20/11-00-00", "vae", "digits", "100/200"]
    assert [line.split()[-1] for line in (first, second, third)] == ["done", "done", "failed"]
    assert notes == "10-45-00-wide: twice\\x1b[31m as wide"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["sort=score"], ["wide", "dcgan-digits", "vae-digits"]),
        (["model=dcgan", "sort=name"], ["dcgan-digits", "wide"]),
        (["state=failed"], ["vae-digits"]),
        (["model=v*", "data=digits"], ["vae-digits"]),
        (["name=w?de"], ["wide"]),
        (["model=acgan"], []),
    ],
)
def test_what_is_asked_for_in_that_order(
    arguments: list[str], expected: list[str], three: Path, runs: Command
) -> None:
    found = json.loads(runs("--json", *arguments).out)
    assert [each["path"].split("-", 5)[-1] for each in found] == expected


def test_json_has_all_that_is_known(three: Path, runs: Command) -> None:
    (wide,) = json.loads(runs("format=json", "name=wide", "runs").out)
    assert wide["path"] == str(DAY / "10-45-00-wide")
    assert wide["notes"] == "twice\x1b[31m as wide"
    assert (wide["score"], wide["score_step"], wide["steps"]) == (30.0, 100, 200)
    assert wide["bytes"] > 1000
    assert wide["began"].startswith("20")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["state=finished"], 2, "state=finished: none of training, waiting, stopped,"),
        (["sort=colour"], 2, "sort=colour: input should be 'time', 'score'"),
        (["nowhere"], 4, "nowhere: no such directory"),
        (["2026"], 4, "2026: 3 runs begin so: "),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str], code: int, message: str, three: Path, runs: Command
) -> None:
    result = runs(*arguments)
    assert result.code == code
    assert message in one_line(result)


def test_pruning_says_what_it_would_free_and_then_does_it(three: Path, runs: Command) -> None:
    run = three / DAY / "10-31-02-dcgan-digits"
    for step in (200, 300):
        save(run, step, 60.0)
    dry = runs("prune=dry")
    assert dry.out.splitlines()[0] == f"{DAY}/10-31-02-dcgan-digits: steps 200, 1 kB"
    assert "would be freed: prune=true does it" in dry.out
    assert checkpoint.steps(run / "checkpoints") == [300, 200, 100]
    assert runs("--prune").out.splitlines()[-1] == "1 kB freed"
    assert checkpoint.steps(run / "checkpoints") == [300, 100]


def test_python_lists_the_same(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(three)
    frame = gan_cli.list_runs(model="dcgan", sort="score")
    assert list(frame["score"]) == [30.0, 40.0]
    assert frame.index[0] == DAY / "10-45-00-wide"
    assert gan_cli.load("wide").path == DAY / "10-45-00-wide"


@pytest.mark.slow
def test_runs_are_asked_for_by_their_names(
    train: Command, sample: Command, plot: Command, evaluate: Command, tmp_path: Path
) -> None:
    assert train(*TINY, "training.steps=4", "name=first", "notes=to begin with").code == 0
    (run,) = (tmp_path / "runs").glob("*/*-first")
    stored = json.loads((run / "config.json").read_text())
    assert (stored["name"], stored["notes"]) == ("first", "to begin with")
    assert f"of {run.relative_to(tmp_path)}: " in sample("last", "count=1", "output=a.png").out
    assert f"of {run.relative_to(tmp_path)}: " in sample("fir", "count=1", "output=b.png").out
    assert plot("first", "output=c.png").code == 0
    scored = evaluate("compare=[first,run]", "count=16", "repeats=1", "metrics=[frechet]")
    assert scored.code == 0, scored.err
    assert str(run.relative_to(tmp_path)) in scored.out
    assert train("resume=last", "training.steps=6", "notes=longer").code == 0
    assert json.loads((run / "config.json").read_text())["notes"] == "longer"
    assert train(*TINY, "training.steps=2", "init_from=first", "run_dir=third").code == 0
    stored = json.loads((tmp_path / "third/config.json").read_text())
    assert stored["init_from"] == str(run)
    gone = train("resume=second")
    assert (gone.code, one_line(gone)) == (4, "gan-train: second: no such directory")


@pytest.mark.parametrize("name", ["../up", "a/b", "", "-a", "a b", "x" * 61])
def test_a_name_is_part_of_a_path(name: str, train: Command) -> None:
    result = train(f"name='{name}'")
    assert (result.code, "name=" in one_line(result)) == (2, True)


def test_a_sweep_takes_a_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gan_cli.cli.hydra.source import sweep_directory

    monkeypatch.chdir(tmp_path)
    assert sweep_directory(None, "wide").endswith("-wide-sweep")
    assert sweep_directory(None, "../up").count("..") == 0
    assert sweep_directory("mine", "wide") == "mine"


def test_the_last_sweep_is_reported(report: Command, tmp_path: Path) -> None:
    made.sweep(tmp_path / DAY / "12-00-00-sweep")
    result = report("last", "samples=0")
    assert result.code == 0, result.err
    assert (tmp_path / DAY / "12-00-00-sweep" / "report.html").exists()
