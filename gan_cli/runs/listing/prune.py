"""Room on the disk: checkpoints that are neither the best nor the newest."""

from __future__ import annotations

from pathlib import Path

from gan_cli.base.errors import CheckpointError, GanError
from gan_cli.runs import checkpoint
from gan_cli.runs.listing import overview
from gan_cli.runs.reading import StoredRun, read_run
from gan_cli.runs.rundir import RunDirectory


def prune(path: Path, dry: bool) -> tuple[list[int], int]:
    """Remove the checkpoints of a run but the best and the newest, which are read through first.

    Args:
        dry: only say what that would remove.

    Returns:
        Their steps, and the bytes that they took.

    Raises:
        GanError: a process trains in it, or something in it is damaged; nothing was removed.
        OSError: the disk refuses.
    """
    run = RunDirectory.read(str(path)) if dry else RunDirectory.resume(str(path))
    try:
        spare = _spare(read_run(path))
        size = sum(overview.size(checkpoint.path_of(run.checkpoints, step)) for step in spare)
        if not dry:
            checkpoint.discard(run.checkpoints, spare)
    finally:
        run.release()
    return spare, size


def _spare(run: StoredRun) -> list[int]:
    best, newest = run.checkpoint("best"), run.checkpoint("newest")
    if damage := run.check(contents=False):
        raise CheckpointError(damage[0])
    kept = {each.step for each in (best, newest) if each is not None}
    return [step for step in checkpoint.steps(run.directory.checkpoints) if step not in kept]


def pruned(path: Path, dry: bool) -> tuple[list[int], int, str]:
    """The same with what was in the way, as a line, in the place of an error."""
    try:
        return *prune(path, dry), ""
    except GanError as error:
        return [], 0, str(error)
    except OSError as error:
        return [], 0, f"{error.filename or path}: {error.strerror or error}"
