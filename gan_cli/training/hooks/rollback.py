"""What is done about a finding of the watchdog: a word, or the way back to the best checkpoint with
half a learning rate.
"""

from __future__ import annotations

from collections.abc import Callable

from gan_cli.base.errors import CheckpointError, NonFiniteError
from gan_cli.runs import checkpoint, journal
from gan_cli.runs.reading import StoredRun
from gan_cli.training.hooks import watchdog
from gan_cli.training.hooks.hook import RollBack
from gan_cli.training.hooks.watchdog import ADVICE, MOST_ROLLBACKS, Finding
from gan_cli.training.training_run import TrainingRun


def reaction(run: TrainingRun) -> Callable[[int, Finding], RollBack | None]:
    """What the watchdog of a run calls with each finding; None: the run goes on."""
    _rollbacks(run)  # a stranger's file in its place ends the run before it begins

    def react(step: int, finding: Finding) -> RollBack | None:
        if back := _back(run, step, finding):
            return back
        run.say(f"WATCHDOG at step {step}: {finding.text}; {ADVICE[finding.kind]}")
        entry = {"step": step, "kind": finding.kind, "text": finding.text, "action": "warned"}
        entry |= {"advice": ADVICE[finding.kind]}
        journal.append(run.directory.watchdog, entry)
        return None

    return react


def from_non_finite(run: TrainingRun, step: int, error: NonFiniteError) -> RollBack | None:
    """With watchdog=rollback, the way back from a state that is not finite; else None."""
    return _back(run, step, Finding("not finite", str(error)))


def _back(run: TrainingRun, step: int, finding: Finding) -> RollBack | None:
    """The way back, where it is wanted, there is a checkpoint, and the limit is not reached."""
    folder = run.directory.checkpoints
    if run.config.watchdog != "rollback" or _rollbacks(run) >= MOST_ROLLBACKS:
        return None
    try:
        best = StoredRun(run.directory, run.say).checkpoint("good")
    except CheckpointError:
        return None
    if best is None or best.step == run.total:
        return None
    optimizer, key, value = watchdog.halved(run.config.optimizer, finding.player)
    checkpoint.discard(folder, [each for each in checkpoint.steps(folder) if each > best.step])
    run.say(
        f"WATCHDOG at step {step}: {finding.text}; back to step {best.step} with {key}={value:g}"
    )
    entry = {
        "step": step,
        "kind": finding.kind,
        "text": finding.text,
        "action": "rollback",
        "to": best.step,
        "key": key,
        "value": value,
    }
    journal.append(run.directory.watchdog, entry)
    return RollBack(optimizer)


def _rollbacks(run: TrainingRun) -> int:
    """How often it was rolled back."""
    said = StoredRun(run.directory, run.say).warnings()
    return sum(entry.get("action") == "rollback" for entry in said)
