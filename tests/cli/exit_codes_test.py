"""Each row of docs/exit-codes.md has a test, named here, that ends with its code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TINY

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "exit-codes.md").read_text()
SIGNALLED = r"128 \+ (number|signal\.SIG)"
CODES = {
    "0": ("cli/train_test.py", "test_a_run_leaves_what_the_design_says_and_names_its_grid", "0"),
    "1": ("cli/exit_codes_test.py", "test_a_bug_is_a_traceback", "1"),
    "2": ("cli/words_test.py", "test_the_way_out", "2"),
    "3": ("cli/train_test.py", "test_a_data_set_smaller_than_a_batch_is_refused", "3"),
    "4": ("cli/train_test.py", "test_two_runs_in_one_directory", "4"),
    "5": ("cli/damage_test.py", "test_a_damaged_best_checkpoint_is_announced", "5"),
    "6": ("cli/train_test.py", "test_a_loss_that_is_not_finite_ends_the_run", "6"),
    "7": ("cli/multirun_test.py", "test_a_bug_in_one_job_keeps_its_traceback", "7"),
    "8": ("cli/train_test.py", "test_a_disk_that_fills_during_a_save_loses_nothing", "8"),
    "9": ("cli/scores_test.py", "test_a_run_that_runs_out_of_memory_says_so", "9"),
    "10": ("cli/export_test.py", "test_a_hub_that_does_not_answer_leaves_the_folder", "10"),
    "11": ("cli/distribution_test.py", "test_a_lost_worker_ends_the_run", "11"),
    "129": ("cli/train_test.py", "test_a_signal_saves_at_the_next_step", SIGNALLED),
    "130": ("cli/train_test.py", "test_a_signal_saves_at_the_next_step", SIGNALLED),
    "141": ("cli/edge_test.py", "test_a_reader_that_goes_ends_a_run_which_is_saved", SIGNALLED),
    "143": ("cli/train_test.py", "test_a_signal_saves_at_the_next_step", SIGNALLED),
}
"""Exit code -> file, beginning of the test's name, and how the code is written there."""
EVENTS = {
    "Ctrl-C, SIGTERM, a closed terminal (SIGHUP)": CODES["130"],
    "the same again, while it saves": (
        "cli/train_test.py",
        "test_a_second_signal_leaves_at_once_and_the_earlier_checkpoint_stays_valid",
        "130",
    ),
    "a signal before the first step": (
        "cli/edge_test.py",
        "test_a_signal_before_the_first_step_is_a_line",
        SIGNALLED,
    ),
    "Ctrl-C while the scoring classifier trains": (
        "cli/edge_test.py",
        "test_the_classifier_waits_for_the_first_score_and_a_signal_is_heard_while_it_trains",
        "130",
    ),
    "nothing reads the output (a pipe to `head`)": CODES["141"],
    "standard streams are closed": ("cli/edge_test.py", "test_a_closed_stream_changes", "0"),
    "paused and continued (Ctrl-Z, `fg`)": (
        "cli/edge_test.py",
        "test_a_run_that_is_stopped_and_continued_goes_on",
        "0",
    ),
    "killed (SIGKILL), or the machine stops": (
        "cli/train_test.py",
        "test_a_kill_leaves_the_last_announced_checkpoint",
        "0",
    ),
    "the disk is full": CODES["8"],
    "standard output is a full disk": (
        "cli/edge_test.py",
        "test_a_full_disk_behind_standard_output_is_a_line",
        "8",
    ),
    "out of memory": CODES["9"],
    "TensorFlow itself gets no memory (as with `ulimit -v`)": (
        "../scripts/faults/system.py",
        "cases",
        "",
    ),
    "the run directory is moved or deleted": (
        "cli/train_test.py",
        "test_a_run_directory_that_goes_while_it_trains",
        "4",
    ),
    "a loss or weight is NaN": CODES["6"],
    "no terminal": CODES["0"],
}
"""What can happen to a run -> the same."""


def rows(heading: str) -> list[str]:
    """The first cells of the table below a heading."""
    table = PAGE.split(heading)[1].split("```")[0].split("## ")[0]
    return re.findall(r"^\| ([^|]+?) \|", table, flags=re.MULTILINE)[1:]


def test_every_row_is_listed() -> None:
    found = [row for row in rows("# Exit codes") if set(row) != {"-"}]
    assert found == [*CODES]
    assert [row for row in rows("## What can happen to a run") if set(row) != {"-"}] == [*EVENTS]


@pytest.mark.parametrize("row", [*CODES, *EVENTS])
def test_every_row_has_its_test(row: str) -> None:
    file, name, code = (CODES | EVENTS)[row]
    text = (TESTS / file).read_text()
    (body,) = [
        each for each in re.split(r"^def ", text, flags=re.MULTILINE)[1:] if each.startswith(name)
    ]
    assert re.search(rf"(==|\()\s*\(?\s*{code}", body), (file, name)


def test_a_bug_is_a_traceback(tmp_path: Path) -> None:
    code = (
        "from gan_cli import data\n"
        "from gan_cli.cli.train import main\n"
        "data.load = lambda *_: 1 / 0\n"
        "raise SystemExit(main())"
    )
    command = [sys.executable, "-c", code, *TINY]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith("Traceback")
    assert result.stderr.endswith("ZeroDivisionError: division by zero\n")
