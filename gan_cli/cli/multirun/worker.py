"""A sweep's job in a process of its own: `python -m gan_cli.cli.multirun.worker DIRECTORY UNTIL
ARGUMENTS...`.

`hydra/launcher=processes` starts it; UNTIL is the step to pause at, or 0. That process holds the
other end of this one's standard input. When that end closes, nobody watches any more: the job
saves, as at SIGTERM, and ends.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path

from omegaconf import DictConfig

from gan_cli.cli.multirun import jobs
from gan_cli.cli.train import start


def main() -> int:
    """The process; returns its exit code."""
    directory, until, *arguments = sys.argv[1:]
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    sys.argv[1:] = arguments
    return start(partial(_job, Path(directory), int(until) or None))


def _job(directory: Path, until: int | None, composed: DictConfig) -> None:
    jobs.work(composed, directory, until)


def _end_with_the_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
