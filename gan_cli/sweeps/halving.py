"""Successive halving: all settings run for a while, the best share of them go on, and again.

It is synchronous, and a run pauses and goes on to the same bits: which settings survive depends on
their scores alone, not on which job was faster. Jobs that differ only in their seed live and die
together, by the mean of their scores. Jamieson and Talwalkar, "Non-stochastic best arm
identification and hyperparameter optimization" (2016), algorithm 1.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import TypeVar

from gan_cli.runs import journal
from gan_cli.sweeps.outcome import OBJECTIVES

Setting = TypeVar("Setting", bound=Hashable)


def rungs(total: int, every: int, factor: int) -> list[int]:
    """The steps at which runs of `total` steps are compared: total / factor ** k, rounded up to a
    multiple of `every`.

    Args:
        every: steps between two scores.
        factor: how many settings there are for one that goes on, at least 2.
    """
    found: set[int] = set()
    part = total / factor
    while part >= every:
        found.add(math.ceil(part / every) * every)
        part /= factor
    return sorted(step for step in found if step < total)


def survivors(losses: Mapping[Setting, Sequence[float]], factor: int) -> set[Setting]:
    """The best of the settings, at least one: one of `factor`, rounded up, by mean loss; those
    before win a draw.

    Args:
        losses: for each setting those of its seeds, the lower the better, infinite for a failed
            one.
    """
    order = sorted(losses, key=lambda setting: fmean(losses[setting]))
    return set(order[: math.ceil(len(order) / factor)])


def losses(metrics: Path, objective: str, step: float) -> list[tuple[int, float]]:
    """Steps of a run up to one at which it was scored, with the scores; the lower the better."""
    return [
        (entry["step"], OBJECTIVES[objective] * entry[objective])
        for entry in journal.entries(metrics, step)
        if journal.is_number(entry.get(objective))
    ]


def loss_at(metrics: Path, objective: str, step: int) -> float:
    """The best score of a run up to a step, the lower the better; infinite where it has none."""
    return min((loss for _, loss in losses(metrics, objective, step)), default=math.inf)
