"""Figures of the scores: `python scripts/score_figures.py time RUN`, `... overhead`, `... table RUN
[RUN ...]`.

`time` scores 10,000 samples of a run against 10,000 real images, real statistics cached; `overhead`
is the share of a run spent in scores at the default interval, and at its end; `table` prints all
metrics of runs, of real images and of noise.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROUNDS = 5
METRICS = "[frechet,kernel,precision_recall,density_coverage,classes,modes,diversity,similarity,content,edges,texture,memorisation]"  # noqa: E501


def evaluate(*arguments: str) -> str:
    code = "from gan_cli.cli.evaluate import main; raise SystemExit(main())"
    answer = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True
    )
    if answer.returncode:
        raise SystemExit(answer.stderr)
    return answer.stdout


def time_(run: str) -> None:
    """The whole command, TensorFlow's import included; the first round fills the cache."""
    for metrics in ("null", "[frechet]"):
        seconds = []
        for _ in range(ROUNDS + 1):
            began = time.perf_counter()
            evaluate(f"checkpoint={run}", "repeats=1", f"metrics={metrics}")
            seconds.append(time.perf_counter() - began)
        low, high = min(seconds[1:]), max(seconds[1:])
        print(
            f"metrics={metrics}: {statistics.median(seconds[1:]):.1f} s ({low:.1f} to "
            f"{high:.1f}), first {seconds[0]:.1f} s"
        )


def overhead() -> None:
    """Seconds inside the scorer over those of the whole run; the first run trains the classifier
    once and is not counted.
    """
    for arguments in (
        ["data=digits"],
        ["data=mnist", "training.steps=2000"],
        ["experiment=mnist_fast"],
    ):
        for _ in range(2):
            with tempfile.TemporaryDirectory() as folder:
                command = [
                    sys.executable,
                    __file__,
                    "--overhead",
                    f"run_dir={folder}/run",
                    *arguments,
                ]
                answer = subprocess.run(
                    command, capture_output=True, text=True, check=True
                ).stdout.splitlines()[-1]
        print(f"{' '.join(arguments)}: {answer}", flush=True)


def overhead_worker(arguments: list[str]) -> None:
    from gan_cli.cli import train
    from gan_cli.evaluation import scorer
    from gan_cli.training import run as training_run

    spent: dict[str, list[float]] = {"__call__": [], "choose": []}

    def timed(name: str) -> None:
        call = getattr(scorer.Scorer, name)

        def timed(self: scorer.Scorer, argument: object) -> object:
            began = time.perf_counter()
            answer = call(self, argument)
            spent[name].append(time.perf_counter() - began)
            return answer

        setattr(scorer.Scorer, name, timed)

    for name in spent:
        timed(name)
    assert training_run
    sys.argv = ["gan-train", *arguments]
    began = time.perf_counter()
    assert train.main() == 0
    whole = time.perf_counter() - began
    during, end = sum(spent["__call__"]), sum(spent["choose"])
    each = statistics.median(spent["__call__"])
    count = len(spent["__call__"])
    print(
        f"{100 * during / whole:.1f} % ({count} scores of {each:.2f} s in {whole:.0f} s), at "
        "the "
        f"end {end:.1f} s"
    )


def table(runs: list[str]) -> None:
    """Every metric of the runs, of held-out real images and of random pixels, on MNIST."""
    rows: dict[str, dict[str, float | None]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for run in runs:
            output = Path(folder) / "run.json"
            evaluate(f"checkpoint={run}", f"metrics={METRICS}", f"output={output}")
            found = json.loads(output.read_text())["scores"]
            rows[run] = {name: score["mean"] for name, score in found.items()}
            rows["real images"] = {name: score["baseline"] for name, score in found.items()}
            output.unlink()
        noise = np.random.default_rng(0).integers(0, 256, (10_000, 28, 28, 1), np.uint8)
        np.savez(Path(folder) / "noise.npz", images=noise)
        output = Path(folder) / "noise.json"
        evaluate(
            f"samples={folder}/noise.npz", "data=mnist", f"metrics={METRICS}", f"output={output}"
        )
        rows["random pixels"] = {
            name: score["mean"] for name, score in json.loads(output.read_text())["scores"].items()
        }
    names = list(rows)
    print(f"| | {' | '.join(names)} |\n| --- |{' --- |' * len(names)}")
    for metric in rows[names[0]]:
        cells = [
            "-" if rows[name][metric] is None else f"{rows[name][metric]:.4g}" for name in names
        ]
        print(f"| {metric} | {' | '.join(cells)} |")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--overhead", *rest]:
            overhead_worker(rest)
        case ["time", run]:
            time_(run)
        case ["overhead"]:
            overhead()
        case ["table", *runs] if runs:
            table(runs)
        case _:
            raise SystemExit(__doc__)
