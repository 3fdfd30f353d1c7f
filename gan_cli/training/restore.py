"""The newest valid checkpoint of a run, back into its state."""

from __future__ import annotations

from collections.abc import Callable

from gan_cli.base import files
from gan_cli.base.errors import CheckpointError
from gan_cli.data.reading.source import Source
from gan_cli.networks.variables import assign, expected
from gan_cli.runs import checkpoint, journal, tensors
from gan_cli.runs.reading import StoredRun
from gan_cli.runs.rundir import ModelCard, RunDirectory
from gan_cli.training.state import State

Say = Callable[[str], None]


def restore(run: RunDirectory, state: State, card: ModelCard, source: Source, say: Say) -> int:
    """Put the newest valid checkpoint into the state; its step, or 0 where a run is new."""
    if not (run.path / "model.json").exists():
        return 0
    if run.read_card().fingerprint != card.fingerprint:
        raise CheckpointError(
            f"{run.path}/model.json does not fit the stored configuration and data"
        )
    manifest = StoredRun(run, say).checkpoint("newest")
    if manifest is None:
        say(f"{run.path} has no checkpoint yet: starting at step 0")
        return 0
    if manifest.model != card.fingerprint:
        raise CheckpointError(
            f"{run.checkpoints}: step {manifest.step} was saved from another model.json"
        )
    if manifest.data != source.fingerprint:
        raise CheckpointError(
            f"{source.origin}: not the images that {run.path} was trained on (SHA-256 differs)"
        )
    variables = state.tensors()
    assign(
        variables,
        tensors.read(run.checkpoints, manifest.step, checkpoint.STATE, expected(variables)),
    )
    _keep_damaged_metrics(run, manifest.step, say)
    say(f"resumed at step {manifest.step}")
    number = state.replica.count if state.replica else 1
    if manifest.replicas != number:
        say(
            f"saved with {_counted(manifest.replicas)}, going on with {number}: the bits will "
            "differ from here on, by rounding alone"
        )
    return manifest.step


def _keep_damaged_metrics(run: RunDirectory, step: int, say: Say) -> None:
    """Say so where metrics.jsonl is damaged before a step, and keep what will be cut off it."""
    number = journal.first_damaged(run.metrics, step)
    if number is None:
        return
    kept = run.path / "metrics.damaged.jsonl"
    with files.whole(kept) as partial, files.open_regular(run.metrics) as damaged:
        partial.write_bytes(damaged.read())
    say(
        f"DAMAGED {run.metrics}: line {number} is not as written; the lines before it are kept, "
        f"the whole file is in {kept.name}"
    )


def _counted(replicas: int) -> str:
    return "one replica" if replicas == 1 else f"{replicas} replicas"
