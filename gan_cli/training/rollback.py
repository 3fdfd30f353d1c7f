"""What is done about a finding of the watchdog: a word, or the way back to the best checkpoint with
half a learning rate.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gan_cli.base.errors import CheckpointError, NonFiniteError
from gan_cli.config.schema import Optimizer, TrainConfig
from gan_cli.runs import checkpoint, ranking
from gan_cli.runs.rundir import RunDirectory
from gan_cli.training import watchdog
from gan_cli.training.watchdog import ADVICE, MOST_ROLLBACKS, Finding

Say = Callable[[str], None]


class RollBack(Exception):
    """The run goes on from its newest checkpoint, which is its best now, with another optimizer."""

    def __init__(self, optimizer: Optimizer) -> None:
        super().__init__("rollback")
        self.optimizer = optimizer


def reaction(
    config: TrainConfig, run: RunDirectory, total: int, say: Say
) -> Callable[[int, Finding], None]:
    """What the watchdog of a run of `total` steps calls with each finding."""
    watchdog.rollbacks(
        _path(run)
    )  # what a stranger left in the file's place ends the run before it begins

    def react(step: int, finding: Finding) -> None:
        if config.watchdog == "rollback":
            _roll_back(config, run, step, total, finding, say)
        say(f"WATCHDOG at step {step}: {finding.text}; {ADVICE[finding.kind]}")
        watchdog.log(
            _path(run),
            {"step": step, "kind": finding.kind, "text": finding.text, "action": "warned"},
        )

    return react


def on_non_finite(
    config: TrainConfig, run: RunDirectory, step: int, total: int, error: NonFiniteError, say: Say
) -> None:
    """With watchdog=rollback, the way back from a state that is not finite; else nothing."""
    if config.watchdog == "rollback":
        _roll_back(config, run, step, total, Finding("not finite", str(error)), say)


def _roll_back(
    config: TrainConfig, run: RunDirectory, step: int, total: int, finding: Finding, say: Say
) -> None:
    """Raise RollBack, where there is a checkpoint to go on from and the limit is not reached."""
    if watchdog.rollbacks(_path(run)) >= MOST_ROLLBACKS:
        return
    try:
        best = ranking.good(run.checkpoints, say)
    except CheckpointError:
        return
    if best is None or best.step == total:
        return
    optimizer, key, value = watchdog.halved(config.optimizer, finding.player)
    checkpoint.discard(
        run.checkpoints, [each for each in checkpoint.steps(run.checkpoints) if each > best.step]
    )
    say(f"WATCHDOG at step {step}: {finding.text}; back to step {best.step} with {key}={value:g}")
    entry = {
        "step": step,
        "kind": finding.kind,
        "text": finding.text,
        "action": "rollback",
        "to": best.step,
    }
    watchdog.log(_path(run), entry | {"key": key, "value": value})
    raise RollBack(optimizer)


def _path(run: RunDirectory) -> Path:
    return run.path / "watchdog.jsonl"
