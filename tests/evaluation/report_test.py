"""Scores are stored with their provenance, read strictly, and ranked only where all was measured
alike.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gan_cli.base.errors import ConfigError, RunDirectoryError
from gan_cli.evaluation.report import (
    Provenance,
    Report,
    Score,
    ranked,
    read,
    refuse_different,
    versions,
    write,
)
from gan_cli.evaluation.report import joined as report_joined

MADE = Provenance("digits", "cd" * 32, "train", "pixels", "ab" * 32, "none", 64, 0, 100, 2, 7)


def report(
    path: str = "run",
    mean: float | None = 1.5,
    better: Any = "lower",
    baseline: float | None = 0.1,
    **made: Any,
) -> Report:
    subject = {"path": path, "step": 8, "sha256": "ef" * 32}
    found = {"frechet": Score(mean, 0.25, baseline, better)}
    return Report(2, subject, replace(MADE, **made), found, versions(), 1.25)


def test_what_is_written_is_read(tmp_path: Path):
    for number, each in enumerate(
        [report(), report(mean=None, baseline=None), replace(report(), people={"hype": 40.0})]
    ):
        path = tmp_path / "scores" / f"{number}.json"
        write(path, each)
        assert read(path) == each
    assert set(json.loads(path.read_text())["versions"]) == {
        "gan_cli",
        "tensorflow",
        "keras",
        "numpy",
    }


def damaged(values: dict[str, Any], *keys: str, value: Any) -> str:
    """The JSON with another value at a place; a nested key that is not there is added."""
    values.pop("sha256", None)
    target = values
    for key in keys[:-1]:
        target = target[key]
    target[keys[-1]] = value
    return json.dumps(values)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("format",), 1),
        (("format",), "2"),
        (("more",), 1),
        (("subject", "step"), 1.5),
        (("provenance", "count"), -1),
        (("provenance", "repeats"), 0),
        (("provenance", "seed"), "7"),
        (("scores", "frechet", "mean"), "1.5"),
        (("scores", "frechet", "mean"), float("nan")),
        (("scores", "frechet", "baseline"), float("inf")),
        (("scores", "frechet", "better"), "best"),
        (("scores", "frechet"), 1.5),
        (("seconds",), None),
        (("people",), {"hype": float("nan")}),
    ],
)
def test_a_stranger_s_file_is_refused_with_its_name(
    keys: tuple[str, ...], value: object, tmp_path: Path
):
    path = tmp_path / "scores.json"
    write(path, report())
    path.write_text(damaged(json.loads(path.read_text()), *keys, value=value))
    with pytest.raises(RunDirectoryError, match=r"scores\.json: .*" + keys[-1]) as caught:
        read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("extractor", "random", "extractor is pixels and random"),
        (
            "extractor_weights",
            "12" * 32,
            r"extractor_weights is abababababab\.\.\. and 121212121212\.\.\.",
        ),
        ("resize", "bicubic", "resize is none and bicubic"),
        ("data", "12" * 32, r"data is cdcdcdcdcdcd\.\.\. and 121212121212\.\.\."),
        ("data_name", "mnist", "data_name is digits and mnist"),
        ("split", "test", "split is train and test"),
        ("real_count", 63, "real_count is 64 and 63"),
        ("real_seed", 1, "real_seed is 0 and 1"),
        ("count", 99, "count is 100 and 99"),
        ("repeats", 3, "repeats is 2 and 3"),
        ("seed", 8, "seed is 7 and 8"),
    ],
)
def test_another_provenance_is_refused_by_name(key: str, value: object, words: str):
    with pytest.raises(ConfigError, match=f"^a and b cannot be compared: {words}$"):
        refuse_different(report("a"), report("b", **{key: value}))
    with pytest.raises(ConfigError, match="cannot be compared"):
        ranked([report("a"), report("a"), report("b", **{key: value})], "frechet")


def test_another_path_or_score_is_no_difference():
    refuse_different(report("a", 1.0), report("b", 2.0))


@pytest.mark.parametrize(
    ("better", "baseline", "order"),
    [
        ("lower", 0.1, ["a", "b", "c", "none"]),
        ("higher", 9.0, ["c", "b", "a", "none"]),
        ("as real", 2.1, ["b", "c", "a", "none"]),
    ],
)
def test_the_best_comes_first_and_no_score_last(better: str, baseline: float, order: list[str]):
    means = {"none": None, "c": 3.0, "a": 1.0, "b": 2.0}
    reports = [report(path, mean, better, baseline) for path, mean in means.items()]
    assert [each.subject["path"] for each in ranked(reports, "frechet")] == order


def test_a_score_that_one_lacks_ranks_nothing():
    with pytest.raises(ConfigError, match=r"^b has no score frechet \(it has edges\)$"):
        ranked(
            [report("a"), replace(report("b"), scores={"edges": Score(1.0, None, 0.1, "lower")})],
            "frechet",
        )


def test_joined_keeps_what_was_measured_alike(tmp_path: Path):
    said: list[str] = []

    def joined(path: Path, new: Report) -> Report:
        return report_joined(path, new, said.append)

    path, edges = tmp_path / "scores.json", {"edges": Score(1.0, None, 0.1, "lower")}
    old = replace(report(), people={"hype": 40.0}, scores=edges)
    assert joined(path, report()) == report()
    write(path, old)
    assert joined(path, report()) == replace(
        report(), people={"hype": 40.0}, scores=edges | report().scores
    )
    assert joined(path, report(seed=8)) == replace(report(seed=8), people={"hype": 40.0})
    new_versions = replace(report(), versions={"numpy": "3"})
    assert joined(path, new_versions).scores == report().scores
    others = replace(report(), subject={"path": "run", "step": 8, "sha256": "00" * 32})
    assert joined(path, others) == others
    assert said == []
    path.write_text("{")
    assert joined(path, report()) == report()
    assert said == [f"{path}: not readable as JSON; written anew"]


@pytest.mark.parametrize("key", ["data_name", "split", "extractor", "resize"])
def test_words_that_could_steer_a_terminal_are_refused(tmp_path: Path, key: str):
    """A report may come from a stranger, and is printed."""
    path = tmp_path / "scores" / "report.json"
    write(path, report())
    values = json.loads(path.read_text())
    del values["sha256"]
    values["provenance"][key] = "a\x1b[2Jb"
    path.write_text(json.dumps(values))
    with pytest.raises(RunDirectoryError, match=f"provenance.{key}"):
        read(path)
