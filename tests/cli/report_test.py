"""`gan-report` from the outside."""

from __future__ import annotations

import csv
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

from gan_cli.config.commands import ReportConfig
from gan_cli.config.options import defaults
from tests.conftest import TINY, Command, one_line

from ..reports import made


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    return made.sweep(tmp_path / "sweep")


def test_a_sweep_is_ranked_and_written_beside_its_jobs(report: Command, sweep: Path) -> None:
    result = report("sweep", "samples=0")
    assert (result.code, result.err) == (0, "")
    assert [" ".join(line.split()) for line in result.out.splitlines()] == [
        "sweep: 7 jobs (4 done, 1 pruned, 1 failed, 1 waiting)",
        "Fréchet distance, lower is better",
        "mean s.d. n over seeds of",
        "1 33.00 4.24 2 learning_rate=0.001, loss=minimax",
        "2 42.00 2.83 2 learning_rate=0.0001, loss=hinge",
        "1 job measured otherwise: the page has them apart",
        "report sweep/report.html",
        "table sweep/report.csv",
    ]
    assert "<title>sweep</title>" in (sweep / "report.html").read_text(encoding="utf-8")
    with (sweep / "report.csv").open(encoding="utf-8") as file:
        assert [row["directory"] for row in csv.DictReader(file)] == [
            "2",
            "3",
            "0",
            "1",
            "5",
            "4",
            "6",
        ]
    assert report("directory=sweep", "samples=0").code == 0  # an older report is replaced
    assert sorted(path.name for path in sweep.iterdir() if path.is_file()) == [
        "report.csv",
        "report.html",
        "sweep.json",
    ]


def test_jobs_are_listed_where_no_seed_is_repeated(report: Command, tmp_path: Path) -> None:
    for number in range(12):
        made.run(
            tmp_path / "day" / f"run-{number:02}-{'x' * 60}",
            10.0 + number,
            overrides=[f"model.width={number}"],
        )
    result = report("day", "samples=0")
    lines = [" ".join(line.split()) for line in result.out.splitlines()]
    assert lines[:3] == [
        "day: 12 jobs (12 done)",
        "Fréchet distance, lower is better",
        "Fréchet job settings",
    ]
    assert lines[3].startswith("1 10.00 run-00-xxx")
    assert max(map(len, result.out.splitlines())) <= 80
    assert [line for line in lines if line.startswith("10 19.00 run-09-xxx")]
    assert lines[-3] == "... 2 more"


def test_nothing_of_a_directory_steers_the_terminal(report: Command, tmp_path: Path) -> None:
    name = "a\x1b[31m\u202e[red]b"
    for number in (0, 1):
        overrides = [f"loss=\x1b]0;owned\x07{number}", "seed=0"]
        made.run(tmp_path / name / f"{name}{number}", overrides=overrides)
    (tmp_path / name / f"{name}0" / "job.json").write_text("{")
    result = report(name, "samples=0")
    assert result.code == 0
    assert all(letter.isprintable() or letter == "\n" for letter in result.out + result.err)
    assert "a\\x1b[31m\\u202e[red]b" in result.out


@pytest.mark.slow
def test_samples_of_real_runs(report: Command, train: Command, tmp_path: Path) -> None:
    scored = [
        *TINY,
        "evaluation.every=2",
        "evaluation.count=16",
        "evaluation.final_count=32",
        "evaluation.extractor=pixels",
    ]
    assert train("-m", *scored, "training.steps=4", "seed=0,1", "hydra.sweep.dir=sweep").code == 0
    result = report("sweep", "samples=4")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[0] == "sweep: 2 jobs (2 done)"
    page = (tmp_path / "sweep" / "report.html").read_text(encoding="utf-8")
    assert page.count('<img src="data:image/png;base64,') == 2
    assert "pixels (" in page
    with (tmp_path / "sweep" / "report.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["state"], row["count"], row["training.steps"]) for row in rows] == [
        ("done", "32", "4")
    ] * 2
    assert {row["seed"] for row in rows} == {"0", "1"}
    assert all(row["command"].startswith("gan-train ") for row in rows)


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        ([], 2, "directory is missing: gan-report DIR"),
        (["nowhere"], 4, "nowhere: no such directory"),
        (["empty"], 4, "empty: no run in it, nor one folder below"),
        (["sweep/0"], 4, "sweep/0: is a run itself"),
        (["sweep", "empty"], 2, "empty: one directory at a time, and sweep is given already"),
        (
            ["sweep", "directory=empty"],
            2,
            "sweep: give directory either as bare argument or as directory=",
        ),
        (["sweep", "output=page.htm"], 2, "output=page.htm: a page, so its name must end in .html"),
        (["sweep", "output=no/page.html"], 2, "output=no/page.html: no directory no"),
        (["sweep", "output=mine.html"], 2, "mine.html exists already and is no report"),
        (["sweep", "objective=fid"], 2, "objective=fid"),
        (["sweep", "samples=257"], 2, "samples=257"),
        (["sweep", "sample=0"], 2, "unknown key 'sample'; did you mean 'samples'?"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], code: int, part: str, report: Command, sweep: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "mine.html").write_text("<p>mine</p>")
    result = report(*arguments)
    assert (result.code, part in one_line(result)) == (code, True), result.err
    assert not (sweep / "report.html").exists()


def test_another_place(report: Command, sweep: Path, tmp_path: Path) -> None:
    result = report("sweep", "samples=0", "output=mine.html")
    assert result.out.splitlines()[-2:] == ["report  mine.html", "table   mine.csv"]
    assert (tmp_path / "mine.html").exists()
    assert (tmp_path / "mine.csv").exists()
    assert not (sweep / "report.html").exists()


def test_a_damaged_run_is_a_warning(report: Command, sweep: Path) -> None:
    (sweep / "1" / "job.json").write_text("{")
    (sweep / "2" / "metrics.jsonl").unlink()
    (sweep / "2" / "metrics.jsonl").mkdir()
    result = report("sweep", "samples=0")
    expected = [
        "sweep/1/job.json: not readable as JSON",
        "sweep/2/metrics.jsonl: is not a plain file; the run is shown without curves",
    ]
    assert result.code == 0
    assert result.err.splitlines() == [f"gan-report: {line}" for line in expected]
    page = (sweep / "report.html").read_text(encoding="utf-8")
    assert [line for line in expected if line not in page] == []


@pytest.mark.slow
def test_a_value_in_quotes_is_told_apart_and_repeated_as_it_was_given(
    train: Command, report: Command, tmp_path: Path
) -> None:
    given = [*TINY, "data.size=[8,8]", "training.steps=2"]
    for seed in ("4", "5"):
        assert train(*given, f"seed={seed}", f"run_dir=runs/{seed}").code == 0
    assert report("runs", "samples=0").code == 0
    with (tmp_path / "runs" / "report.csv").open(encoding="utf-8") as file:
        rows = {row["directory"]: row for row in csv.DictReader(file)}
    assert rows["5"]["data.size"] == "[8,8]"
    again = shlex.split(rows["5"]["command"])
    assert again == ["gan-train", *given, "seed=5"]


def test_a_disk_that_refuses_is_one_line_and_leaves_the_older_report(
    report: Command, sweep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert report("sweep", "samples=0").code == 0
    before = (sweep / "report.html").read_bytes()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", refuse)
    result = report("sweep", "samples=0")
    expected = (
        "gan-report: sweep/report.html: No space left on device; output=FILE takes another place"
    )
    assert (result.code, one_line(result)) == (8, expected)
    assert (sweep / "report.html").read_bytes() == before
    assert not list(sweep.glob(".*.tmp"))


@pytest.mark.parametrize("path", ["a,b", "it's", "${x}", "a b", "seed=0", "end\\"])
def test_any_folder_is_a_bare_argument(path: str, report: Command, tmp_path: Path) -> None:
    made.run(tmp_path / path / "run")
    assert report(path, "samples=0").code == 0
    assert (tmp_path / path / "report.html").exists()


def test_every_option_is_a_key_of_the_yaml() -> None:
    with initialize_config_module("gan_cli.configs", version_base="1.3"):
        composed = compose("report", ["directory=a"])
    assert OmegaConf.to_container(composed) == defaults(ReportConfig) | {"directory": "a"}


@pytest.mark.slow
def test_without_samples_tensorflow_is_never_imported(sweep: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from gan_cli.cli.report import main\n"
        "sys.argv[1:] = ['sweep', 'samples=0']\n"
        "assert main() == 0\n"
        "assert not {'tensorflow', 'keras', 'matplotlib'} & set(sys.modules), "
        "'imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
