"""Sums over processes of one machine, through memory that they share. No TensorFlow.

Much less work than a network's ways: each process copies its numbers once, and reads those of the
others where they lie.
"""

from __future__ import annotations

import json
import mmap
import os
import socket
import threading
import time
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gan_cli.base.machines import machine

Numbers = npt.NDArray[Any]
ENVIRONMENT = "GAN_SHARED_MEMORY"
PIECE = 1 << 20
"""Bytes that are summed at a time: what stays in a processor's cache."""
BEAT, SILENCE = 1.0, 10
"""Seconds from one sign of life to the next; how many of them may be missed."""


class LostError(Exception):
    """Another process has ended, or hangs."""


class Place(NamedTuple):
    """What a process inherits: file descriptors of the memory and of a socket to each other."""

    memory: int
    sockets: dict[int, int]

    def environment(self) -> dict[str, str]:
        """What tells the process of them."""
        return {ENVIRONMENT: json.dumps([self.memory, self.sockets])}

    def descriptors(self) -> tuple[int, ...]:
        """For `subprocess.Popen(pass_fds=...)`."""
        return (self.memory, *self.sockets.values())

    def close(self) -> None:
        """Leave them to the process: the others notice its end only where nobody else has them."""
        for each in self.descriptors():
            os.close(each)


def goes_here() -> bool:
    """Whether workers of this machine are served so: Linux, and no GPU, which has its own ways."""
    return hasattr(os, "memfd_create") and not machine.gpus()


def places(count: int) -> list[Place]:
    """Of `count` processes, each of which inherits one; nothing is left in any folder."""
    memory = os.memfd_create("gan_cli")
    os.ftruncate(memory, _size(count))
    found = [Place(os.dup(memory), {}) for _ in range(count)]
    os.close(memory)
    for first in range(count):
        for second in range(first + 1, count):
            ends = socket.socketpair()
            found[first].sockets[second], found[second].sockets[first] = (
                each.detach() for each in ends
            )
    return found


def inherited() -> Place | None:
    """That of this process, if it was given one."""
    if (text := os.environ.get(ENVIRONMENT)) is None:
        return None
    memory, sockets = json.loads(text)
    return Place(memory, {int(peer): each for peer, each in sockets.items()})


class SharedSum:
    """The sum over all processes, each of which calls it with arrays of one shape in one order.

    All get the same bits: numbers are added in the order of the processes.
    """

    def __init__(self, place: Place, index: int) -> None:
        self._count = count = len(place.sockets) + 1
        shared = np.frombuffer(mmap.mmap(place.memory, _size(count)), np.uint8)
        beats, areas = shared[: mmap.PAGESIZE], shared[mmap.PAGESIZE :]
        self._beats, self._areas = beats.view(np.int64), areas.reshape(2, count, PIECE)
        self._index, self._turn = index, 0
        self._sockets = {
            peer: socket.socket(fileno=each) for peer, each in sorted(place.sockets.items())
        }
        for each in self._sockets.values():
            each.settimeout(BEAT)
        threading.Thread(target=self._beat, daemon=True).start()

    def __call__(self, values: Numbers, mean: bool = False) -> Numbers:
        """The sum, or the mean, of the same shape and type.

        Raises:
            LostError: another process will not come.
        """
        mine = np.ascontiguousarray(values).reshape(-1)
        found, piece = np.empty_like(mine), PIECE // mine.itemsize
        for start in range(0, mine.size, piece):
            part = found[start : start + piece]
            self._sum(mine[start : start + piece], part)
            if mean:
                np.true_divide(part, self._count, out=part)
        return found.reshape(values.shape)

    def _sum(self, mine: Numbers, found: Numbers) -> None:
        # Two areas in turn: nobody comes to the next but one before all have read this one.
        area = self._areas[self._turn][:, : mine.nbytes].view(mine.dtype)
        self._turn = 1 - self._turn
        area[self._index] = mine
        self._meet()
        np.add(area[0], area[1], out=found)
        for others in area[2:]:
            np.add(found, others, out=found)

    def _meet(self) -> None:
        """Wait until all have written."""
        for peer, each in self._sockets.items():
            try:
                each.sendall(b".")
            except OSError:
                raise LostError(f"worker {peer} has ended") from None
        for peer, each in self._sockets.items():
            self._wait(peer, each)

    def _wait(self, peer: int, link: socket.socket) -> None:
        missed, last = 0, self._beats[peer]
        while True:
            try:
                if link.recv(1):
                    return
                raise LostError(f"worker {peer} has ended")
            except TimeoutError:
                missed = 0 if self._beats[peer] != last else missed + 1
                last = self._beats[peer]
                if missed >= SILENCE:
                    raise LostError(f"worker {peer} does not answer") from None
            except OSError:
                raise LostError(f"worker {peer} has ended") from None

    def _beat(self) -> None:
        while True:
            self._beats[self._index] += 1
            time.sleep(BEAT / 2)


def _size(count: int) -> int:
    return mmap.PAGESIZE + 2 * count * PIECE
