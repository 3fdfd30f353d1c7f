"""The lock of a run directory: one process at a time trains in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gan_cli.base import files
from gan_cli.base.errors import RunDirectoryError

if TYPE_CHECKING:
    from filelock import FileLock

LOCK = ".lock"
LOOKED_AT = 0.1
"""Seconds in which whoever looks whether a lock is held has let go of it again."""


def in_use(path: Path) -> bool:
    """Whether a process trains in a run directory, as far as the system says; nothing is written
    there.
    """
    try:
        from fcntl import LOCK_NB, LOCK_SH, flock

        with files.open_regular(path / LOCK) as file:
            flock(file, LOCK_SH | LOCK_NB)
    except BlockingIOError:
        return True
    except (ImportError, OSError, RunDirectoryError):
        return False
    return False


def lock(
    path: Path, taken: str = "another process is training in it", wait: float = 0.0
) -> FileLock:
    """A folder's lock, held by this process until it is released or the process ends; `wait` are
    seconds to get it in.

    Raises:
        RunDirectoryError: another process has it; `taken` says what that does. Or the disk has no
            locks.
        OSError: nothing can be written there.
    """
    from filelock import FileLock, Timeout

    held = FileLock(path / LOCK, timeout=max(wait, LOOKED_AT), mode=0o644)
    try:
        held.acquire()
    except Timeout:
        raise RunDirectoryError(f"{path}: {taken}") from None
    except NotImplementedError as error:
        raise RunDirectoryError(f"{path}: its disk has no file locks ({error})") from None
    return held
