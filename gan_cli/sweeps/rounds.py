"""From rung to rung: jobs run, pause, are compared, and the better ones go on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from gan_cli.runs import checkpoint
from gan_cli.sweeps import halving
from gan_cli.sweeps.processes import Pool, Task


class Choose(Protocol):
    """Which of the tasks that have reached a rung end there, each with the reason."""

    def __call__(self, tasks: Sequence[Task], step: int) -> dict[int, str]: ...


def run(pool: Pool, tasks: Sequence[Task], ladder: Sequence[int], choose: Choose) -> None:
    """Run all tasks to the first rung of a ladder, the chosen ones to the next, and those that are
    left to their end.

    What has happened in an earlier part of the sweep is not done again; the choices are, from the
    same scores.
    """
    alive = list(tasks)
    for step in ladder:
        pool.run(
            [_until(task, step) for task in alive if not task.record.over and _reached(task) < step]
        )
        pruned = choose(alive, step)
        for task in alive:
            if task.number in pruned and task.record.state != "failed" and not task.record.over:
                task.record = task.record.update(
                    task.directory, state="pruned", reason=pruned[task.number]
                )
                pool.view.ended(task)
        alive = [task for task in alive if task.number not in pruned and not _failed(task, step)]
    pool.run([_until(task, None) for task in alive if not task.record.over])


def by_setting(objective: str, factor: int) -> Choose:
    """Successive halving: one of `factor` settings goes on, its seeds together."""

    def choose(tasks: Sequence[Task], step: int) -> dict[int, str]:
        losses: dict[tuple[str, ...], list[float]] = {}
        for task in tasks:
            losses.setdefault(_setting(task), []).append(loss(task, objective, step))
        kept = halving.survivors(losses, factor)
        reason = f"halving: not among the best {len(kept)} of {len(losses)} settings at step {step}"
        return {task.number: reason for task in tasks if _setting(task) not in kept}

    return choose


def loss(task: Task, objective: str, step: int) -> float:
    """A task's best score up to a step, the lower the better; infinite where it has failed on the
    way there.
    """
    if _failed(task, step):
        return math.inf
    return halving.loss_at(task.directory / "metrics.jsonl", objective, step)


def _setting(task: Task) -> tuple[str, ...]:
    return tuple(override for override in task.record.overrides if not override.startswith("seed="))


def _failed(task: Task, step: int) -> bool:
    """Whether it has failed on the way to a step; what it did later is another matter, and is tried
    again.
    """
    return task.record.state == "failed" and _reached(task) < step


def _until(task: Task, step: int | None) -> Task:
    task.until = step
    return task


def _reached(task: Task) -> int:
    return next(iter(checkpoint.steps(task.directory / "checkpoints")), 0)
