"""The console scripts, one function for each command.

Python's garbage collector waits until a command's job begins: what a start allocates stays, and
walking through it again and again is an eighth of the time that a mistake takes to be answered.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module


def train() -> int:
    """`gan-train`; returns the exit code, as all do."""
    return _run("gan_cli.cli.train")


def sample() -> int:
    """`gan-sample`."""
    return _run("gan_cli.cli.sample")


def export() -> int:
    """`gan-export`."""
    return _run("gan_cli.cli.export")


def data() -> int:
    """`gan-data`."""
    return _run("gan_cli.cli.data")


def plot() -> int:
    """`gan-plot`."""
    return _run("gan_cli.cli.plot")


def evaluate() -> int:
    """`gan-evaluate`."""
    return _run("gan_cli.cli.evaluate")


def edit() -> int:
    """`gan-edit`."""
    return _run("gan_cli.cli.edit")


def report() -> int:
    """`gan-report`."""
    return _run("gan_cli.cli.report")


def runs() -> int:
    """`gan-runs`."""
    return _run("gan_cli.cli.runs")


def watch() -> int:
    """`gan-watch`."""
    return _run("gan_cli.cli.watch")


def _run(module: str) -> int:
    gc.disable()  # `app` turns it on again
    try:
        code: int = import_module(module).main()
    except KeyboardInterrupt:  # while modules are imported: `app` answers a later one
        print(f"gan-{module.rpartition('.')[2]}: stopped before the first step", file=sys.stderr)
        return 130
    finally:
        if not gc.isenabled():
            gc.freeze()  # no job was begun: nor is anything collected at the end
    return code
