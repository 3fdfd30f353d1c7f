"""Where a process meets the system that started it: signals before there is anything to save,
streams that are closed, readers that have gone.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TextIO

ENDING = (signal.SIGTERM, signal.SIGHUP)
"""What ends a process as Ctrl-C does."""


class Stopped(KeyboardInterrupt):
    """One of these signals, raised where it came."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = 128 + number


@contextmanager
def signals() -> Iterator[None]:
    """`Stopped` for each of ENDING, but for one that is ignored, as nohup wants it."""
    before = {number: signal.getsignal(number) for number in ENDING}
    for number, handler in before.items():
        if handler is signal.SIG_DFL:
            signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped(number)


@contextmanager
def streams() -> Iterator[None]:
    """Standard streams that take whatever is written, and never fail.

    A closed one becomes the null device: another file would get its number else, and what is
    written to it. One whose reader has gone becomes the null device when that is noticed; a
    training run hears of it by SIGPIPE.
    """
    before = sys.stdout, sys.stderr
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one
    sys.stdout, sys.stderr = (
        Lasting(stream or open(number, "w", closefd=False))  # noqa: SIM115
        for number, stream in zip((1, 2), before, strict=True)
    )
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


class Lasting:
    """A text stream, until its reader has gone: nothing then."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._silence()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._silence()

    def _silence(self) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self._stream.fileno())
        os.close(null)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
