"""report.html and report.csv of made sweeps: what they say, and that nothing of a stranger's
becomes part of them.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from gan_cli.reports import output, page, table, words
from gan_cli.reports.collect import collect
from gan_cli.reports.embedded import Picture
from gan_cli.reports.rows import Collected
from gan_cli.reports.spread import rank

from . import made

NOW = datetime(2026, 11, 21, 9, 5)
HOSTILE = [
    "</script><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "{{title}}",
    "\x1b[31m\u202e",
    "x" * 3900,
]


class Reader(HTMLParser):
    """A page as its elements, attributes and text by section."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str | None]] = []
        self.identifiers: list[str] = []
        self.said: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += attrs
        self.identifiers += [value for key, value in attrs if key == "id" and value]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.said.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.said))

    @property
    def links(self) -> set[str]:
        """What is outside of the page's own text."""
        keys = ("src", "href", "srcset", "action", "data", "poster", "style")
        found = {value for key, value in self.attributes if key in keys and value}
        return {value for value in found if not value.startswith("#")}


def built(directory: Path, pictures: dict[str, Picture] | None = None) -> tuple[Collected, str]:
    collected = collect(directory)
    return collected, page.page(collected, rank(collected.rows), pictures or {}, NOW)


def figures_of(text: str) -> dict[str, Any]:
    """What the page's script draws."""
    (found,) = re.findall(r'<script type="application/json" id="figures">(.*?)</script>', text)
    made: dict[str, Any] = json.loads(found)
    return made


def rows_of(collected: Collected) -> list[dict[str, str]]:
    """The CSV as it is read again."""
    written = table.csv(table.table(collected, rank(collected.rows).order))
    return list(csv.DictReader(io.StringIO(written)))


def scripts_of(text: str) -> list[str]:
    """What a browser may run, by the hashes of the policy."""
    return re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)


def test_the_page_of_a_sweep(tmp_path: Path) -> None:
    collected, text = built(made.sweep(tmp_path / "2026-11-20" / "10-31-02-sweep"))
    times = sorted(time for row in collected.rows for time in (row.began, row.ended) if time)
    read = Reader(text)
    assert text.startswith(page.FIRST_LINES)
    assert read.open == []
    assert len(read.identifiers) == len(set(read.identifiers)) > 20
    for said in [
        "2026-11-20, 10-31-02-sweep",
        "7 jobs",
        "4 done",
        "1 pruned",
        "1 failed",
        "1 waiting",
        "gan-train -m seed=0,1 loss=hinge,minimax",
        f"{words.period(times)}. Report of 21 November 2026, 09:05.",
        f"gan_cli {version('gan_cli')}, tensorflow {version('tensorflow')}",
        "training.steps 200",
        "Fréchet distance; lower is better",
        "33.00 4.24 -5.12 to 71.12",
        "Settings without a mean",
        "1 failed, 1 waiting",
        "digits (cdcdcdcdcdcd)",
        "805 of the train split, seed 0",
        "classifier (abababababab)",
        "none, 16x16x1 as trained",
        "1,000, seed 0",
        made.FACTS.fingerprint[:12],
        "Table B: samples: 500, seed 0 instead of 1,000, seed 0",
        "loss_generator not finite at step 7",
        "others were better",
        "gan-train training.steps=200 optimizer.learning_rate=1e-4 loss=hinge seed=0",
    ]:
        assert said in read.text, said
    sections = {"settings", "all-jobs", "curves", "coordinates", "not-done", "commands"}
    tables = {"settings-A", "jobs", "failures"}
    assert sections | tables | {f"job-{place}" for place in range(7)} <= set(read.identifiers)
    assert {f"command-{place}" for place in range(7)} - set(read.identifiers) == {
        "command-6"
    }  # it has not begun
    assert "Samples" not in read.text


def test_pictures_come_first_then_the_ranking_then_curves(tmp_path: Path) -> None:
    picture = Picture("data:image/png;base64,AAAA", 74, 74, 100, 16)
    _, text = built(made.sweep(tmp_path / "sweep"), {"0": picture})
    found = [each for each in Reader(text).identifiers if f'<section id="{each}">' in text]
    assert found == [
        *("samples", "settings", "all-jobs", "curves", "coordinates", "not-done", "commands")
    ]


def test_the_figures_hold_the_numbers_of_the_jobs(tmp_path: Path) -> None:
    made_of = figures_of(built(made.sweep(tmp_path / "sweep"))[1])
    assert set(made_of) == {"intervals-A", "curve-0", "curve-1", "parallel"}
    (intervals,) = made_of["intervals-A"]["data"]
    assert (intervals["x"], intervals["y"]) == ([33.0, 42.0], [1, 2])
    assert intervals["error_x"]["array"] == pytest.approx([12.7062 * 3.0, 12.7062 * 2.0], abs=1e-3)
    (parallel,) = made_of["parallel"]["data"]
    assert parallel["meta"]["jobs"] == [3, 2, 1, 0]
    assert parallel["dimensions"][-1]["values"] == [44.0, 40.0, 36.0, 30.0]
    assert [each["meta"]["job"] for each in made_of["curve-0"]["data"]] == [4, 3, 2, 1, 0]


def test_the_footer_of_a_table_says_what_its_own_rows_were_evaluator(tmp_path: Path) -> None:
    other = replace(made.FACTS, data="ef" * 32, data_name="mnist")
    for name, data, facts, end in [
        *(("a", "digits", made.FACTS, "done"), ("b", "mnist", other, "done")),
        ("c", "folder", replace(made.FACTS, data="01" * 32, data_name="folder"), "ruined"),
    ]:
        made.run(tmp_path / "runs" / name, facts=facts, overrides=[f"data={data}"], end=end)
    _, text = built(tmp_path / "runs")
    said = {
        letter: Reader(re.split(r"</dl>", rest)[0]).text
        for letter, rest in re.findall(r"<h3>Table (.)</h3>(.*?)</dl>", text, flags=re.DOTALL)
    }
    assert {letter: ("digits" in each, "mnist (efef" in each) for letter, each in said.items()} == {
        "A": (True, False),
        "B": (True, True),  # it says what instead of what
    }
    for each in said.values():
        assert "folder" not in each


def test_the_page_may_load_nothing_and_runs_its_own_scripts_only(tmp_path: Path) -> None:
    picture = Picture("data:image/png;base64,AAAA", 74, 74, 100, 16)
    _, text = built(made.sweep(tmp_path / "sweep"), {"0": picture})
    scripts = scripts_of(text)
    hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in scripts]
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy"\s+content="([^"]+)"', text)
    assert policy.split("; ") == [
        "default-src 'none'",
        "img-src data: blob:",
        "style-src 'unsafe-inline'",
        f"script-src 'sha256-{hashes[1]}' 'sha256-{hashes[0]}' 'unsafe-eval'",
        "form-action 'none'",
        "base-uri 'none'",
    ]
    read = Reader(text)
    assert read.links == {"data:image/png;base64,AAAA"}
    assert not read.tags.keys() & {"link", "iframe", "object", "embed", "form", "base"}
    assert read.tags["script"] == 3  # with the figures' data


def test_without_figures_there_is_no_plotly_and_nothing_may_compile(tmp_path: Path) -> None:
    made.job(tmp_path / "sweep" / "0", ["seed=0"], "running")
    _, text = built(tmp_path / "sweep")
    assert (len(text) < 60_000, "unsafe-eval" in text, figures_of(text)) == (True, False, {})


def test_samples_are_in_the_order_of_the_ranks_and_enlarged_by_whole_factors(
    tmp_path: Path,
) -> None:
    uri = "data:image/png;base64,AAAA"
    pictures = {
        "0": Picture(uri, 74, 74, 100, 16),
        "2": Picture(uri, 602, 500, 100, 148),
        "5": Picture(uri, 122, 302, 100, 28),
    }
    _, text = built(made.sweep(tmp_path / "sweep"), pictures)
    assert re.findall(
        r'<img [^>]*width="(\d+)" height="(\d+)" alt="([^"]*)"( class="pixels")?', text
    ) == [
        ("602", "500", "Samples of job 2", ""),
        ("296", "296", "Samples of job 0", ' class="pixels"'),
        ("244", "604", "Samples of job 5", ' class="pixels"'),
    ]
    read = Reader(text)
    assert "1. job 2 Fréchet 30.00" in read.text
    assert "1B. job 5 Fréchet 70.00, pruned" in read.text


def test_damage_is_on_the_page_and_in_the_table(tmp_path: Path) -> None:
    directory = made.sweep(tmp_path / "sweep")
    (directory / "1" / "job.json").write_text("{")
    collected, text = built(directory)
    line = f"{directory}/1/job.json: not readable as JSON"
    assert (line in Reader(text).text, "1 damaged" in Reader(text).text) == (True, True)
    assert {row["directory"]: row["damage"] for row in rows_of(collected) if row["damage"]} == {
        "1": line
    }


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a sweep that holds nothing hostile."""
    return built(made.sweep(tmp_path_factory.mktemp("harmless") / "sweep"))[1]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_stranger_becomes_markup(text: str, harmless: str, tmp_path: Path) -> None:
    directory = made.sweep(tmp_path / "sweep")
    plain = Reader(harmless)
    overrides = [
        f"optimizer.learning_rate={text}",
        f"a.{'b' * 60}={text}",
        f"loss={text}",
        "seed=0",
    ]
    made.job(directory / "0", overrides, "failed", reason=text, arguments=[text, *overrides])
    for name in ("1", "2"):
        made.job(directory / name, overrides[1:])
    made.change(
        directory / "1" / "checkpoints" / "step-00000100" / "manifest.json", versions={text: text}
    )
    made.change(directory / "2" / "scores" / "training.json", data_name=text)
    (directory / "3" / "job.json").write_text(text)
    made.run(directory / "<img src=x onerror=alert(1)>", overrides=overrides)
    whole = built(directory)[1]
    read = Reader(whole)
    assert read.open == []
    assert scripts_of(whole) == scripts_of(harmless)
    figures_of(whole)  # readable, whatever is in it
    for tag in ("script", "img", "style", "meta", "iframe"):
        assert read.tags[tag] == plain.tags[tag]
    assert not [key for key, _ in read.attributes if key.startswith("on")]
    assert not {"\x1b", "\u202e"} & set(whole)
    assert "<img src=x onerror=alert(1)>" in read.text
    assert len(read.text) < 150_000


def test_a_day_of_runs_without_records(tmp_path: Path) -> None:
    made.run(tmp_path / "day" / "10-00-00-dcgan", overrides=["seed=1", "run_dir=x"])
    lost = made.run(tmp_path / "day" / "11-00-00-dcgan", overrides=None)
    (lost / "train.log").unlink()
    read = Reader(built(tmp_path / "day")[1])
    assert "gan-train seed=1 " in read.text
    assert f"gan-train resume={lost}" in read.text
    assert "Of runs whose command is not known, resume= goes on in them instead." in read.text
    assert "no setting has more than one seed" in read.text
    assert "95 % interval" not in read.text
    assert "Parallel coordinates" not in read.text


def test_nothing_is_scored_yet(tmp_path: Path) -> None:
    made.job(tmp_path / "sweep" / "0", ["seed=0"], "running")
    read = Reader(built(tmp_path / "sweep")[1])
    assert "No job is done and scored yet, so there is nothing to average." in read.text
    assert "gan-train training.steps=200 seed=0" in read.text


def test_names_and_notes_stand_beside_a_job_and_make_no_setting_of_it(tmp_path: Path) -> None:
    for place, name in enumerate(("wide", "<b>deep")):
        config = made.CONFIG | {"name": name, "notes": f"note {place}", "seed": place}
        overrides = ["loss=hinge", f"seed={place}", f"name={name}", f"notes=note {place}"]
        made.run(tmp_path / "runs" / str(place), config=config, overrides=overrides)
    collected = collect(tmp_path / "runs")
    assert collected.varying == []
    assert [(row["name"], row["notes"]) for row in rows_of(collected)] == [
        ("wide", "note 0"),
        ("<b>deep", "note 1"),
    ]
    read = Reader(built(tmp_path / "runs")[1])
    for shown in ("job 0 (wide)", "job 1 (<b>deep)", "note 0", "note 1"):
        assert shown in read.text
    (comparison,) = rank(collected.rows).comparisons
    assert comparison.repeated  # one setting with two seeds


def test_the_spreadsheet_has_a_row_for_each_job(tmp_path: Path) -> None:
    collected = collect(made.sweep(tmp_path / "sweep"))
    rows = rows_of(collected)
    assert [row["directory"] for row in rows] == ["2", "3", "0", "1", "5", "4", "6"]
    assert rows[0] | {"evaluator": ""} == {
        "rank": "1",
        "comparison": "A",
        "directory": "2",
        "state": "done",
        "objective": "frechet",
        "score": "30.0",
        "step": "100",
        "count": "1000",
        "evaluator": "",
        "diversity": "0.4",
        "elbo_held_out": "",
        "seed": "0",
        "optimizer.learning_rate": "0.001",
        "loss": "minimax",
        "training.steps": "200",
        "images_per_second": "200.0",
        "seconds": "120.0",
        "peak_bytes": "1500000000",
        "attempts": "1",
        "exit_code": "0",
        "reason": "",
        "damage": "",
        "name": "",
        "notes": "",
        "command": "gan-train training.steps=200 optimizer.learning_rate=1e-3 loss=minimax seed=0",
    }
    assert rows[0]["evaluator"] == made.FACTS.fingerprint
    assert (rows[5]["state"], rows[5]["exit_code"], rows[5]["score"]) == ("failed", "6", "")
    assert (rows[6]["rank"], rows[6]["state"], rows[6]["command"]) == ("", "waiting", "")


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    directory = made.sweep(tmp_path / "sweep")
    formulas = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", " =1", "\t=1", "-1.5", "\r\n=1"]
    for number, text in enumerate(formulas[:6]):
        made.job(
            directory / str(number),
            [f"loss={text}", "seed=0"],
            "failed",
            reason=formulas[-1 - number],
        )
    collected = collect(directory)
    rows = rows_of(collected)
    assert len(rows) == 7
    for row in rows:
        for cell in row.values():
            assert cell.lstrip()[:1] not in tuple("=+-@") or cell == "-1.5", cell
    told = {row["directory"]: (row["loss"], row["reason"]) for row in rows}
    assert told["0"] == ("'=cmd|' /C calc'!A0", "\\r\\n=1")
    assert told["1"] == ("'+1+1", "-1.5")
    assert told["5"] == ("\\t=1", "'-2+3")


def test_only_our_own_files_are_replaced(tmp_path: Path) -> None:
    directory = made.sweep(tmp_path / "sweep")
    html, sheet = output.places(directory, None)
    assert (html, sheet) == (directory / "report.html", directory / "report.csv")
    collected = collect(directory)
    for _ in range(2):
        output.write(html, sheet, collected, rank(collected.rows), {}, NOW)
        assert output.places(directory, None) == (html, sheet)
    assert html.read_text(encoding="utf-8") == built(directory)[1]
    sheet.write_text("rank,comparison\n")
    with pytest.raises(
        Exception,
        match=r"report\.csv exists already and is no report; output=FILE\.html takes another place",
    ):
        output.places(directory, None)
    sheet.unlink()
    html.write_text("<!doctype html>\n<p>mine</p>")
    with pytest.raises(Exception, match=r"report\.html exists already and is no report"):
        output.places(directory, None)
    html.unlink()
    html.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Exception, match=r"report\.html exists already and is no report"):
        output.places(directory, None)


def test_numbers_as_they_are_read() -> None:
    assert (
        words.decimals([42.5, 48.0]),
        words.decimals([0.05, 123.0]),
        words.decimals([]),
        words.decimals([1234.0]),
    ) == (
        2,
        1,
        3,
        0,
    )
    assert [words.fixed(value, 2) for value in (1234.567, None, 1e12)] == [
        "1,234.57",
        "–",  # noqa: RUF001
        "1.000e+12",
    ]
    assert [words.significant(value) for value in (0.0946, 19_906.6, 0.0, 1e-9, -111.4)] == [
        "0.0946",
        "19,907",
        "0",
        "1e-09",
        "-111",
    ]
    assert [words.minutes(value) for value in (None, 8.2, 90.0, 7200.0, 1e300)] == [
        "–",  # noqa: RUF001
        "0.14",
        "1.5",
        "120",
        "1.7e+298",
    ]
    assert [words.memory(value) for value in (None, 1_288_490_188)] == ["–", "1.29"]  # noqa: RUF001
