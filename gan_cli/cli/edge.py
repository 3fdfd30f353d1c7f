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
    """Standard streams that take whatever is written, and fail for a full disk alone.

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
        Lasting(stream or open(number, "w", closefd=False), number)  # noqa: SIM115
        for number, stream in zip((1, 2), before, strict=True)
    )
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


class Lasting:
    """A text stream, until its reader has gone or its disk is full: nothing then. A full disk is
    told once, of standard output alone: nobody would read it on standard error.
    """

    def __init__(self, stream: TextIO, number: int) -> None:
        self._stream, self._number = stream, number

    def write(self, text: str) -> int:
        with self._lasting():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._lasting():
            self._stream.flush()

    @contextmanager
    def _lasting(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            self._silence()
        except OSError as error:
            self._silence()
            if self._number == 1:
                raise OSError(error.errno, error.strerror, "standard output") from None

    def _silence(self) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self._stream.fileno())
        os.close(null)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
