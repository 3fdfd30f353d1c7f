"""A signal is an appointment: what runs ends at the next good moment. No TensorFlow."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
"""Ctrl-C; a request to end; the terminal is closed; nobody reads the output any more."""


class Signals:
    """Remembers the first signal that ends a run; the second ends the process at once."""

    def __init__(self) -> None:
        self.received: int | None = None

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

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGPIPE and self.received is not None:
            return  # another line for the same reader
        if self.received is not None:
            os._exit(128 + number)
        self.received = number
