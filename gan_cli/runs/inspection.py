"""Every part of a run directory that a report or a sample relies on, looked at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from gan_cli.base import files
from gan_cli.base.errors import CheckpointError, ConfigError, RunDirectoryError
from gan_cli.runs import checkpoint, index
from gan_cli.runs.checkpoint import SAMPLER, Manifest
from gan_cli.runs.rundir import CARD

if TYPE_CHECKING:
    from gan_cli.runs.reading import StoredRun

LOOKED_AT = 64 * 1024
"""Bytes of train.log that are looked at."""
_TIME = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ")


def inspect(run: StoredRun, contents: bool) -> None:
    """Have a run note all of its damage.

    Args:
        contents: look at the weights of the best checkpoint too.
    """
    if contents:
        _check_best(run)
    _check_checkpoints(run)
    _ = run.config
    _ = run.metrics
    _ = run.scores
    _check_log(run)


def _check_best(run: StoredRun) -> None:
    """The checkpoint that pictures are drawn from, and the model that it is of."""
    try:
        best, card = run.checkpoint("best", (SAMPLER,)), run.card
    except (CheckpointError, ConfigError, RunDirectoryError) as error:
        run.note(f"{error}; nothing can be drawn from the run")
        return
    if best is not None and best.model != card.fingerprint:
        run.note(
            f"{run.path / CARD}: is not what step {best.step} was saved from; nothing can be "
            "drawn from the run"
        )


def _check_checkpoints(run: StoredRun) -> None:
    """Those that are not the best, as far as it costs nothing: manifests and sizes."""
    folder = run.directory.checkpoints
    known = index.readable(folder)
    for step in sorted({*checkpoint.steps(folder), *known}, reverse=True):
        path = checkpoint.path_of(folder, step)
        try:
            _check_sizes(path, checkpoint.manifest_of(folder, step, known))
        except CheckpointError as error:
            if not any(str(path) in line for line in run.damage):
                run.note(f"DAMAGED CHECKPOINT {error}; it is not used")


def _check_sizes(path: Path, manifest: Manifest) -> None:
    for name, facts in manifest.files.items():
        if Path(name).name != name or not (path / name).is_file():
            raise CheckpointError(f"{path}: no {name}")
        if (path / name).stat().st_size != facts.size:
            raise CheckpointError(f"{path}: {name} is not of the size that was saved")


def _check_log(run: StoredRun) -> None:
    """train.log is for people, and gives a report its times and how the run ended."""
    path = run.directory.log
    if not path.exists():
        return  # written by gan-train only
    try:
        with files.open_regular(path) as file:
            text = file.read(LOOKED_AT)
    except (RunDirectoryError, OSError) as error:
        run.note(f"{error}; how the run ended is not known")
        return
    if not _TIME.match(text) or b"\0" in text or not _is_text(text):
        run.note(f"{path}: is not as written; when and how the run ended may be wrong")
    elif len(text) < LOOKED_AT and not text.endswith(b"\n"):
        run.note(f"{path}: is cut off; when and how the run ended may be wrong")


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"  # cut in the middle of a letter by us
    return True
