"""Which of several workers this process is, as TF_CONFIG or Slurm says. No TensorFlow."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from gan_cli.base.errors import ConfigError

CONFIG = "TF_CONFIG"


@dataclass(frozen=True)
class Worker:
    """One process of a run; number 0 is the chief: it writes, and the others follow it."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"worker {self.index} of {self.count}"


def worker() -> Worker | None:
    """This process; None: the environment names no cluster.

    Raises:
        ConfigError: TF_CONFIG is not what TensorFlow documents.
    """
    if text := os.environ.get(CONFIG):
        return _of_text(text)
    if is_slurm():
        count = os.environ.get("SLURM_STEP_NUM_TASKS") or os.environ.get("SLURM_NTASKS") or "1"
        return Worker(int(os.environ["SLURM_PROCID"]), int(count)) if int(count) > 1 else None
    return None


def is_slurm() -> bool:
    """Whether Slurm has started this process, and nothing says TF_CONFIG."""
    return "SLURM_PROCID" in os.environ and CONFIG not in os.environ


def _of_text(text: str) -> Worker:
    try:
        config = json.loads(text)
        jobs, task = config["cluster"], config["task"]
        chiefs, workers = len(jobs.get("chief", [])), len(jobs["worker"])
        before = {"chief": 0, "worker": chiefs}[task["type"]]
        found = Worker(before + int(task["index"]), chiefs + workers)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{CONFIG} is not a cluster and a task of it, as "
            '{"cluster": {"worker": ["HOST:PORT", ...]}, "task": {"type": "worker", "index": 0}}: '
            f"{type(error).__name__} {error}"
        ) from None
    if not 0 <= found.index < found.count:
        raise ConfigError(f"{CONFIG}: task {found.index} is none of the {found.count} workers")
    return found
