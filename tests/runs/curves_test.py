"""metrics.jsonl as series: whatever a stranger has put there."""

from __future__ import annotations

from pathlib import Path

import pytest

from gan_cli.runs import curves

from ..cli.plot_test import pairs, write


def test_only_finite_numbers_are_read_and_they_are_sorted(tmp_path: Path) -> None:
    values = [
        "3",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e300",
        "9" * 400,
        '"5"',
        "true",
        "null",
        "[1]",
        "-4.5",
    ]
    lines = [f'{{"step": {100 - index}, "a": {value}}}' for index, value in enumerate(values)]
    path = write(str(tmp_path / "run"), *lines) / "metrics.jsonl"
    metrics = curves.read(path)
    assert (pairs(metrics.series["a"]), metrics.bad, metrics.cut) == (
        [(90, -4.5), (100, 3)],
        0,
        False,
    )


def test_names_that_would_spoil_a_terminal_are_no_keys(tmp_path: Path) -> None:
    lines = [
        {"step": 1, "\x1b[31m": 1, "a\nb": 2, "k" * 65: 3, "k" * 64: 4, "": 5},
        '{"step": 2, "\\ud800": 6}',
    ]
    metrics = curves.read(write(str(tmp_path / "run"), *lines) / "metrics.jsonl")
    assert {key: pairs(series) for key, series in metrics.series.items()} == {
        "k" * 64: [(1, 4)],
        "": [(1, 5)],
    }


@pytest.mark.parametrize(
    ("bound", "value", "steps"),
    [
        ("MOST_LINES", 3, [0, 1, 2]),
        ("LARGEST_FILE", 2 * 28 + 5, [0, 1]),
        ("MOST_KEYS", 1, [0, 1, 2, 3]),
    ],
)
def test_what_is_beyond_the_bounds_is_not_read(
    bound: str, value: int, steps: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = (
        write(str(tmp_path / "run"), *({"step": step, "a": 0, "b": 0} for step in range(4)))
        / "metrics.jsonl"
    )
    assert path.stat().st_size == 4 * 28
    whole = curves.read(path)
    assert (list(whole.series), whole.series["a"].steps.tolist(), whole.cut) == (
        ["a", "b"],
        [0, 1, 2, 3],
        False,
    )
    monkeypatch.setattr(curves, bound, value)
    cut = curves.read(path)
    assert (cut.series["a"].steps.tolist(), cut.cut) == (steps, True)
    assert list(cut.series) == (["a"] if bound == "MOST_KEYS" else ["a", "b"])


def test_a_line_that_is_too_long_is_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curves, "LONGEST_LINE", 40)
    lines = [{"step": 1, "a": 1}, {"step": 2, "a": 2, "b": "x" * 30}, {"step": 3, "a": 3}]
    metrics = curves.read(write(str(tmp_path / "run"), *lines) / "metrics.jsonl")
    assert pairs(metrics.series["a"]) == [(1, 1), (3, 3)]
    assert metrics.bad == 2  # its two pieces
