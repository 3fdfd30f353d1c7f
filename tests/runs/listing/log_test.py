"""train.log: when a run began and how it ended."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from gan_cli.runs.listing import log
from gan_cli.runs.listing.log import Log


def written(folder: Path, *lines: str) -> Log:
    (folder / "train.log").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return log.read(folder / "train.log")


def test_a_run_that_is_done(tmp_path: Path) -> None:
    made = written(
        tmp_path,
        "2026-11-20 10:31:02 gan-train loss=hinge data.path=my pictures/a seed=0",
        "2026-11-20 11:00:00 done",
    )
    assert made == Log(
        "done",
        None,
        datetime(2026, 11, 20, 10, 31, 2),
        datetime(2026, 11, 20, 11, 0, 0),
    )


@pytest.mark.parametrize(
    ("last", "state", "reason"),
    [
        (
            "2026-11-20 10:31:03 stopped and saved at step 7; gan-train resume=x continues it",
            "stopped",
            None,
        ),
        ("2026-11-20 10:31:03 gan-train resume=x", "unfinished", None),
        ("2026-11-20 10:31:03 digits: no such file", "failed", "digits: no such file"),
        ("ZeroDivisionError: a bug", "failed", "ZeroDivisionError: a bug"),
    ],
)
def test_the_last_line_is_how_it_ended(
    last: str, state: str, reason: str | None, tmp_path: Path
) -> None:
    made = written(tmp_path, "2026-11-20 10:31:02 gan-train", "Traceback", last)
    assert (made.state, made.reason) == (state, reason)


def test_a_time_that_is_none_is_left_out(tmp_path: Path) -> None:
    made = written(tmp_path, "2026-11-20 10:31:02 gan-train", "2026-99-20 10:31:02 gan-train", "")
    assert made.began == made.ended == datetime(2026, 11, 20, 10, 31, 2)


def test_a_long_log_is_read_at_its_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "END", 60)
    made = written(
        tmp_path,
        "2026-11-20 10:31:02 gan-train seed=1",
        *["x" * 50] * 100,
        "2026-11-20 11:00:00 done",
    )
    assert (made.state, made.began) == ("done", datetime(2026, 11, 20, 10, 31, 2))


@pytest.mark.parametrize("size", [59, 60, 61, 119, 120, 121])
def test_no_byte_is_read_twice(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "END", 60)
    (tmp_path / "train.log").write_bytes(b"\n" * (size - 5) + b"done\n")
    assert log.read(tmp_path / "train.log").state == "done"


def test_what_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    assert log.read(tmp_path / "train.log") == Log()
    (tmp_path / "train.log").symlink_to("/etc/passwd")
    assert log.read(tmp_path / "train.log") == Log()
    (tmp_path / "train.log").unlink()
    os.mkfifo(tmp_path / "train.log")
    assert log.read(tmp_path / "train.log") == Log()
    (tmp_path / "train.log").unlink()
    (tmp_path / "train.log").write_bytes(b"\xff\xfe\n")
    assert log.read(tmp_path / "train.log").state == "failed"
