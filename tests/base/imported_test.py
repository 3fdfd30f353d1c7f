"""What waits for the import of a module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gan_cli.base.imported import when_imported


def test_it_is_done_once_and_after_the_module_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "late.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "late", raising=False)
    seen: list[int] = []
    when_imported("late", lambda: seen.append(sys.modules["late"].value))
    assert seen == []
    __import__("late")
    __import__("late")
    assert seen == [1]
    when_imported("late", lambda: seen.append(2))
    assert seen == [1, 2]


def test_a_module_that_is_not_there_is_missed_as_ever() -> None:
    code = (
        "from gan_cli.base.imported import when_imported\n"
        "when_imported('nowhere_to_be_found', lambda: print('done'))\n"
        "import nowhere_to_be_found\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "No module named 'nowhere_to_be_found'" in answer.stderr
    assert answer.stdout == ""
