"""How many runs at a time, and what each of them has: its GPUs, and its share of the cores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gan_cli.base.machines import machine


@dataclass(frozen=True)
class Slot:
    """What a job's process has.

    Attributes:
        environment: variables besides those of this process.
        processors: that it may use; none: any.
    """

    environment: dict[str, str] = field(default_factory=dict)
    processors: tuple[int, ...] = ()


def places(
    jobs: int | Literal["auto"], memory_gb: float, most: int, pin: bool, devices: int = 1
) -> list[Slot]:
    """A slot for each run that may go on at a time, no more than `most`.

    With GPUs each slot is bound to `devices` of them, in turn where there are not as many.

    Args:
        jobs: how many; auto: one for each GPU, or without one as many as there are cores and
            `memory_gb` for, always divided by `devices`.
        devices: that each run has: GPUs, or without one virtual devices, which take a core each.
        pin: keep each run on cores of its own. TensorFlow's threads wait for each other by
            spinning; on the cores of another run that costs a quarter more time.
    """
    gpus = machine.gpus()
    if jobs == "auto":
        memory = int(machine.available_memory() / (memory_gb * 1e9))
        wanted = len(gpus) // devices if gpus else min(machine.cores() // devices, memory)
    else:
        wanted = jobs
    count = max(1, min(wanted, most))
    shares = _shares(machine.processors() if pin and count > 1 else [], count)
    return [Slot(_bound(gpus, place, devices), shares[place]) for place in range(count)]


def _bound(gpus: list[str], place: int, devices: int) -> dict[str, str]:
    """The variable by which a run sees only GPUs of its own."""
    if not gpus:
        return {}
    first = place * devices % len(gpus)
    return {"CUDA_VISIBLE_DEVICES": ",".join((gpus[first:] + gpus[:first])[:devices])}


def threads(count: int) -> int:
    """Threads of one operation for each of so many runs: together they use each core once."""
    return max(1, machine.cores() // count)


def _shares(processors: list[int], count: int) -> list[tuple[int, ...]]:
    """Equal shares of processors side by side; one each, in turn, where there are more runs than
    processors.
    """
    total = len(processors)
    if not total:
        return [()] * count
    if count > total:
        return [(processors[place % total],) for place in range(count)]
    return [
        tuple(processors[place * total // count : (place + 1) * total // count])
        for place in range(count)
    ]
