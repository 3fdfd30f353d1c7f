"""What can go wrong on the way of a run, as the line that ends it: what is saved, and how it goes
on.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import tensorflow as tf

from gan_cli.base.errors import (
    DataError,
    NonFiniteError,
    OutOfMemoryError,
    RunDirectoryError,
    WorkerError,
    refused,
)
from gan_cli.data.pipeline.feed import Feed
from gan_cli.runs import checkpoint
from gan_cli.runs.rundir import RunDirectory
from gan_cli.training.distributed.workers import lost
from gan_cli.training.hooks.saving import Checkpoint


@contextmanager
def explained(run: RunDirectory, saver: Checkpoint, feeds: Sequence[Feed]) -> Iterator[None]:
    """Turn what training raises into our own failures."""
    try:
        yield
    except NonFiniteError as error:
        raise NonFiniteError(
            f"{error}; not saved. {_last_good(run, saver)}; a lower learning rate may help"
        ) from None
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise OutOfMemoryError(f"{too_much(error)}. {_last_good(run, saver)}") from error
    except tf.errors.OpError as error:
        if "could not create a " in str(error):  # oneDNN's memory object, or primitive
            raise OutOfMemoryError(f"{too_much(error)}. {_last_good(run, saver)}") from error
        if (number := lost(error)) is not None:
            raise WorkerError(
                f"worker {number} is lost: killed, hung or out of memory. "
                f"{_last_good(run, saver)}; {goes_on(run)}"
            ) from None
        failure = next((feed.failure for feed in feeds if feed.failure), None)
        if failure is None:
            raise
        raise DataError(f"{failure}. {_last_good(run, saver)}; {goes_on(run)}") from error
    except OSError as error:
        if not run.path.is_dir():
            raise RunDirectoryError(_gone(run, saver)) from None
        remedy = "make room, then " if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        raise refused(
            error,
            (
                f"{error.filename or run.path}: {error.strerror or error}. "
                f"{_last_good(run, saver)}; "
                f"{remedy}{goes_on(run)}"
            ),
        ) from None


def too_much(error: BaseException) -> str:
    """A failed allocation in the allocator's words, without the graph around it."""
    text = str(getattr(error, "message", None) or error)
    what = re.search(
        r"OOM when allocating tensor with shape ?\[[\d,]*\]|Unable to allocate [\d.]+ \w+", text
    )
    return (
        f"out of memory{f' ({what[0]})' if what else ''}; a smaller training.batch_size or "
        "model needs less"
    )


def _gone(run: RunDirectory, saver: Checkpoint) -> str:
    """Of a run directory that was there when the run began."""
    saved = f" from step {saver.saved}" if saver.saved is not None else ""
    return (
        f"{run.path}: was moved or deleted while the run trained; if it was moved to THERE, "
        f"gan-train resume=THERE continues it{saved}"
    )


def goes_on(run: RunDirectory) -> str:
    return f"gan-train resume={run.path} continues it"


def _last_good(run: RunDirectory, saver: Checkpoint) -> str:
    if saver.saved is None:
        return "No checkpoint was saved before"
    return f"Last good checkpoint: {checkpoint.path_of(run.checkpoints, saver.saved)}"
