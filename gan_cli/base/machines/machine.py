"""What this machine has for runs: cores, memory, GPUs. No TensorFlow."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil

CONTROL_GROUP = Path("/sys/fs/cgroup")
"""Linux's limits for this container (version 2)."""

BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}
"""Linux's names of processors' instructions."""


def cores() -> int:
    """Processors that this process may use: its affinity, and its container's share of time."""
    count = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    with suppress(OSError, ValueError):  # no such file, or "max"
        quota, period = (CONTROL_GROUP / "cpu.max").read_text().split()
        count = min(count, max(1, int(quota) // int(period)))
    return count


def processors() -> list[int]:
    """Numbers of the processors that this process may use; none where the system does not say, or
    where only a share of their time is ours."""
    found = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return found if len(found) == cores() else []


def has_bfloat16() -> bool:
    """Whether the processor multiplies in bfloat16 (AVX-512 BF16 or AMX; BF16 of Arm); False where
    the system does not say.
    """
    with suppress(OSError):
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split()
        return not BFLOAT16.isdisjoint(flags)
    return False


def available_memory() -> int:
    """Bytes that are free here and that the container allows."""
    return min(psutil.virtual_memory().available, _container_limit())


def gpus() -> list[str]:
    """Names of the NVIDIA GPUs that this process may use, as CUDA_VISIBLE_DEVICES takes them; it
    decides where it is set.
    """
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        names = [name.strip() for name in chosen.split(",")]
        return names[: names.index("-1")] if "-1" in names else [name for name in names if name]
    with suppress(OSError, subprocess.SubprocessError):
        query = ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"]
        answer = subprocess.run(query, capture_output=True, text=True, timeout=30, check=True)
        return [line.strip() for line in answer.stdout.splitlines() if line.strip()]
    return []


def killed_for_memory() -> int:
    """How often Linux has killed a process of this container because its memory was used up; 0
    where that is not known.
    """
    with suppress(OSError, ValueError, StopIteration):
        events = (CONTROL_GROUP / "memory.events").read_text().split()
        return int(events[events.index("oom_kill") + 1])
    return 0


def _container_limit() -> int:
    """Without a limit, all memory there is."""
    try:
        return int((CONTROL_GROUP / "memory.max").read_text())
    except (OSError, ValueError):
        return int(psutil.virtual_memory().total)
