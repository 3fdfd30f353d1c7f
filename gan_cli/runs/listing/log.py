"""train.log of a run, which may be a stranger's: when it began, and how it ended."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gan_cli.base import files
from gan_cli.base.errors import RunDirectoryError

END = 64 * 1024
"""Bytes that are read at each end of the file."""
_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (.*)")


@dataclass(frozen=True)
class Log:
    """What train.log tells.

    Attributes:
        state: done, stopped, failed, or unfinished (it trains still, or was killed); None of an
            empty log.
        reason: the last line of a failed run.
        began, ended: first and last time in it.
    """

    state: str | None = None
    reason: str | None = None
    began: datetime | None = None
    ended: datetime | None = None


def read(path: Path) -> Log:
    """The log; an empty one where it is missing or not readable."""
    try:
        lines = _ends(path)
    except (OSError, RunDirectoryError):
        return Log()
    parsed = [(_LINE.fullmatch(line), line) for line in lines if line.strip()]
    texts = [match[2] if match else line for match, line in parsed]
    times = [time for match, _ in parsed if match and (time := _time(match[1]))]
    state = _state(texts[-1]) if texts else None
    return Log(
        state=state,
        reason=texts[-1].strip() if state == "failed" else None,
        began=times[0] if times else None,
        ended=times[-1] if times else None,
    )


def _ends(path: Path) -> list[str]:
    with files.open_regular(path) as file:
        head = file.read(END)
        rest = os.fstat(file.fileno()).st_size - END
        if rest > END:
            file.seek(-END, os.SEEK_END)
        tail = file.read(END)
    joint = b"\n" if rest > END else b""
    return (head + joint + tail).decode("utf-8", "replace").splitlines()


def _state(last: str) -> str:
    if last == "done":
        return "done"
    if last.startswith("gan-train"):
        return "unfinished"
    return "stopped" if last.startswith("stopped and saved at step") else "failed"


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None
