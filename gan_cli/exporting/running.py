"""A file that was written, run: in a process of its own, in which nothing of ours can help it, or
in this one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from gan_cli.base.errors import ExportError
from gan_cli.base.lazy import np
from gan_cli.exporting.formats import Arrays, Ran

TIMEOUT_SECONDS, ROUNDS = 600, 5
SCRIPT = """
import sys, time
import numpy as np
_, path, inputs, results = sys.argv
inputs = dict(np.load(inputs))
{imports}
began = time.perf_counter()
{load}
outputs = run(inputs)
loaded = time.perf_counter()
rounds = [loaded]
for _ in range({rounds}):
    run(inputs)
    rounds.append(time.perf_counter())
quickest = min(after - before for before, after in zip(rounds, rounds[1:]))
assert {ours} or not [name for name in sys.modules if name.partition(".")[0] == "gan_cli"]
np.savez(results, seconds=[loaded - began, quickest], **outputs)
"""


def run(path: Path, imports: str, load: str, inputs: Arrays, ours: bool = False) -> Ran:
    """What a file makes of inputs.

    Args:
        imports: lines of Python before the time is taken.
        load: lines that define `run`, a function of a dictionary of inputs, from `path`.
        ours: whether gan_cli may be imported.

    Raises:
        ExportError: it cannot be loaded or run.
    """
    code = SCRIPT.format(imports=imports, load=load, ours=ours, rounds=ROUNDS)
    with TemporaryDirectory() as folder:
        given, results = Path(folder) / "inputs.npz", Path(folder) / "results.npz"
        np.savez(given, **inputs)  # type: ignore[arg-type]
        command = [sys.executable, "-P", "-c", code, *map(str, (path.absolute(), given, results))]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, cwd=folder
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ExportError(f"{path.name} cannot be run by itself: {reason}")
        with np.load(results) as arrays:
            outputs = {name: arrays[name] for name in arrays.files}
    loaded, seconds = outputs.pop("seconds").tolist()
    return Ran(outputs, loaded, seconds)


def timed(run: Callable[[Arrays], Arrays], inputs: Arrays, began: float) -> Ran:
    """The same of a function in this process, loaded since `began` of `time.perf_counter`."""
    outputs = run(inputs)
    rounds = [perf_counter()]
    for _ in range(ROUNDS):
        run(inputs)
        rounds.append(perf_counter())
    return Ran(outputs, rounds[0] - began, min(map(float.__sub__, rounds[1:], rounds)))
