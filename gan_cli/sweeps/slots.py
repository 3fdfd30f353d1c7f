"""How many runs at a time, and what each of them has: a GPU, or its share of the cores."""

from __future__ import annotations

from typing import Literal

from gan_cli import machine

Slot = dict[str, str]
"""What a job's process has in its environment besides."""


def places(jobs: int | Literal["auto"], memory_gb: float, most: int) -> list[Slot]:
    """A slot for each run that may go on at a time, no more than `most`.

    With GPUs each slot is bound to one of them, in turn where there are more runs than GPUs.

    Args:
        jobs: how many; auto: one for each GPU, or without one as many as there are cores and `memory_gb` for.
    """
    gpus = machine.gpus()
    if jobs == "auto":
        wanted = len(gpus) or min(machine.cores(), int(machine.available_memory() / (memory_gb * 1e9)))
    else:
        wanted = jobs
    count = max(1, min(wanted, most))
    return [{"CUDA_VISIBLE_DEVICES": gpus[place % len(gpus)]} if gpus else {} for place in range(count)]


def threads(count: int) -> int:
    """Threads of one operation for each of so many runs: together they use each core once."""
    return max(1, machine.cores() // count)
