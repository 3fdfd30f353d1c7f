"""What people call a run, and which one that is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gan_cli.base.errors import RunDirectoryError
from gan_cli.runs.listing import locate
from tests.reports import made

DAY = Path("runs/2026-11-20")


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three runs and a sweep of two jobs; the second run ended last, then the first job."""
    monkeypatch.chdir(tmp_path)
    made.run(DAY / "10-31-02-dcgan-mnist")
    made.run(DAY / "10-45-00-wide", config={**made.CONFIG, "name": "wide"})
    made.run(DAY / "11-00-00-dcgan-mnist", config={**made.CONFIG, "name": "second"})
    for number in (0, 1):
        made.run(DAY / "12-00-00-sweep" / str(number))
    order = ["11-00-00-dcgan-mnist", "10-31-02-dcgan-mnist", "12-00-00-sweep/1", "12-00-00-sweep/0"]
    for time, name in enumerate([*order, "10-45-00-wide"]):
        os.utime(DAY / name / "train.log", (1000.0 + time, 1000.0 + time))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("last", "10-45-00-wide"),
        ("2026-11-20/10-31", "10-31-02-dcgan-mnist"),
        ("runs/2026-11-20/11", "11-00-00-dcgan-mnist"),
        ("10-31", "10-31-02-dcgan-mnist"),
        ("wide", "10-45-00-wide"),
        ("wi", "10-45-00-wide"),
        ("second", "11-00-00-dcgan-mnist"),
        ("12-00-00-sweep/1", "12-00-00-sweep/1"),
        ("sweep/0", "12-00-00-sweep/0"),
    ],
)
def test_a_run_by_its_names(given: str, expected: str) -> None:
    assert locate.run(given) == DAY / expected


def test_a_path_is_itself_whatever_runs_are_called(tmp_path: Path) -> None:
    (tmp_path / "last").mkdir()
    assert locate.run("last") == Path("last")
    assert locate.run(DAY) == DAY
    assert locate.run("nothing") == Path("nothing")
    assert locate.run(tmp_path / "wide") == tmp_path / "wide"


@pytest.mark.parametrize("given", ["2026", "dcgan", "10-"])
def test_several_that_begin_so_are_named_in_one_line(given: str) -> None:
    with pytest.raises(RunDirectoryError) as caught:
        locate.run(given)
    assert str(caught.value).startswith(f"{given}: ")
    assert f"begin so: {DAY}/10-31-02-dcgan-mnist" in str(caught.value)
    assert str(caught.value).endswith("; give more of it")


def test_two_of_one_name_are_told_apart_by_their_times() -> None:
    made.run(DAY / "13-00-00-wide")
    with pytest.raises(RunDirectoryError, match="wide: 2 runs begin so"):
        locate.run("wide")
    assert locate.run("13") == DAY / "13-00-00-wide"


def test_a_sweep_by_its_names() -> None:
    assert locate.folder("last") == locate.folder("12-00") == DAY / "12-00-00-sweep"
    assert locate.folder("runs") == Path("runs")


def test_last_is_also_a_run_right_here(tmp_path: Path) -> None:
    made.run(tmp_path / "digits")
    made.run(tmp_path / "deeper" / "newer")
    (tmp_path / "empty").mkdir()
    os.utime(tmp_path / "digits" / "train.log", (1003.5, 1003.5))
    assert locate.run("last") == DAY / "10-45-00-wide"
    os.utime(tmp_path / "digits" / "train.log", (1004.5, 1004.5))
    assert locate.run("last") == Path("digits")
    assert locate.folder("last") == DAY / "12-00-00-sweep"


def test_last_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(RunDirectoryError, match="last: there is no run in runs or here; give its"):
        locate.run("last")
    with pytest.raises(RunDirectoryError, match="last: there is no sweep in runs; give its"):
        locate.folder("last")


def test_neither_links_nor_a_strangers_names_lead_elsewhere(tmp_path: Path) -> None:
    made.run(tmp_path / "outside", config={**made.CONFIG, "name": "x"})
    (DAY / "14-00-00-link").symlink_to(tmp_path / "outside")
    assert locate.run("14") == Path("14")
    (DAY / "10-31-02-dcgan-mnist" / "config.json").write_text('{"name": ["a"]}')
    (DAY / "11-00-00-dcgan-mnist" / "config.json").write_text("{")
    assert locate.run("second") == Path("second")
