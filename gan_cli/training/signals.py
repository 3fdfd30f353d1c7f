"""A signal is an appointment: what runs ends at the next good moment. No TensorFlow."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
"""Ctrl-C; a request to end; the terminal is closed; nobody reads the output any more."""


class _Heard(KeyboardInterrupt):
    """Raised where the signal came."""


class Signals:
    """Remembers the first signal that ends a run; the second ends the process at once."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._at_once = False

    @contextmanager
    def heard(self) -> Iterator[Signals]:
        before = {number: signal.getsignal(number) for number in ENDING}
        for number, handler in before.items():
            if number != signal.SIGHUP or handler is not signal.SIG_IGN:  # that is nohup's
                signal.signal(number, self._hear)
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Around what takes long and has no moments in between: the first signal ends it, and what
        comes after it runs.
        """
        self._at_once = self.received is None
        try:
            yield
        except _Heard:
            pass
        finally:
            self._at_once = False

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGPIPE and self.received is not None:
            return  # another line for the same reader
        if self.received is not None:
            os._exit(128 + number)
        self.received = number
        if self._at_once:
            raise _Heard
