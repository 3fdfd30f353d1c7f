"""How a job's process has ended, in a state and a line."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any, Literal, NamedTuple

from gan_cli.base import files
from gan_cli.base.errors import RunDirectoryError
from gan_cli.runs.record import Job, read_job

Asked = Literal["stop", "timeout"]
TAIL = 4096
NO_ROOM = ("std::bad_alloc", "Cannot allocate memory")
"""What a C++ program prints that ends because it got no memory."""


class Process(NamedTuple):
    """A process that has ended.

    Attributes:
        code: its exit code; negative: the signal that ended it.
        asked: why it was asked to end, if it was.
        short_of_memory: the system has killed a process for its memory meanwhile.
        peak: bytes that it held at most.
        timeout: seconds that the job may take.
        console: what it printed.
    """

    code: int
    asked: Asked | None
    short_of_memory: bool
    peak: int
    timeout: float | None
    console: Path


def explain(process: Process, directory: Path) -> dict[str, Any]:
    """The state and reason of a job whose process has ended: what it said itself, if it could."""
    said = _said(directory)
    if process.asked == "timeout" and (said is None or said.state in ("running", "stopped")):
        return {
            "state": "failed",
            "reason": (
                f"took longer than hydra.launcher.timeout={process.timeout:g} s; it was stopped"
            ),
        }
    if said is not None and said.state != "running":
        return {"state": said.state, "reason": said.reason}
    if process.asked == "stop":
        return {"state": "stopped", "reason": None}
    return {
        "state": "failed",
        "reason": _crash(process) if crashed(process) else _last_words(process),
    }


def crashed(process: Process) -> bool:
    """Whether it ended by a signal that nobody here has sent."""
    return process.code < 0 and process.asked is None


def _said(directory: Path) -> Job | None:
    try:
        return read_job(directory)
    except RunDirectoryError:
        return None


def _crash(process: Process) -> str:
    number = -process.code
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    held = f"it held {process.peak / 1e9:.1f} GB"
    if number == signal.SIGKILL and process.short_of_memory:
        return (
            f"out of memory: killed by the system ({held}); fewer hydra.launcher.jobs or a "
            "smaller model need less"
        )
    if number == signal.SIGKILL:
        return f"killed by SIGKILL, as systems do where memory runs out ({held})"
    if any(words in _tail(process) for words in NO_ROOM):
        return (
            f"out of memory: an allocation failed ({held}); fewer hydra.launcher.jobs or a "
            "smaller model need less"
        )
    return f"crashed with {name} ({held}): {_last_words(process)}"


def _last_words(process: Process) -> str:
    """The last line that it printed."""
    words = [line.rpartition("\r")[2].strip() for line in _tail(process).split("\n")]
    last = next((line for line in reversed(words) if line), "it printed nothing")
    return "".join(letter for letter in last if letter.isprintable())[:500]


def _tail(process: Process) -> str:
    try:
        with files.open_regular(process.console) as file:
            file.seek(max(0, file.seek(0, 2) - TAIL))
            return file.read(TAIL).decode(errors="replace")
    except (OSError, RunDirectoryError):
        return ""
