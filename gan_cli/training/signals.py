"""A signal is an appointment: what runs ends at the next good moment. No TensorFlow."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Signals:
    """Remembers the first SIGINT or SIGTERM; the second ends the process at once."""

    def __init__(self) -> None:
        self.received: int | None = None

    @contextmanager
    def heard(self) -> Iterator[Signals]:
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self._hear) for number in numbers}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.received is not None:
            os._exit(128 + number)
        self.received = number
