"""Two workers with one thread each beside one worker with one thread, on the tutorial's network.

    python scripts/distribution.py [PRECISION] [ROUNDS] [STEPS]

Each run has a core of its own; the batch is the same. The last column is half the batch on one
worker: what it takes less than a step of two workers is what these spend on each other.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BATCH = 128
KINDS = {
    "one worker": [f"training.batch_size={BATCH}"],
    "two workers": [f"training.batch_size={BATCH}", "distribution.workers=2"],
    "half the batch": [f"training.batch_size={BATCH // 2}"],
}


def seconds_per_step(kind: str, precision: str, steps: int) -> float:
    """Of the second half of a run, when all is warm."""
    with tempfile.TemporaryDirectory() as folder:
        core = {min(os.sched_getaffinity(0))}
        command = [
            str(Path(sys.executable).with_name("gan-train")),
            "experiment=tutorial",
            f"run_dir={folder}/run",
            f"training.precision={precision}",
            f"training.steps={2 * steps}",
            f"training.log_every={steps}",
            "training.threads=1",
            "evaluation.every=null",
            "watchdog=off",
            *KINDS[kind],
        ]
        subprocess.run(
            command,
            check=True,
            stdout=subprocess.DEVNULL,
            preexec_fn=(lambda: os.sched_setaffinity(0, core)) if kind != "two workers" else None,
        )
        last = json.loads((Path(folder) / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    batch = BATCH // 2 if kind == "half the batch" else BATCH
    return batch / float(last["images_per_second"])


def main(precision: str = "float32", rounds: str = "3", steps: str = "20") -> None:
    """Print the median of some rounds, in turn."""
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(int(rounds)):
        for kind, seconds in found.items():
            seconds.append(seconds_per_step(kind, precision, int(steps)))
            print(f"{kind}: {1000 * seconds[-1]:.0f} ms a step", flush=True)
    one, two, half = (statistics.median(each) for each in found.values())
    print(f"{precision}: two workers are {one / two:.2f} times one; exchange {1 - half / two:.0%}")


if __name__ == "__main__":
    main(*sys.argv[1:])
